//! What a stage saves of what it has gathered, as bytes.
//!
//! A version, the stage's settings, and what was gathered; these two in the form of [postcard](https://postcard.rs). The settings
//! stand there as they are, not as a hash of them: what was gathered under others is then never taken for what these would have.
//!
//! What is read may be anything. Reading it takes no more memory than some multiple of its length, and what is read is used only if the
//! stage could have gathered it: a type's `restored` says so, and fills in what was not saved as it follows from the rest.

use serde::{Deserialize, Serialize};

/// The version of the form. It goes up when what any stage saves changes, be it only in what it means.
const VERSION: u8 = 1;

/// More records than this are never counted. So a number of them that is not above it can be added to.
pub(super) const MAX_RECORDS: u64 = u64::MAX / 2;

/// What a stage with these settings has gathered.
pub(super) fn save(settings: &impl Serialize, gathered: &impl Serialize) -> Option<Vec<u8>> {
    postcard::to_extend(gathered, header(settings)?).ok()
}

/// What [`save`] has saved under the same settings.
pub(super) fn restore<'s, T: Deserialize<'s>>(settings: &impl Serialize, saved: &'s [u8]) -> Option<T> {
    let gathered = saved.strip_prefix(&*header(settings)?)?;
    let (gathered, rest) = postcard::take_from_bytes(gathered).ok()?;
    rest.is_empty().then_some(gathered)
}

fn header(settings: &impl Serialize) -> Option<Vec<u8>> {
    postcard::to_extend(settings, vec![VERSION]).ok()
}

/// The sum of these numbers of records, unless it is [more than there can be](MAX_RECORDS).
pub(super) fn sum(numbers: impl IntoIterator<Item = u64>) -> Option<u64> {
    numbers.into_iter().try_fold(0_u64, u64::checked_add).filter(|&sum| sum <= MAX_RECORDS)
}

#[cfg(test)]
mod tests {
    use lp_core::format::json::Json;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use crate::filter::Filter;
    use crate::stage::{Sample, SampleSettings, Where, filter, trial};

    #[test]
    fn what_was_saved_under_other_settings_is_not_restored() {
        let stages = trial::stages();
        let text = trial::text(&[(None, 0), (Some(1), 1), (Some(2), 3), (Some(2), 3)]);
        for (number, stage) in stages.iter().enumerate() {
            let saved = trial::saved(stage, &Json::new(), &text);
            for (other, stage) in stages.iter().enumerate() {
                assert_eq!(stage.restore(&saved).is_some(), number == other, "{other} of {number}");
            }
        }
    }

    /// The number of a stage, what it sees, and what it has saved then.
    type Case = (usize, &'static [(Option<i64>, u8)], &'static [u8]);

    /// What this version has saved is what this version reads. Where this fails, the version must go up.
    #[test]
    fn the_form_is_that_of_its_version() {
        let several = &[(None, 0), (Some(1), 1), (Some(2), 3), (Some(0), 3), (Some(-30), 3)];
        // Several keys would be counted in any order.
        let one_key = &[(Some(1), 1), (Some(2), 1)];
        let cases: [Case; 4] = [
            (
                7,
                one_key,
                b"\x01\x05count\x01a\x01\x07message\x00\x01\x80\x90\xdf\xc0J\x80\xc8\xaf\xa0%\xe8\x07\x00\x01\x01\
              \x02\x02m1\x02\x00\x01\x80\xa8\xf6\xaf\xfc\xac\xdb\xe0\x1b\x00\x80\xf8\xa2\xa3\x8b\xad\xdb\xe0\
              \x1b\x00\x01\x80\xf8\xa2\xa3\x8b\xad\xdb\xe0\x1b\x00\x01\x80\x84\xaf_\x01\x01\x02\x02m1\x02\x00\
              \x01\x80\x84\xaf_\x01\xfe\x83\xaf_\x00\x00\x00",
            ),
            (
                12,
                several,
                b"\x01\x05alert\x01a\x01\x11severity >= ERROR\x00\x80\xa0\xbe\x81\x95\x01\x01\x80\xc8\x85\xe1\xab\
              \xab\xdb\xe0\x1b\x00\x01\x80\xa8\xf6\xaf\xfc\xac\xdb\xe0\x1b\x00\x03\x01\x80\xc8\x85\xe1\xab\xab\
              \xdb\xe0\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            ),
            (
                13,
                several,
                b"\x01\x05alert\x01a\x01\x11severity >= ERROR\x01\x00\x02\x14\x00\n\x00\x00\x00\x00\x01\xca\xa7\
              \xd6\xb9\x07\x00\x00\x01\x82\xa8\xd6\xb9\x07\x86\xa8\xd6\xb9\x07\xfc\xa7\xd6\xb9\x07\x02\x82\xa8\
              \xd6\xb9\x07\x02\x01\x86\xa8\xd6\xb9\x07\x02\x02\x00\x00\x00\x00\x01\x01\x80\xf8\xa2\xa3\x8b\xad\
              \xdb\xe0\x1b\x00\x00",
            ),
            (
                21,
                several,
                b"\x01\x05dedup\x01a\x00\x00\x80\x90\xdf\xc0J\xe8\x07\x02\r\x13\x04\x00\x00\x00\x00\x00\x00\x00\"m\
              1\"\x01\x80\xa8\xf6\xaf\xfc\xac\xdb\xe0\x1b\x00\x01\x01\x02\x02m1\x00\r\x13\x04\x00\x00\x00\x00\
              \x00\x00\x00\"m3\"\x01\x80\xf8\xa2\xa3\x8b\xad\xdb\xe0\x1b\x00\x01\x01\x02\x02m3\x02\x01\x80\xc8\
              \x85\xe1\xab\xab\xdb\xe0\x1b\x00\x01\x80\xf8\xa2\xa3\x8b\xad\xdb\xe0\x1b\x00",
            ),
        ];
        for (number, records, want) in cases {
            let saved = trial::saved(&trial::stages()[number], &Json::new(), &trial::text(records));
            assert_eq!(saved.escape_ascii().to_string(), want.escape_ascii().to_string(), "stage {number}");
        }
    }

    #[test]
    fn what_gathers_nothing_is_saved_as_nothing() {
        let stages = [
            trial::parallel(Where::new(Filter::parse("severity >= ERROR").unwrap())),
            trial::parallel(Sample::new(SampleSettings::rate(0.5)).unwrap()),
            trial::parallel(filter(|_| true)),
        ];
        for stage in stages {
            assert_eq!(stage.save(&stage.new_state()), Some(Vec::new()));
            assert!(stage.restore(&[]).is_some() && stage.restore(&[0]).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn bytes_that_are_damaged_do_no_harm(
            stage in any::<Index>(), records in trial::records(), more in trial::records(),
            changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..5), end in prop::option::weighted(0.2, any::<Index>()),
        ) {
            let stages = trial::stages();
            let stage = stage.get(&stages);
            let mut saved = trial::saved(stage, &Json::new(), &trial::text(&records));
            for (place, byte) in changes {
                let place = place.index(saved.len());
                saved[place] = byte;
            }
            saved.truncate(end.map_or(saved.len(), |end| end.index(saved.len())));
            trial::go_on(stage, &Json::new(), &saved, &trial::text(&more));
        }
    }

    /// Numbers that are as large as they can be, one at a time, wherever there is one.
    #[test]
    fn numbers_that_cannot_be_do_no_harm() {
        let text = trial::text(&[(None, 1), (Some(1), 1), (Some(2), 3), (Some(2), 3), (Some(9), 4), (Some(-30), 1)]);
        let mut taken = 0;
        for stage in trial::stages() {
            let saved = trial::saved(&stage, &Json::new(), &text);
            for place in 1..saved.len() {
                for number in [u64::MAX, u64::MAX - 1, u64::MAX / 2, 1 << 40] {
                    let number = postcard::to_stdvec(&number).unwrap();
                    let bytes = [&saved[..place], &number, &saved[place + 1..]].concat();
                    taken += usize::from(trial::go_on(&stage, &Json::new(), &bytes, &text));
                }
            }
        }
        assert!(taken > 0, "none was taken for what it might be");
    }
}
