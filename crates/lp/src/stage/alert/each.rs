//! Alerts that are told for every record that meets the condition, but for those that a cool-down keeps back.

use lp_core::encode::{Encoder, Output};
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind, Value};
use crate::stage::condition::Condition;
use crate::stage::logged_time::LoggedTime;
use crate::stage::saved;
use crate::stage::{Place, Selected};

/// The records of a batch that meet the condition.
#[derive(Debug)]
pub(super) struct Hits {
    hits: Vec<Hit>,
    /// The last time of the batch.
    time: Option<LoggedTime>,
}

#[derive(Debug)]
struct Hit {
    /// That of the last record that has one, in this batch; `None` if there is none.
    time: Option<LoggedTime>,
    place: Place,
    /// The record as it goes out.
    details: Vec<u8>,
}

impl Hits {
    /// Those of these records.
    pub(super) fn of(records: &Selected<'_>, condition: &Condition, json: &dyn Encoder) -> Self {
        let mut output = Output::new();
        let mut hits = Vec::new();
        // The last time so far, and the records behind it that nobody has looked at.
        let (mut time, mut rest) = (None, records.numbers());
        for &number in &*condition.select(records) {
            let Some(record) = records.record(number) else { continue };
            let (these, behind) = rest.split_at(rest.partition_point(|&other| other <= number));
            time = last_time(records, these).or(time);
            rest = behind;
            output.clear();
            records.encode(&record, json, &mut output);
            let line = output.as_bytes();
            let details = line.strip_suffix(b"\n").unwrap_or(line).to_vec();
            hits.push(Hit { time, place: records.place(&record), details });
        }
        Self { hits, time: last_time(records, rest).or(time) }
    }
}

/// That of the last of these records that has one.
fn last_time(records: &Selected<'_>, numbers: &[u32]) -> Option<LoggedTime> {
    let latest = records.latest();
    numbers.iter().rev().find_map(|&number| LoggedTime::of(&records.record(number)?, latest))
}

/// What is remembered of them.
#[derive(Default, Debug, Serialize, Deserialize)]
pub(super) struct Each {
    /// The last time that a record had.
    time: Option<LoggedTime>,
    /// That of the last alert.
    told: Option<LoggedTime>,
    suppressed: u64,
    /// That of the last one that was not told.
    kept_back: Option<LoggedTime>,
}

impl Each {
    /// Takes what a batch has; `cool_down` is in nanoseconds.
    pub(super) fn add(&mut self, name: &str, cool_down: i64, hits: Hits, tell: &mut impl FnMut(Event)) {
        for hit in hits.hits {
            if let Some(event) = self.hit(name, cool_down, hit) {
                tell(event);
            }
        }
        self.time = hits.time.or(self.time);
    }

    /// A record meets the condition. Returns the alert, unless it is kept back.
    fn hit(&mut self, name: &str, cool_down: i64, hit: Hit) -> Option<Event> {
        let time = hit.time.or(self.time);
        if let (Some(now), Some(told)) = (time, self.told)
            && now.time.as_nanos() < told.time.as_nanos().saturating_add(cool_down)
            && cool_down > 0
        {
            self.suppressed += 1;
            self.kept_back = time;
            return None;
        }
        self.told = time;
        let mut members =
            vec![("alert".into(), Value::Text(name.to_owned())), ("timestamp".into(), LoggedTime::to_value(time))];
        if self.suppressed > 0 {
            members.push(("suppressed".into(), Value::Integer(std::mem::take(&mut self.suppressed))));
        }
        members.push(("details".into(), Value::Json(hit.details)));
        Some(Event { place: hit.place, kind: EventKind::Alert, members })
    }

    /// What is remembered, from what was saved of it, if that can be.
    pub(super) fn restored(self) -> Option<Self> {
        saved::sum([self.suppressed])?;
        Some(self)
    }

    /// No more records come. Returns what tells of the alerts that are still kept back, if there are any.
    pub(super) fn finish(self, name: &str) -> Option<Event> {
        let members = vec![
            ("alert".into(), Value::Text(name.to_owned())),
            ("timestamp".into(), LoggedTime::to_value(self.kept_back)),
            ("suppressed".into(), Value::Integer(self.suppressed)),
            ("details".into(), Value::Null),
        ];
        (self.suppressed > 0).then_some(Event { place: Place::END, kind: EventKind::Alert, members })
    }
}
