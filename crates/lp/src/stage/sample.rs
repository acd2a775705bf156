//! Keeping a part of the records: the same part in every run over the same input.

use lp_core::Record;

use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::key::{KeyReader, KeyValue};
use crate::stage::setting::{SettingError, check};
use crate::stage::{BindError, Binding, Place, Selected, Stage};

/// Which part of the records is kept.
#[derive(Clone, Debug)]
pub struct SampleSettings {
    /// The share that is kept, 0 to 1.
    pub rate: f64,
    /// Fields, named as for a [count](crate::stage::CountSettings::by), whose values decide: of records with the same values all are kept or none. If there are no such fields, each
    /// record has a chance of its own.
    pub by: Vec<String>,
    /// Which records are sampled; all, if there is no condition. The others are kept.
    pub condition: Option<Filter>,
}

impl SampleSettings {
    /// Keeps a share of all records, 0 to 1.
    #[must_use]
    pub const fn rate(rate: f64) -> Self {
        Self { rate, by: Vec::new(), condition: None }
    }

    /// Keeps about one of so many records; of 0 records none.
    #[must_use]
    pub fn one_in(records: u64) -> Self {
        Self::rate(if records == 0 { 0.0 } else { 1.0 / records as f64 })
    }
}

/// The stage that keeps a part of the records.
///
/// What is kept is decided by a hash: of the record's place (the number of its input, and its offset there), or of its
/// values. So it does not depend on threads and chunks, and a second run keeps the same records.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What hashes are kept: those below this one. `None`: all.
    below: Option<u64>,
    by: Vec<String>,
    condition: Option<Filter>,
}

impl Sample {
    /// The stage with these settings.
    ///
    /// # Errors
    ///
    /// If the rate is not a share.
    pub fn new(settings: SampleSettings) -> Result<Self, SettingError> {
        let SampleSettings { rate, by, condition } = settings;
        check((0.0..=1.0).contains(&rate), "rate", "from 0 to 1")?;
        // 2⁶⁴ times the rate; below 1 that is a hash.
        let below = (rate < 1.0).then_some((rate * 18_446_744_073_709_551_616.0) as u64);
        Ok(Self { below, by, condition })
    }
}

/// A [`Sample`] bound to a format.
#[derive(Debug)]
pub struct BoundSample {
    condition: Condition,
    key: Option<KeyReader>,
}

impl Stage for Sample {
    type Bound = BoundSample;
    type Partial = ();
    type State = ();

    fn bind(&self, to: &Binding<'_>) -> Result<BoundSample, BindError> {
        let condition = Condition::bind(self.condition.as_ref(), to)?;
        let names = self.by.iter().map(String::as_str);
        let key = if self.by.is_empty() { None } else { Some(KeyReader::bind(names, to)?) };
        Ok(BoundSample { condition, key })
    }

    fn map(&self, bound: &BoundSample, records: &mut Selected<'_>) {
        let Some(below) = self.below else { return };
        let origin = records.origin();
        records.retain(|record| !bound.condition.holds(&record) || hash(bound.key.as_ref(), &record, origin) < below);
    }
}

fn hash(key: Option<&KeyReader>, record: &Record<'_>, origin: Place) -> u64 {
    match key {
        None => {
            let place = origin.offset + record.offset() as u64;
            mix(mix(place) ^ u64::from(origin.input))
        }
        Some(key) => mix(key.key(record).iter().fold(FNV_OFFSET, hash_value)),
    }
}

/// The output function of [SplitMix64](https://prng.di.unimi.it/splitmix64.c): every bit depends on every other one.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ number >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ number >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ number >> 31
}

/// The start of [FNV-1a](http://www.isthe.com/chongo/tech/comp/fnv/) in 64 bits. Unlike the hashes of maps it is the same on
/// every machine and in every version.
const FNV_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;

fn hash_value(hash: u64, value: &KeyValue) -> u64 {
    let fnv = |hash: u64, bytes: &[u8]| {
        bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
    };
    match value {
        KeyValue::Null => fnv(hash, &[0]),
        KeyValue::Integer(number) => fnv(fnv(hash, &[1]), &number.to_le_bytes()),
        // No text has the byte that ends it.
        KeyValue::Text(text) => fnv(fnv(fnv(hash, &[2]), text.as_bytes()), &[0xFF]),
        KeyValue::Json(json) => fnv(fnv(fnv(hash, &[3]), json.as_bytes()), &[0xFF]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::trial;
    use lp_core::format::json::Json;

    fn sample(rate: f64, by: &[&str], condition: Option<&str>) -> Sample {
        let by = by.iter().map(|&name| name.to_owned()).collect();
        let condition = condition.map(|text| Filter::parse(text).unwrap());
        Sample::new(SampleSettings { rate, by, condition }).unwrap()
    }

    /// Records with one of a thousand users, each in two spellings.
    fn log() -> String {
        let user = |number| format!("{}{}", if number % 2 == 0 { "u" } else { "\\u0075" }, number / 2 % 1000);
        (0..10_000).map(|number| format!("{{\"user\":\"{}\",\"number\":{number}}}\n", user(number))).collect()
    }

    fn kept(sample: &Sample, text: &str) -> Vec<String> {
        let (told, kept) = trial::run(sample.clone(), &Json::new(), text, &[]);
        let cuts: Vec<_> = (0..10_000).map(|line| line % 7 == 3).collect();
        assert_eq!(trial::run(sample.clone(), &Json::new(), text, &cuts).1, kept);
        assert!(told.is_empty());
        kept
    }

    #[test]
    fn about_the_share_is_kept_wherever_the_input_is_cut() {
        let text = log();
        for (rate, least, most) in [(0.0, 0, 0), (0.1, 900, 1100), (0.5, 4800, 5200), (1.0, 10_000, 10_000)] {
            let len = kept(&sample(rate, &[], None), &text).len();
            assert!((least..=most).contains(&len), "{rate}: {len}");
        }
        let one_in = |records| kept(&Sample::new(SampleSettings::one_in(records)).unwrap(), &text).len();
        assert_eq!([one_in(0), one_in(1)], [0, 10_000]);
        assert!((900..=1100).contains(&one_in(10)));
    }

    #[test]
    fn records_with_the_same_value_stay_together() {
        let kept = kept(&sample(0.2, &["user"], None), &log());
        let user = |line: &String| line.split('"').nth(3).unwrap().replace("\\u0075", "u");
        let users: std::collections::BTreeSet<_> = kept.iter().map(user).collect();
        assert_eq!(kept.len(), 10 * users.len());
        assert!((150..=250).contains(&users.len()), "{}", users.len());
    }

    #[test]
    fn what_the_condition_does_not_mean_is_kept() {
        assert_eq!(kept(&sample(0.0, &[], Some("number >= 100")), &log()).len(), 100);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for rate in [-0.1, 1.1, f64::NAN] {
            assert_eq!(Sample::new(SampleSettings::rate(rate)).unwrap_err().setting, "rate");
        }
    }
}
