//! Counts that never go down: what runs report, added up over all runs of the process.
//!
//! Every run counts from zero, and after a reload there is another one. So it is noted what a run has reported last, and only what
//! has come to it since is added. A run that follows files reports those of paths that it has given up as one, [`OTHER`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use lp::visible::visible;
use lp::{Ledger, Reason, Report};

/// The most paths with counts of their own; those of all others are counted together.
pub(crate) const MOST_PATHS: usize = 1000;

/// What counts of others are counted under.
pub(crate) const OTHER: &str = "other";

/// The counts of an input.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct InputCounts {
    pub(crate) read_bytes: u64,
    pub(crate) records: u64,
    pub(crate) truncated: u64,
    pub(crate) cut_bytes: u64,
    pub(crate) skipped_bytes: u64,
    pub(crate) lost_bytes: u64,
    pub(crate) rejected: [u64; Reason::ALL.len()],
}

impl InputCounts {
    fn of(ledger: &Ledger) -> Self {
        Self {
            read_bytes: ledger.bytes_read,
            records: ledger.records,
            truncated: ledger.truncated,
            cut_bytes: ledger.bytes_cut,
            skipped_bytes: ledger.bytes_skipped,
            lost_bytes: ledger.bytes_lost,
            rejected: ledger.rejected,
        }
    }

    /// Every count of these with that of others.
    fn with(&self, other: &Self, mut what: impl FnMut(u64, u64) -> u64) -> Self {
        Self {
            read_bytes: what(self.read_bytes, other.read_bytes),
            records: what(self.records, other.records),
            truncated: what(self.truncated, other.truncated),
            cut_bytes: what(self.cut_bytes, other.cut_bytes),
            skipped_bytes: what(self.skipped_bytes, other.skipped_bytes),
            lost_bytes: what(self.lost_bytes, other.lost_bytes),
            rejected: std::array::from_fn(|reason| what(self.rejected[reason], other.rejected[reason])),
        }
    }

    fn add(&mut self, more: &Self) {
        *self = self.with(more, u64::saturating_add);
    }
}

/// What a run has reported of an input last.
struct Seen {
    /// Its path as it is shown.
    label: Arc<str>,
    counts: InputCounts,
    filtered: Vec<u64>,
}

impl Seen {
    fn new(name: &str) -> Self {
        Self { label: shown(name.as_bytes()).into(), counts: InputCounts::default(), filtered: Vec::new() }
    }
}

/// The counts of a stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StageCounts {
    pub(crate) name: Arc<str>,
    pub(crate) filtered: u64,
    pub(crate) events: u64,
}

/// The counts of an output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OutputCounts {
    pub(crate) name: Arc<str>,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
}

/// Counts over all runs.
#[derive(Default)]
pub(crate) struct Totals {
    /// By the path as it is shown.
    inputs: BTreeMap<Arc<str>, InputCounts>,
    /// Those of inputs that have none of their own.
    other: Option<InputCounts>,
    stages: Vec<StageCounts>,
    outputs: Vec<OutputCounts>,
    /// What the run has reported last, by the input's name.
    seen: HashMap<String, Seen>,
    /// Its stages' events, and its outputs' records and bytes.
    seen_events: Vec<u64>,
    seen_outputs: Vec<(u64, u64)>,
}

impl Totals {
    /// Another run begins, with a report of its own.
    pub(crate) fn begin_run(&mut self) {
        self.seen.clear();
        self.seen_events.clear();
        self.seen_outputs.clear();
    }

    /// Takes what the run has done since it was asked last.
    pub(crate) fn advance(&mut self, report: &Report) {
        self.forget(report);
        self.make_room(report);
        let stages: Vec<usize> = report.stages.iter().map(|stage| self.stage(&stage.name)).collect();
        // One without a name stands for nothing any more.
        for (name, ledger) in report.inputs.iter().filter(|(name, _)| !name.is_empty()) {
            self.advance_input(name, ledger, &stages);
        }
        self.seen_events.resize(report.stages.len(), 0);
        for ((stage, &place), seen) in report.stages.iter().zip(&stages).zip(&mut self.seen_events) {
            self.stages[place].events += stage.events.saturating_sub(*seen);
            *seen = stage.events.max(*seen);
        }
        self.seen_outputs.resize(report.outlets.len(), (0, 0));
        for (number, outlet) in report.outlets.iter().enumerate() {
            let place = self.output(&outlet.name);
            let ((records, bytes), total) = (&mut self.seen_outputs[number], &mut self.outputs[place]);
            total.records += outlet.records.saturating_sub(*records);
            total.bytes += outlet.bytes.saturating_sub(*bytes);
            (*records, *bytes) = (outlet.records.max(*records), outlet.bytes.max(*bytes));
        }
    }

    fn advance_input(&mut self, name: &str, ledger: &Ledger, stages: &[usize]) {
        let counts = InputCounts::of(ledger);
        if !self.seen.contains_key(name) {
            self.seen.insert(name.to_owned(), Seen::new(name));
        }
        let Some(seen) = self.seen.get_mut(name) else { return };
        let more = counts.with(&seen.counts, u64::saturating_sub);
        seen.counts = counts.with(&seen.counts, u64::max);
        seen.filtered.resize(seen.filtered.len().max(ledger.filtered.len()), 0);
        for ((&filtered, seen), &stage) in ledger.filtered.iter().zip(&mut seen.filtered).zip(stages) {
            self.stages[stage].filtered += filtered.saturating_sub(*seen);
            *seen = filtered.max(*seen);
        }
        if let Some(counts) = self.inputs.get_mut(&seen.label) {
            counts.add(&more);
        } else if name == OTHER || self.inputs.len() >= MOST_PATHS {
            self.other.get_or_insert_default().add(&more);
        } else {
            self.inputs.insert(Arc::clone(&seen.label), more);
        }
    }

    /// What the run does not report any more by its name is among [`OTHER`] from now on; and has been counted already.
    fn forget(&mut self, report: &Report) {
        let reported: BTreeSet<&str> = report.inputs.iter().map(|(name, _)| name.as_str()).collect();
        let gone: Vec<_> = self.seen.extract_if(|name, _| !reported.contains(name.as_str())).collect();
        for (_, gone) in gone {
            let other = self.seen.entry(OTHER.to_owned()).or_insert_with(|| Seen::new(OTHER));
            other.counts.add(&gone.counts);
            other.filtered.resize(other.filtered.len().max(gone.filtered.len()), 0);
            for (sum, count) in other.filtered.iter_mut().zip(gone.filtered) {
                *sum += count;
            }
        }
    }

    /// Where there are too many paths, those that the run does not report any more make room; their counts are not lost.
    fn make_room(&mut self, report: &Report) {
        if self.inputs.len() < MOST_PATHS {
            return;
        }
        let reported: BTreeSet<_> = report.inputs.iter().map(|(name, _)| shown(name.as_bytes())).collect();
        if reported.iter().all(|path| self.inputs.contains_key(&**path)) {
            return;
        }
        let other = self.other.get_or_insert_default();
        self.inputs.retain(|path, counts| {
            let stays = reported.contains(&**path);
            if !stays {
                other.add(counts);
            }
            stays
        });
    }

    /// The label of a path: itself, or that of all others.
    pub(crate) fn label(&self, path: &[u8]) -> Arc<str> {
        let path = &*shown(path);
        match self.inputs.get_key_value(path) {
            Some((label, _)) => Arc::clone(label),
            None if self.inputs.len() < MOST_PATHS => path.into(),
            None => OTHER.into(),
        }
    }

    fn stage(&mut self, name: &str) -> usize {
        self.stages.iter().position(|stage| &*stage.name == name).unwrap_or_else(|| {
            self.stages.push(StageCounts { name: name.into(), filtered: 0, events: 0 });
            self.stages.len() - 1
        })
    }

    fn output(&mut self, name: &str) -> usize {
        self.outputs.iter().position(|output| &*output.name == name).unwrap_or_else(|| {
            self.outputs.push(OutputCounts { name: name.into(), records: 0, bytes: 0 });
            self.outputs.len() - 1
        })
    }

    /// The counts of the inputs, by their labels.
    pub(crate) fn inputs(&self) -> Vec<(Arc<str>, InputCounts)> {
        let mut inputs: Vec<_> = self.inputs.iter().map(|(path, counts)| (Arc::clone(path), *counts)).collect();
        if let Some(other) = self.other {
            match inputs.iter_mut().find(|(path, _)| &**path == OTHER) {
                Some((_, counts)) => counts.add(&other),
                None => inputs.push((OTHER.into(), other)),
            }
        }
        inputs
    }

    /// The counts of the stages.
    pub(crate) fn stages(&self) -> &[StageCounts] {
        &self.stages
    }

    /// The counts of the outputs.
    pub(crate) fn outputs(&self) -> &[OutputCounts] {
        &self.outputs
    }
}

/// A path as people can read it, with escapes for what is no text. (Most are plain, and this is asked often.)
fn shown(path: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(path) {
        Ok(text) if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => text.into(),
        _ => visible(path).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lp::{OutletReport, StageReport};
    use proptest::prelude::*;

    fn report<'n>(inputs: impl IntoIterator<Item = (&'n str, u64)>) -> Report {
        let ledger =
            |records| Ledger { records, bytes_read: 10 * records, filtered: vec![0, records / 2], ..Ledger::default() };
        let inputs: Vec<_> = inputs.into_iter().map(|(name, records)| (name.to_owned(), ledger(records))).collect();
        let records = inputs.iter().map(|(_, ledger)| ledger.records).sum();
        let stage = |name: &str, events| StageReport { name: name.to_owned(), events };
        Report {
            inputs,
            failures: Vec::new(),
            stages: vec![stage("a", records), stage("b", 0)],
            outlets: vec![OutletReport { name: "out".to_owned(), records, bytes: 7 * records }],
        }
    }

    fn records(totals: &Totals) -> Vec<(String, u64)> {
        totals.inputs().into_iter().map(|(path, counts)| (path.to_string(), counts.records)).collect()
    }

    #[test]
    fn counts_go_on_over_runs() {
        let mut totals = Totals::default();
        totals.begin_run();
        totals.advance(&report([("x", 10)]));
        totals.advance(&report([("x", 12), ("y", 4)]));
        totals.advance(&report([("x", 12), ("y", 4)]));
        totals.begin_run();
        totals.advance(&report([("y", 6), ("z\n", 0)]));
        assert_eq!(records(&totals), [("x".to_owned(), 12), ("y".to_owned(), 10), ("z\\n".to_owned(), 0)]);
        let stages: Vec<_> = totals.stages().iter().map(|stage| (&*stage.name, stage.filtered, stage.events)).collect();
        assert_eq!(stages, [("a", 0, 22), ("b", 11, 0)]);
        assert_eq!((totals.outputs()[0].records, totals.outputs()[0].bytes), (22, 154));
    }

    /// A path that the run gives up is among the others from then on.
    #[test]
    fn paths_that_are_given_up_are_counted_once() {
        let mut totals = Totals::default();
        totals.advance(&report([(OTHER, 0), ("x", 10), ("y", 1)]));
        totals.advance(&report([(OTHER, 12), ("", 0), ("y", 1)]));
        totals.advance(&report([(OTHER, 12), ("x", 4), ("y", 1)]));
        totals.advance(&report([(OTHER, 16), ("", 0), ("y", 1)]));
        let expected = [("x".to_owned(), 14), ("y".to_owned(), 1), (OTHER.to_owned(), 2)];
        assert_eq!((records(&totals), totals.stages()[1].filtered), (expected.to_vec(), 8));
    }

    #[test]
    fn paths_are_bounded_and_nothing_is_lost() {
        let names: Vec<String> = (0..MOST_PATHS + 50).map(|number| format!("{number:05}.log")).collect();
        let mut totals = Totals::default();
        totals.advance(&report(names.iter().map(|name| (name.as_str(), 1))));
        assert_eq!(records(&totals).len(), MOST_PATHS + 1);
        assert_eq!(records(&totals).last(), Some(&(OTHER.to_owned(), 50)));
        assert_eq!((&*totals.label(b"00000.log"), &*totals.label(b"01049.log")), ("00000.log", OTHER));
        // Those that are gone make room.
        let given_up = [(OTHER, 500)].into_iter();
        totals.advance(&report(given_up.chain(names.iter().skip(500).map(|name| (name.as_str(), 2)))));
        assert_eq!(&*totals.label(b"01049.log"), "01049.log");
        let sum: u64 = records(&totals).iter().map(|(_, records)| records).sum();
        assert_eq!((sum, records(&totals).len()), (500 + 2 * 550, 550 + 1));
    }

    proptest! {
        /// Whatever runs report, the sums are what was really counted, and no count ever goes down.
        #[test]
        fn sums_are_right(runs in proptest::collection::vec(proptest::collection::vec((0..4_usize, 0..5_u64), 0..20), 0..6)) {
            let names = ["a", "b", "c", "d"];
            let mut totals = Totals::default();
            let mut expected = [0; 4];
            let mut before = Vec::new();
            for steps in runs {
                totals.begin_run();
                let mut counts = [0; 4];
                for (input, more) in steps {
                    counts[input] += more;
                    expected[input] += more;
                    totals.advance(&report(names.into_iter().zip(counts)));
                    let now = records(&totals);
                    for (path, count) in &before {
                        prop_assert!(now.iter().any(|(name, more)| name == path && more >= count));
                    }
                    before = now;
                }
            }
            for (name, count) in before {
                prop_assert_eq!(count, expected[names.iter().position(|known| *known == name).unwrap()]);
            }
        }
    }
}
