//! The flags that say which records are meant.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use lp::stage::Between;
use lp::{Filter, Timestamp, Zone, quantity};

use crate::wrong_flag::WrongFlag;

/// Which records are taken.
#[derive(Args, Debug)]
#[command(next_help_heading = "Records")]
pub(crate) struct RecordArgs {
    /// Take only the records for which this is true, such as 'status_code >= 500 && path.startsWith("/api")'
    #[arg(long = "where", value_name = "EXPR", allow_hyphen_values = true)]
    condition: Option<String>,

    /// Take only the records from this time on: 2025-11-06T10:30:00Z, or how long ago, such as 24h
    #[arg(long, value_name = "TIME")]
    since: Option<String>,

    /// Take only the records up to this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

impl RecordArgs {
    /// The expression of --where.
    pub(crate) fn condition(&self) -> Result<Option<Filter>, WrongFlag> {
        let Some(text) = &self.condition else { return Ok(None) };
        Filter::parse(text).map(Some).map_err(|error| WrongFlag::new("--where", &error).at(text, error.at()))
    }

    /// The span of time, if there is one. Times without an offset are of this zone.
    pub(crate) fn between(&self, zone: &Zone) -> Result<Option<Between>, WrongFlag> {
        if self.since.is_none() && self.until.is_none() {
            return Ok(None);
        }
        let mut between = Between::default();
        for (flag, text, moment) in
            [("--since", &self.since, &mut between.since), ("--until", &self.until, &mut between.until)]
        {
            if let Some(text) = text {
                let wrong = || WrongFlag::new(flag, why_wrong(text)).at(text, 0..text.len());
                *moment = read(text, zone).ok_or_else(wrong)?;
            }
        }
        if between.since > between.until {
            return Err(WrongFlag::new("--since", "it is later than --until"));
        }
        Ok(Some(between))
    }
}

/// Why a text is no moment.
fn why_wrong(text: &str) -> &'static str {
    // A leap year has every day.
    let in_a_leap_year = text
        .split_at_checked(4)
        .filter(|(year, _)| year.bytes().all(|byte| byte.is_ascii_digit()) && !("1678".."2262").contains(year));
    match in_a_leap_year.and_then(|(_, rest)| read(&format!("2000{rest}"), &Zone::UTC)) {
        Some(_) => "it is outside the years 1677 to 2262",
        None => "a time is wanted, such as 2025-11-06T10:30:00Z, or how long ago, such as 24h",
    }
}

/// A moment: a date, a date and a time, or how long ago it was.
fn read(text: &str, zone: &Zone) -> Option<Timestamp> {
    for text in [text.to_owned(), format!("{text} 00:00:00")] {
        if let Some((moment, _, len)) = Timestamp::read(text.as_bytes(), zone)
            && len == text.len()
        {
            return Some(moment);
        }
    }
    let ago = i64::try_from(quantity::duration(text).ok()?.as_nanos()).ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp::from_nanos(i64::try_from(now.as_nanos()).ok()?.checked_sub(ago)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_may_begin_with_a_minus() {
        let command = RecordArgs::augment_args(clap::Command::new("lp"));
        let matches = command.try_get_matches_from(["lp", "--where", "-n > 0"]).unwrap();
        assert_eq!(matches.get_one::<String>("condition").unwrap(), "-n > 0");
    }

    #[test]
    fn moments() {
        for (text, want) in [
            ("2025-11-06T10:30:00Z", Some("2025-11-06T10:30:00Z")),
            ("2025-11-06T10:30:00+01:00", Some("2025-11-06T09:30:00Z")),
            ("2025-11-06 10:30:00", Some("2025-11-06T10:30:00Z")),
            ("2025-11-06", Some("2025-11-06T00:00:00Z")),
            ("2025-11-31", None),
            ("2025-11-06T10:30:00Z!", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(read(text, &Zone::UTC).map(|moment| moment.to_string()).as_deref(), want, "{text}");
        }
        for (text, is_out_of_range) in [
            ("9999-12-31T23:59:59Z", true),
            ("1600-02-29", true),
            ("2025-11-31", false),
            ("9999-13-01", false),
            ("yesterday", false),
        ] {
            assert_eq!(read(text, &Zone::UTC), None, "{text}");
            assert_eq!(why_wrong(text).contains("1677 to 2262"), is_out_of_range, "{text}");
        }
        let (day, hour) = (read("24h", &Zone::UTC).unwrap(), read("1h", &Zone::UTC).unwrap());
        let apart = (hour.as_nanos() - day.as_nanos()) / 1_000_000_000;
        assert!((82_799..82_810).contains(&apart), "{apart}");
    }
}
