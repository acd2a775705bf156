//! Counts that never go down: what runs report, added up over all runs of the process.
//!
//! Every run counts from zero, and after a reload there is another one. So it is noted what a run has reported last, and only what
//! has come to it since is added. A run that follows files reports those of paths that it has given up, and of those beyond a number, as
//! one, under a number of its own.
//!
//! A path's counts may be dropped, but are never added to those of other paths: it would look as if they had just been counted. What must
//! add up for ever are the sums.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use lp::{Ledger, Reason, Report};

/// The label of what is counted of paths that have none of their own. No path [has it](label).
pub(crate) const OTHER: &str = "other";

/// What `other` in the working folder is labelled.
const FILE_OTHER: &str = "./other";

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

    /// Adds those of others.
    pub(crate) fn add(&mut self, more: &Self) {
        *self = self.with(more, u64::saturating_add);
    }
}

/// What a run has reported of an input last. There may be many of these.
struct Seen {
    name: Box<str>,
    counts: InputCounts,
    /// Whether these have been added up.
    is_counted: bool,
}

impl Seen {
    fn new(name: &str) -> Self {
        Self { name: name.into(), counts: InputCounts::default(), is_counted: false }
    }
}

/// The counts of a stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct StageCounts {
    pub(crate) name: Arc<str>,
    pub(crate) filtered: u64,
    pub(crate) events: u64,
    /// How many of these are alerts, and not the end of one.
    pub(crate) alerts: u64,
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
    /// The most paths with counts of their own.
    most: usize,
    /// The number under which the run reports all paths that it has given up, if it gives up some.
    given_up: Option<usize>,
    /// By the labels of the paths.
    inputs: BTreeMap<Arc<str>, InputCounts>,
    /// Of those that had none of their own when it was counted.
    other: Option<InputCounts>,
    /// Of all.
    sums: InputCounts,
    stages: Vec<StageCounts>,
    outputs: Vec<OutputCounts>,
    /// What the run has reported last of its inputs, in the order of its report.
    seen: Vec<Seen>,
    /// What its stages have left out of all inputs.
    seen_filtered: Vec<u64>,
    /// Its stages' events and alerts, and its outputs' records and bytes.
    seen_events: Vec<(u64, u64)>,
    seen_outputs: Vec<(u64, u64)>,
}

impl Totals {
    /// Another run begins, with a report of its own, which has all paths that it has given up under this number. At most so many paths have
    /// counts of their own from now on.
    pub(crate) fn begin_run(&mut self, most: usize, given_up: Option<usize>) {
        (self.most, self.given_up) = (most, given_up);
        if self.inputs.len() > most {
            self.inputs.clear();
        }
        self.seen = Vec::new();
        self.seen_filtered.clear();
        self.seen_events.clear();
        self.seen_outputs.clear();
    }

    /// Takes what the run has done since it was asked last.
    pub(crate) fn advance(&mut self, report: &Report) {
        self.name(report);
        let stages: Vec<usize> = report.stages.iter().map(|stage| self.stage(&stage.name)).collect();
        // One without a name stands for nothing any more.
        for (number, (_, ledger)) in report.inputs.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
            self.advance_input(number, ledger);
        }
        self.seen_filtered.resize(report.stages.len(), 0);
        for (number, (&place, seen)) in stages.iter().zip(&mut self.seen_filtered).enumerate() {
            let filtered = report.inputs.iter().filter_map(|(_, ledger)| ledger.filtered.get(number)).sum();
            self.stages[place].filtered += u64::saturating_sub(filtered, *seen);
            *seen = filtered.max(*seen);
        }
        self.seen_events.resize(report.stages.len(), (0, 0));
        for ((stage, &place), (events, alerts)) in report.stages.iter().zip(&stages).zip(&mut self.seen_events) {
            let total = &mut self.stages[place];
            total.events += stage.events.saturating_sub(*events);
            total.alerts += stage.alerts.saturating_sub(*alerts);
            (*events, *alerts) = (stage.events.max(*events), stage.alerts.max(*alerts));
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

    fn advance_input(&mut self, number: usize, ledger: &Ledger) {
        let counts = InputCounts::of(ledger);
        let seen = &mut self.seen[number];
        let more = counts.with(&seen.counts, u64::saturating_sub);
        seen.counts = counts.with(&seen.counts, u64::max);
        let is_new = !std::mem::replace(&mut seen.is_counted, true);
        self.sums.add(&more);
        let label = label((&*seen.name).into());
        if self.given_up == Some(number) {
            // Of paths that have no account of their own in the report, or the last of those that the run has given up since.
            if more != InputCounts::default() {
                self.other.get_or_insert_default().add(&more);
            }
        } else if let Some(counts) = self.inputs.get_mut(&*label) {
            counts.add(&more);
        } else if more == InputCounts::default() && !is_new {
            // It may have had a label that another one needs more.
        } else if self.inputs.len() >= self.most {
            self.other.get_or_insert_default().add(&more);
        } else {
            self.inputs.insert(label.into(), more);
        }
    }

    /// Notes the names of the inputs. What the run does not report any more by its name is among those that it has given up from now on; and
    /// has been counted already.
    fn name(&mut self, report: &Report) {
        let mut gone = InputCounts::default();
        for (seen, (name, _)) in
            self.seen.iter_mut().zip(&report.inputs).filter(|(seen, (name, _))| *seen.name != **name)
        {
            let seen = std::mem::replace(seen, Seen::new(name));
            self.inputs.remove(&*label((&*seen.name).into()));
            gone.add(&seen.counts);
        }
        let new = report.inputs.get(self.seen.len()..).unwrap_or_default();
        self.seen.reserve_exact(new.len());
        self.seen.extend(new.iter().map(|(name, _)| Seen::new(name)));
        if let Some(given_up) = self.given_up.and_then(|number| self.seen.get_mut(number)) {
            given_up.counts.add(&gone);
        }
    }

    /// Whether there is a path that would have counts of its own now if another one had none.
    pub(crate) fn lacks_room(&self, report: &Report) -> bool {
        let has_label = |name: &str| self.inputs.contains_key(&*label(name.into()));
        let is_known = |number: usize, name: &str, ledger| {
            self.seen.get(number).is_some_and(|seen| *seen.name == *name && seen.counts == InputCounts::of(ledger))
        };
        self.most > 0
            && self.inputs.len() >= self.most
            && report.inputs.iter().enumerate().any(|(number, (name, ledger))| {
                !name.is_empty() && self.given_up != Some(number) && !is_known(number, name, ledger) && !has_label(name)
            })
    }

    /// Drops the counts of all paths but those that are followed.
    pub(crate) fn make_room(&mut self, followed: &HashSet<Cow<'_, str>>) {
        self.inputs.retain(|path, _| followed.contains(&**path));
    }

    fn stage(&mut self, name: &str) -> usize {
        self.stages.iter().position(|stage| &*stage.name == name).unwrap_or_else(|| {
            self.stages.push(StageCounts { name: name.into(), filtered: 0, events: 0, alerts: 0 });
            self.stages.len() - 1
        })
    }

    fn output(&mut self, name: &str) -> usize {
        self.outputs.iter().position(|output| &*output.name == name).unwrap_or_else(|| {
            self.outputs.push(OutputCounts { name: name.into(), records: 0, bytes: 0 });
            self.outputs.len() - 1
        })
    }

    /// The counts of the inputs, by their labels and in the order of these.
    pub(crate) fn inputs(&self) -> Vec<(Arc<str>, InputCounts)> {
        self.inputs.iter().map(|(path, counts)| (Arc::clone(path), *counts)).collect()
    }

    /// What has been counted of inputs that had no label, if there were some.
    pub(crate) const fn other(&self) -> Option<InputCounts> {
        self.other
    }

    /// What has been counted of all inputs.
    pub(crate) const fn sums(&self) -> InputCounts {
        self.sums
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

/// The label of a path that is [shown](lp::visible::visible_path) so, as runs report the names of their inputs.
pub(crate) fn label(path: Cow<'_, str>) -> Cow<'_, str> {
    if path == OTHER { FILE_OTHER.into() } else { path }
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
        let stage = |name: &str, events| StageReport { name: name.to_owned(), events, alerts: events / 2 };
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
        let mut totals = Totals { most: 1000, ..Totals::default() };
        totals.begin_run(1000, None);
        totals.advance(&report([("x", 10)]));
        totals.advance(&report([("x", 12), ("y", 4)]));
        totals.advance(&report([("x", 12), ("y", 4)]));
        totals.begin_run(1000, None);
        totals.advance(&report([("y", 6), ("z", 0)]));
        assert_eq!(records(&totals), [("x".to_owned(), 12), ("y".to_owned(), 10), ("z".to_owned(), 0)]);
        let stage = |stage: &StageCounts| (stage.name.to_string(), stage.filtered, stage.events, stage.alerts);
        let stages: Vec<_> = totals.stages().iter().map(stage).collect();
        assert_eq!(stages, [("a".to_owned(), 0, 22, 11), ("b".to_owned(), 11, 0, 0)]);
        assert_eq!((totals.outputs()[0].records, totals.outputs()[0].bytes), (22, 154));
    }

    /// What was counted of a path that the run gives up is not counted once more elsewhere.
    #[test]
    fn paths_that_are_given_up_are_counted_once() {
        let mut totals = Totals::default();
        totals.begin_run(1000, Some(0));
        totals.advance(&report([(OTHER, 0), ("x", 10), ("y", 1)]));
        totals.advance(&report([(OTHER, 12), ("", 0), ("y", 1)]));
        assert_eq!(records(&totals), [("y".to_owned(), 1)]);
        totals.advance(&report([(OTHER, 12), ("x", 4), ("y", 1)]));
        assert_eq!(records(&totals), [("x".to_owned(), 4), ("y".to_owned(), 1)]);
        totals.advance(&report([(OTHER, 16), ("", 0), ("y", 1)]));
        assert_eq!((totals.sums().records, totals.other().unwrap().records, totals.stages()[1].filtered), (17, 2, 8));
    }

    /// A file may be called as all others are.
    #[test]
    fn a_path_is_not_taken_for_all_others() {
        let mut totals = Totals::default();
        totals.begin_run(2, Some(0));
        totals.advance(&report([(OTHER, 0), (OTHER, 10), ("x", 1), ("y", 3)]));
        assert_eq!(records(&totals), [("./other".to_owned(), 10), ("x".to_owned(), 1)]);
        assert_eq!((totals.sums().records, totals.other().unwrap().records), (14, 3));
        // The run gives it up.
        totals.advance(&report([(OTHER, 12), ("", 0), ("x", 1), ("y", 3)]));
        assert_eq!((records(&totals), totals.sums().records), (vec![("x".to_owned(), 1)], 16));
        // One that reads to the end of its inputs has no others.
        totals.begin_run(2, None);
        totals.advance(&report([(OTHER, 5), ("x", 1)]));
        assert_eq!(records(&totals), [("./other".to_owned(), 5), ("x".to_owned(), 2)]);
        assert_eq!((totals.sums().records, totals.other().unwrap().records), (22, 5));
    }

    #[test]
    fn paths_are_bounded_and_nothing_is_lost() {
        let names: Vec<String> = (0..150).map(|number| format!("{number:05}.log")).collect();
        let mut totals = Totals { most: 100, ..Totals::default() };
        let mut all = report(names.iter().map(|name| (name.as_str(), 1)));
        assert!(!totals.lacks_room(&all));
        totals.advance(&all);
        assert_eq!((records(&totals).len(), totals.other().unwrap().records), (100, 50));
        // Nothing has come of those that have none.
        assert!(!totals.lacks_room(&all));
        all.inputs[149].1.records += 5;
        assert!(totals.lacks_room(&all));
        // Paths that are not followed any more make room, and do not take it again.
        totals.make_room(&names.iter().skip(60).map(|name| name.as_str().into()).collect());
        assert_eq!(records(&totals).len(), 40);
        totals.advance(&all);
        totals.advance(&all);
        assert_eq!(records(&totals).last(), Some(&(names[149].clone(), 5)));
        assert_eq!((records(&totals).len(), totals.sums().records, totals.other().unwrap().records), (41, 155, 50));
        // Without paths there is only what all come to.
        totals.begin_run(0, None);
        totals.advance(&all);
        assert!(!totals.lacks_room(&all) && records(&totals).is_empty());
        assert_eq!((totals.sums().records, totals.other().unwrap().records), (310, 205));
    }

    proptest! {
        /// Whatever runs report, the sums are what was really counted, and no count ever goes down.
        #[test]
        fn sums_are_right(runs in proptest::collection::vec(proptest::collection::vec((0..4_usize, 0..5_u64), 0..20), 0..6)) {
            let names = ["a", "b", "c", "d"];
            let mut totals = Totals { most: 1000, ..Totals::default() };
            let mut expected = [0; 4];
            let mut before = Vec::new();
            for steps in runs {
                totals.begin_run(1000, None);
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
