//! Leaving out what was said already.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lp_core::encode::REDACTED;
use lp_core::{Record, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::event::{Event, EventKind, Events, Value};
use crate::filter::Filter;
use crate::stage::condition::Condition;
use crate::stage::event_time::{EventTime, NANOS};
use crate::stage::key::{Key, KeyReader, KeyValue};
use crate::stage::logged_time::LoggedTime;
use crate::stage::saved;
use crate::stage::setting::{self, SettingError, check};
use crate::stage::{BindError, Binding, Place, Selected, Sequential};

/// What is left out.
#[derive(Clone, Debug)]
pub struct DedupSettings {
    /// The name of the stage, which is the event's `dedup`.
    pub name: String,
    /// The fields whose values make records the same, named as for a [count](crate::stage::CountSettings::by). If there are none: the message, or in a format without one all fields;
    /// the time does not matter, nor does the severity.
    pub by: Vec<String>,
    /// Which records are looked at; all, if there is no condition. The others are kept.
    pub condition: Option<Filter>,
    /// How long after a record the same is left out: whole seconds, from one second to a day.
    pub within: Duration,
    /// Of how many different records is known that they came, at least one.
    pub max_keys: usize,
}

impl DedupSettings {
    /// How many different records are known, unless something else is asked for.
    pub const DEFAULT_MAX_KEYS: usize = 1000;

    /// Leaves out the same message within a while.
    #[must_use]
    pub fn within(name: impl Into<String>, within: Duration) -> Self {
        Self { name: name.into(), by: Vec::new(), condition: None, within, max_keys: Self::DEFAULT_MAX_KEYS }
    }
}

/// The stage that leaves out what was said already.
///
/// Of records that say the same, the first one is kept, and those within a while after it, by the records' own time, are
/// left out and counted. When the while is over and something was left out, an event says so:
///
/// ```json
/// {"dedup":"again","timestamp":"2025-11-06T10:30:15Z","key":{"message":"connection refused"},"repeated":41}
/// ```
///
/// `timestamp` is the time of the first record, `null` if none is known; `key` holds the fields that make records the same, or is
/// the first record's text if all do; `repeated` how many were left out. The while is
/// over when a record comes whose time is that much later than the first one's; where a live input is silent, when the
/// clock says that it would. A record without a time is of the time of the record before it, and where the input is live, so is
/// one that is dated more than a day ahead of the clock. What is known is bounded: of
/// too many things the one whose first record is the oldest is forgotten, as if its while were over.
#[derive(Clone, Debug)]
pub struct Dedup {
    name: String,
    by: Vec<String>,
    condition: Option<Filter>,
    /// In nanoseconds.
    within: i64,
    max_keys: usize,
}

impl Dedup {
    /// The stage with these settings.
    ///
    /// # Errors
    ///
    /// If one of them is out of bounds.
    pub fn new(settings: DedupSettings) -> Result<Self, SettingError> {
        let DedupSettings { name, by, condition, within, max_keys } = settings;
        let day = Duration::from_secs(86_400);
        let within = setting::seconds(within, 1, day, "within", "whole seconds, from one second to a day")? * NANOS;
        check(max_keys > 0, "max_keys", "at least 1")?;
        Ok(Self { name, by, condition, within, max_keys })
    }
}

/// A [`Dedup`] bound to a format.
#[derive(Debug)]
pub struct BoundDedup {
    condition: Condition,
    reader: KeyReader,
    /// Whether the reader reads all fields.
    is_of_all: bool,
    /// Whether raw text must not be shown.
    hides_raw: bool,
}

/// What a [`Dedup`] remembers.
#[derive(Default, Debug)]
pub struct DedupState {
    known: HashMap<Arc<[u8]>, Known>,
    /// The keys by the times of their first records, and the order in which these came.
    order: BTreeMap<(Option<Timestamp>, u64), Arc<[u8]>>,
    next: u64,
    /// The time of the last record.
    time: Option<LoggedTime>,
    clock: EventTime,
    logged: Vec<u8>,
}

/// Something that was said.
#[derive(Debug)]
struct Known {
    first: Option<LoggedTime>,
    shown: Shown,
    repeated: u64,
}

/// What makes records the same, as an event shows it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Shown {
    /// The text of the first one.
    Text(KeyValue),
    /// The values of the fields.
    Fields(Key),
}

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Saved<'a> {
    /// In the order in which it will be forgotten.
    #[serde(borrow)]
    known: Vec<SavedKnown<'a>>,
    time: Option<LoggedTime>,
    clock: EventTime,
}

#[derive(Serialize, Deserialize)]
struct SavedKnown<'a> {
    #[serde(serialize_with = "all_at_once")]
    logged: &'a [u8],
    first: Option<LoggedTime>,
    shown: Cow<'a, Shown>,
    repeated: u64,
}

/// As a list of numbers, which bytes are unless something else is said, they are written one by one.
fn all_at_once<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// The longest key that is kept as it was logged; of a longer one, that much and a hash. It is a hash of which nobody can make two
/// texts that have the same, and the same in every version: what is known outlives the program.
const MAX_LOGGED: usize = 1024;
const MAX_IDENTITY: usize = MAX_LOGGED + 32;

impl Sequential for Dedup {
    type Bound = BoundDedup;
    type State = DedupState;

    fn bind(&self, to: &Binding<'_>) -> Result<BoundDedup, BindError> {
        let condition = Condition::bind(self.condition.as_ref(), to)?;
        let is_of_all = self.by.is_empty() && to.schema().field(MESSAGE).is_none();
        let reader = if is_of_all { KeyReader::of_all_fields(to.schema()) } else { KeyReader::bind(self.names(), to)? };
        Ok(BoundDedup { condition, reader, is_of_all, hides_raw: to.hides_raw() })
    }

    fn run(&self, bound: &BoundDedup, state: &mut DedupState, records: &mut Selected<'_>, out: &mut Events) {
        let (origin, latest) = (records.origin(), records.latest());
        records.retain(|record| {
            let place = Place { offset: origin.offset + record.offset() as u64, ..origin };
            if let Some(logged) = LoggedTime::of(&record, latest) {
                state.time = Some(logged);
                state.clock.saw(logged.time.as_nanos());
                self.expire(state, state.clock.high(), place, out);
            }
            !bound.condition.holds(&record) || self.is_new(bound, state, &record, place, out)
        });
    }

    fn tick(&self, state: &mut DedupState, now: Timestamp, out: &mut Events) {
        let now = state.clock.tick(now);
        self.expire(state, now, Place::END, out);
    }

    fn finish(&self, mut state: DedupState, out: &mut Events) {
        while self.forget(&mut state, Place::END, out) {}
    }

    fn save(&self, state: &DedupState) -> Option<Vec<u8>> {
        let known = state.order.values().filter_map(|logged| {
            let Known { first, shown, repeated } = state.known.get(logged)?;
            Some(SavedKnown { logged, first: *first, shown: Cow::Borrowed(shown), repeated: *repeated })
        });
        saved::save(&self.settings(), &Saved { known: known.collect(), time: state.time, clock: state.clock })
    }

    fn restore(&self, saved: &[u8]) -> Option<DedupState> {
        let Saved { known, time, clock } = saved::restore(&self.settings(), saved)?;
        saved::sum(known.iter().map(|known| known.repeated))?;
        if known.len() > self.max_keys {
            return None;
        }
        let mut state = DedupState { time, clock, ..DedupState::default() };
        for SavedKnown { logged, first, shown, repeated } in known {
            if logged.len() > MAX_IDENTITY || !self.is_sound(&shown) {
                return None;
            }
            let known = Known { first, shown: shown.into_owned(), repeated };
            if state.insert(logged, known).is_some() {
                return None;
            }
        }
        Some(state)
    }
}

/// What makes records the same where no fields are named.
const MESSAGE: &str = "message";

impl Dedup {
    /// The names of the fields that make records the same, if not all do.
    fn names(&self) -> impl Iterator<Item = &str> {
        let message = self.by.is_empty().then_some(MESSAGE);
        self.by.iter().map(String::as_str).chain(message)
    }

    /// What decides what is left out.
    fn settings(&self) -> impl Serialize {
        ("dedup", &self.name, &self.by, self.condition.as_ref().map(Filter::text), self.within, self.max_keys)
    }

    /// Whether it may be shown of a record.
    fn is_sound(&self, shown: &Shown) -> bool {
        match shown {
            Shown::Text(text) => self.by.is_empty() && text.is_sound(),
            Shown::Fields(key) => key.len() == self.names().count() && key.iter().all(KeyValue::is_sound),
        }
    }

    /// Whether nothing like this record is known. Then it is.
    fn is_new(
        &self,
        bound: &BoundDedup,
        state: &mut DedupState,
        record: &Record<'_>,
        place: Place,
        out: &mut Events,
    ) -> bool {
        let mut logged = std::mem::take(&mut state.logged);
        logged.clear();
        bound.push_logged(record, &mut logged);
        let known = state.known.get_mut(&*logged);
        let is_new = known.is_none();
        match known {
            Some(known) => known.repeated += 1,
            None => {
                if state.known.len() >= self.max_keys {
                    self.forget(state, place, out);
                }
                let known = Known { first: state.time, shown: bound.shown(record), repeated: 0 };
                state.insert(&logged, known);
            }
        }
        state.logged = logged;
        is_new
    }

    /// Forgets what was said first too long before `now`.
    fn expire(&self, state: &mut DedupState, now: Option<i64>, place: Place, out: &mut Events) {
        let Some(now) = now else { return };
        let is_over =
            |first: Option<Timestamp>| first.is_none_or(|first| first.as_nanos().saturating_add(self.within) <= now);
        while state.order.first_key_value().is_some_and(|((first, _), _)| is_over(*first)) {
            self.forget(state, place, out);
        }
    }

    /// Forgets the oldest, and tells of it. `false` if there is none.
    fn forget(&self, state: &mut DedupState, place: Place, out: &mut Events) -> bool {
        let Some((_, identity)) = state.order.pop_first() else { return false };
        if let Some(known) = state.known.remove(&identity).filter(|known| known.repeated > 0) {
            let members = vec![
                ("dedup".into(), Value::Text(self.name.clone())),
                ("timestamp".into(), LoggedTime::to_value(known.first)),
                ("key".into(), self.shown(&known.shown)),
                ("repeated".into(), Value::Integer(known.repeated)),
            ];
            out.emit(Event { place, kind: EventKind::Other("dedup"), members });
        }
        true
    }

    fn shown(&self, shown: &Shown) -> Value {
        match shown {
            Shown::Text(text) => text.to_value(),
            Shown::Fields(key) => {
                let members = self.names().zip(key);
                Value::Object(members.map(|(name, value)| (name.to_owned().into(), value.to_value())).collect())
            }
        }
    }
}

impl DedupState {
    /// Something is said. Returns what was known of it.
    fn insert(&mut self, logged: &[u8], known: Known) -> Option<Known> {
        let identity: Arc<[u8]> = logged.into();
        self.order.insert((known.first.map(|first| first.time), self.next), Arc::clone(&identity));
        self.next += 1;
        self.known.insert(identity, known)
    }
}

impl BoundDedup {
    /// Appends what makes records the same.
    fn push_logged(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        if self.is_of_all && record.error().is_some() {
            out.extend_from_slice(record.raw());
        } else {
            self.reader.push_logged(record, out);
        }
        if out.len() > MAX_LOGGED {
            let hash = Sha256::digest(&out);
            out.truncate(MAX_LOGGED);
            out.extend_from_slice(&hash);
        }
    }

    /// What an event shows of it.
    fn shown(&self, record: &Record<'_>) -> Shown {
        match (self.is_of_all, self.hides_raw) {
            (false, _) => Shown::Fields(self.reader.key(record)),
            (true, false) => Shown::Text(KeyValue::raw(record)),
            (true, true) => Shown::Text(KeyValue::Text(REDACTED.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::event_time::moment;
    use crate::stage::trial;
    use lp_core::format::access::Access;
    use lp_core::format::json::Json;
    use proptest::prelude::*;

    fn settings(within: u64, max_keys: usize) -> DedupSettings {
        DedupSettings { max_keys, ..DedupSettings::within("d", Duration::from_secs(within)) }
    }

    /// One record at a time, with a list of what is known; returns what is told and the numbers of what is kept.
    fn model(
        within: i64,
        max_keys: usize,
        records: &[(Option<i64>, u8)],
    ) -> (Vec<(Option<usize>, String)>, Vec<usize>) {
        /// First second, number, message, and how often it came again.
        type Known = (Option<i64>, usize, u8, u64);
        let (mut told, mut kept, mut known) = (Vec::new(), Vec::new(), Vec::<Known>::new());
        let (mut high, mut current) = (None, None);
        let mut forget = |known: &mut Vec<Known>, at: Option<usize>, all: &dyn Fn(&Known) -> bool| {
            known.sort();
            while known.first().is_some_and(all) {
                let (first, _, message, repeated) = known.remove(0);
                if repeated > 0 {
                    let time = first.map_or("null".to_owned(), |second| format!("\"{}\"", moment(second)));
                    let key = format!("{{\"message\":\"m{message}\"}}");
                    let event =
                        format!("{{\"dedup\":\"d\",\"timestamp\":{time},\"key\":{key},\"repeated\":{repeated}}}");
                    told.push((at, event));
                }
            }
        };
        for (number, &(second, message)) in records.iter().enumerate() {
            if second.is_some() {
                current = second;
                high = high.max(second);
                let now = high.unwrap();
                forget(&mut known, Some(number), &|(first, ..)| first.is_none_or(|first| now - first >= within));
            }
            match known.iter_mut().find(|(_, _, of, _)| *of == message) {
                Some((.., repeated)) => *repeated += 1,
                None => {
                    if known.len() == max_keys {
                        known.sort();
                        let oldest = known[0].1;
                        forget(&mut known, Some(number), &|(_, of, ..)| *of == oldest);
                    }
                    known.push((current, number, message, 0));
                    kept.push(number);
                }
            }
        }
        forget(&mut known, None, &|_| true);
        (told, kept)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn what_came_before_is_left_out(
            within in 1_u8..20, max_keys in 1_usize..5,
            steps in prop::collection::vec((prop::option::weighted(0.9, -5_i64..8), 0_u8..6), 0..60),
            cuts in prop::collection::vec(prop::bool::weighted(0.2), 60),
        ) {
            let mut second = 1_000_000_000;
            let records: Vec<_> = steps.into_iter().map(|(step, message)| {
                second += step.unwrap_or(0);
                (step.map(|_| second), message)
            }).collect();
            let line = |(number, (second, message)): (usize, &(Option<i64>, u8))| {
                let time = second.map_or_else(String::new, |second| format!("\"timestamp\":\"{}\",", moment(second)));
                format!("{{{time}\"message\":\"m{message}\",\"number\":{number}}}\n")
            };
            let text: String = records.iter().enumerate().map(line).collect();
            let dedup = Dedup::new(settings(within.into(), max_keys)).unwrap();
            let (told, kept) = trial::run_in_order(dedup, &Json::new(), &text, &cuts);
            let (want_told, want_kept) = model(within.into(), max_keys, &records);
            let lines: Vec<_> = text.lines().collect();
            prop_assert_eq!(told, want_told);
            prop_assert_eq!(kept, want_kept.into_iter().map(|number| lines[number].to_owned()).collect::<Vec<_>>());
        }
    }

    /// Where there is no message, all but the time counts; what does not parse is the same if its text is.
    #[test]
    fn without_a_message_everything_must_be_the_same() {
        let line = |second, path| format!("::1 - - [06/Nov/2025:10:30:{second} +0000] \"GET {path} HTTP/1.1\" 200 5\n");
        let long = "x".repeat(5000);
        let lines =
            [line(10, "/"), line(11, "/"), line(12, "/a"), "?\n".to_owned(), "!\n".to_owned(), "?\n".to_owned()];
        let long = [line(13, &format!("/{long}1")), line(13, &format!("/{long}2")), line(14, &format!("/{long}1"))];
        let dedup = Dedup::new(settings(60, 10)).unwrap();
        let text = [lines.concat(), long.concat()].concat();
        let (told, kept) = trial::run_in_order(dedup, &Access::common(), &text, &[]);
        let numbers = [0, 2, 3, 4, 6, 7].map(|number| text.lines().nth(number).unwrap().to_owned());
        assert_eq!(kept, numbers);
        assert!(told[0].1.contains("\"key\":\"::1 - - [06/Nov/2025:10:30:10 +0000]"), "{}", told[0].1);
        assert!(told[1].1.ends_with("\"key\":\"?\",\"repeated\":1}"), "{}", told[1].1);
        assert!(told[2].1.ends_with("x…\",\"repeated\":1}"), "{}", told[2].1);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for (setting, settings) in
            [("within", settings(0, 1)), ("within", settings(86_401, 1)), ("max_keys", settings(1, 0))]
        {
            assert_eq!(Dedup::new(settings).unwrap_err().setting, setting);
        }
    }
}
