//! Zones by name, from the time zone database of the system or the one that is built in.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use lp_core::Zone;

use crate::nearest::distance;

/// The whole seconds of a [`lp_core::Timestamp`], and a day more on either side.
const FIRST: Timestamp = Timestamp::constant(i64::MIN / 1_000_000_000 - 86_400, 0);
const LAST: Timestamp = Timestamp::constant(i64::MAX / 1_000_000_000 + 86_400, 0);

/// Why there is no such zone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneError {
    /// No zone has that name.
    #[error("there is no time zone {name:?}{}", right(similar))]
    Unknown {
        /// The name.
        name: String,
        /// Names of zones that are much like it, the most similar first. There may be none.
        similar: Vec<String>,
    },
    /// An offset of 24 hours or more, or of 60 minutes.
    #[error("{0:?} is no offset from UTC; the largest are -23:59 and +23:59")]
    Offset(String),
    /// The system does not say which zone it is in.
    #[error("the system's time zone is not known; name one such as Europe/Berlin")]
    Local(#[source] jiff::Error),
}

/// What would be right.
fn right(similar: &[String]) -> String {
    match similar {
        [] => "; it is a name such as Europe/Berlin, an offset such as +02:00, `UTC` or `local`".to_owned(),
        [one] => format!("; there is {one}"),
        [first @ .., last] => format!("; there are {} and {last}", first.join(", ")),
    }
}

/// The zone of a name: one of the IANA database such as `Europe/Berlin`, `UTC` or `Z`, an offset such as `+02:00` or
/// `+0200`, or `local` for the zone of the system.
///
/// ```
/// let berlin = lp::zone("Europe/Berlin")?;
/// assert_eq!(berlin.to_utc(1_762_425_015), 1_762_425_015 - 3600);
/// assert_eq!(
///     lp::zone("Europe/Berln").unwrap_err().to_string(),
///     "there is no time zone \"Europe/Berln\"; there is Europe/Berlin",
/// );
/// # Ok::<(), lp::ZoneError>(())
/// ```
///
/// # Errors
///
/// Where there is no such zone; or with `local`, where the system's is not known.
pub fn zone(name: &str) -> Result<Zone, ZoneError> {
    time_zone(name).map(|zone| from_jiff(&zone))
}

/// As [`zone`], with what the zone's clocks show at a moment.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, ZoneError> {
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
        return Ok(TimeZone::UTC);
    }
    if name.eq_ignore_ascii_case("local") {
        return TimeZone::try_system().map_err(ZoneError::Local);
    }
    if let Some(offset) = offset(name) {
        let zone = offset.and_then(|seconds| Offset::from_seconds(seconds).ok()).map(TimeZone::fixed);
        return zone.ok_or_else(|| ZoneError::Offset(name.to_owned()));
    }
    TimeZone::get(name).map_err(|_| ZoneError::Unknown { name: name.to_owned(), similar: similar(name) })
}

/// Seconds ahead of UTC; `Some(None)` where the text is an offset that there is not.
fn offset(text: &str) -> Option<Option<i32>> {
    let (sign, digits) = match text.as_bytes() {
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] | [sign @ (b'+' | b'-'), h0, h1, m0, m1] => {
            (sign, [*h0, *h1, *m0, *m1])
        }
        _ => return None,
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let [h0, h1, m0, m1] = digits.map(|digit| i32::from(digit - b'0'));
    let (hours, minutes) = (h0 * 10 + h1, m0 * 10 + m1);
    let seconds = hours * 3600 + minutes * 60;
    Some((hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds }))
}

fn from_jiff(zone: &TimeZone) -> Zone {
    let transitions = zone.following(FIRST).take_while(|transition| transition.timestamp() <= LAST);
    Zone::from_transitions(
        zone.to_offset(FIRST).seconds(),
        transitions.map(|transition| (transition.timestamp().as_second(), transition.offset().seconds())),
    )
}

/// At most this many names are proposed.
const PROPOSALS: usize = 3;

/// Names of zones that a wrong name may mean: those with few letters changed, and those of its city.
fn similar(name: &str) -> Vec<String> {
    // An abbreviation is similar to many and means none.
    let most = if name.len() < 5 { 0 } else { (name.len() / 4).min(3) };
    let mut found: Vec<(usize, String)> = Vec::new();
    for zone in jiff::tz::db().available() {
        let zone = zone.as_str();
        let city = zone.rsplit('/').next().unwrap_or_default();
        let distance = distance(name, zone).min(distance(name, city));
        if distance <= most {
            found.push((distance, zone.to_owned()));
        }
    }
    found.sort();
    found.dedup();
    let nearest = found.first().map_or(0, |(distance, _)| *distance);
    found.into_iter().filter(|(distance, _)| *distance == nearest).map(|(_, zone)| zone).take(PROPOSALS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: i64 = 1_762_425_015;
    const JULY: i64 = 1_752_000_000;

    #[test]
    fn names_and_offsets() {
        for (name, november, july) in [
            ("UTC", 0, 0),
            ("utc", 0, 0),
            ("Z", 0, 0),
            ("Etc/UTC", 0, 0),
            ("Europe/Berlin", 3600, 7200),
            ("europe/berlin", 3600, 7200),
            ("America/New_York", -18_000, -14_400),
            ("Asia/Kolkata", 19_800, 19_800),
            ("Australia/Lord_Howe", 39_600, 37_800),
            ("+02:00", 7200, 7200),
            ("+0200", 7200, 7200),
            ("-00:30", -1800, -1800),
            ("-2359", -86_340, -86_340),
        ] {
            let zone = zone(name).unwrap();
            assert_eq!(zone.to_utc(NOVEMBER), NOVEMBER - november, "{name}");
            assert_eq!(zone.to_utc(JULY), JULY - july, "{name}");
        }
    }

    /// From the first to the last moment that a timestamp has, rules that go on for ever included.
    #[test]
    fn all_years() {
        for name in ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"] {
            let (truth, zone) = (TimeZone::get(name).unwrap(), zone(name).unwrap());
            // A prime number of seconds, about five days.
            for local in (-9_223_372_036..9_223_372_036).step_by(432_001) {
                let civil = jiff::tz::Offset::UTC.to_datetime(Timestamp::from_second(local).unwrap());
                let want = truth.to_ambiguous_timestamp(civil).compatible().unwrap();
                assert_eq!(zone.to_utc(local), want.as_second(), "{name} {civil}");
            }
        }
    }

    #[test]
    fn the_local_zone_is_one() {
        match zone("local") {
            Ok(zone) => assert!((zone.to_utc(NOVEMBER) - NOVEMBER).abs() < 86_400),
            Err(error) => assert!(matches!(error, ZoneError::Local(_))),
        }
    }

    #[test]
    fn what_would_be_right() {
        for (name, says) in [
            ("Europe/Berln", "there is no time zone \"Europe/Berln\"; there is Europe/Berlin"),
            ("Berlin", "there is no time zone \"Berlin\"; there is Europe/Berlin"),
            ("New York", "there is no time zone \"New York\"; there is America/New_York"),
            ("Amercia/New_York", "there is no time zone \"Amercia/New_York\"; there is America/New_York"),
            ("+24:00", "\"+24:00\" is no offset from UTC; the largest are -23:59 and +23:59"),
            ("+0260", "\"+0260\" is no offset from UTC; the largest are -23:59 and +23:59"),
        ] {
            assert_eq!(zone(name).unwrap_err().to_string(), says);
        }
        let general = "; it is a name such as Europe/Berlin, an offset such as +02:00, `UTC` or `local`";
        for name in ["", "PST", "Middle-earth/Hobbiton", "+2", "../../etc/passwd", "\u{1b}[0m", "+0x:00"] {
            assert_eq!(zone(name).unwrap_err().to_string(), format!("there is no time zone {name:?}{general}"));
        }
    }
}
