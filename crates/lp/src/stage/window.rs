//! A condition over the records of the last while, evaluated at whole seconds of the records' own time.
//!
//! Time goes on with the records: when the latest one is of second `t`, all seconds that end `lateness` before `t` are
//! over. Whatever was logged in a second that is over, and comes only then, is late: it is counted and not used. At every
//! whole second that goes by, the window that ends there decides whether the alert fires.
//!
//! A window's sums change only where a second that has records enters it or leaves it, so nothing is done for the seconds
//! between: it does not matter whether the next record is a minute later or a century.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::stage::Place;
use crate::stage::saved;
use crate::stage::seconds::Second;

/// Neighbours in the input that are of one second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// `None` where nothing before it in the batch has a time: then the second is that of the last record before the batch.
    pub(super) second: Option<i64>,
    /// That of the first record.
    pub(super) place: Place,
    pub(super) sums: Sums,
}

/// How many records there are, and how many of them meet the condition.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) records: u64,
    pub(super) hits: u64,
}

impl Sums {
    const fn add(&mut self, other: Self) {
        self.records += other.records;
        self.hits += other.hits;
    }

    const fn subtract(&mut self, other: Self) {
        self.records -= other.records;
        self.hits -= other.hits;
    }
}

/// The records of a batch as runs; `hits` are the numbers of those that meet the condition.
pub(super) fn runs(seconds: &[Second], mut hits: &[u32]) -> Vec<Run> {
    let run = |second: &Second| {
        let (these, behind) = hits.split_at(hits.partition_point(|&number| number <= second.last));
        hits = behind;
        let sums = Sums { records: second.records, hits: these.len() as u64 };
        Run { second: second.second, place: second.place, sums }
    };
    seconds.iter().map(run).collect()
}

/// When an alert fires.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(super) enum Test {
    /// There are so many hits in the window, or more.
    Rate { at_least: u64 },
    /// More than this share of the records are hits, if there are so many records.
    Ratio { above: f64, min_records: u64 },
    /// There are none; and then until there is one.
    Absence,
}

/// What to look for. All lengths are in seconds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(super) struct Rule {
    pub(super) test: Test,
    pub(super) within: i64,
    /// How long the test must have failed for the alert to be over.
    pub(super) cool_down: i64,
    pub(super) lateness: i64,
}

/// An alert begins, or is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) is_firing: bool,
    /// The whole second at which it was found, where the window ends.
    pub(super) second: i64,
    /// Of the window.
    pub(super) sums: Sums,
    /// The last second that has a hit.
    pub(super) last_hit: Option<i64>,
    /// Records that came too late, so far.
    pub(super) late: u64,
    /// The record that made time go by.
    pub(super) place: Place,
}

/// The lower of two numbers that may be missing.
#[inline(always)]
fn earlier(this: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (this, other) {
        (Some(this), Some(other)) => Some(this.min(other)),
        (this, other) => this.or(other),
    }
}

/// What has been seen of seconds that are not over, in the order of time. They are few, and the last of them is nearly
/// always the one that is wanted.
#[derive(Default, Debug, Serialize, Deserialize)]
struct OpenSeconds(VecDeque<(i64, Sums)>);

impl OpenSeconds {
    fn add(&mut self, second: i64, sums: Sums) {
        let end = self.0.partition_point(|(other, _)| *other <= second);
        match self.0.get_mut(end.wrapping_sub(1)) {
            Some((other, all)) if *other == second => all.add(sums),
            _ => self.0.insert(end, (second, sums)),
        }
    }

    fn first(&self) -> Option<i64> {
        self.0.front().map(|(second, _)| *second)
    }

    /// Takes the first one, if it is before this one.
    fn pop_before(&mut self, second: i64) -> Option<(i64, Sums)> {
        if self.first()? < second { self.0.pop_front() } else { None }
    }
}

/// What has been seen.
#[derive(Default, Debug, Serialize, Deserialize)]
pub(super) struct Window {
    /// That of the last record.
    current: Option<i64>,
    /// Records before the first one with a time; they count as of its second.
    untimed: Sums,
    time: Option<Time>,
    /// Seconds that are not over.
    open: OpenSeconds,
    /// Seconds that are over and in the window.
    inside: VecDeque<(i64, Sums)>,
    /// Of these.
    #[serde(skip)]
    sums: Sums,
    last_hit: Option<i64>,
    is_firing: bool,
    /// Since when the test fails, while the alert fires.
    quiet: Option<i64>,
    late: u64,
}

/// Seconds of timestamps, and what becomes of them by the lengths of a rule, are nearer to the epoch.
const FAR: i64 = 1 << 40;

/// Whether these are seconds of this span, each one later than the one before it.
fn ascend(seconds: &VecDeque<(i64, Sums)>, span: std::ops::Range<i64>) -> bool {
    seconds.iter().map(|(second, _)| second).is_sorted_by(|a, b| a < b)
        && seconds.iter().all(|(second, _)| span.contains(second))
}

/// Seconds of the records' time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Time {
    /// That of the first record.
    start: i64,
    /// The highest.
    high: i64,
    /// All before this one are over.
    now: i64,
}

impl Window {
    /// Takes the next records.
    pub(super) fn add(&mut self, rule: &Rule, run: &Run, changed: &mut impl FnMut(Change)) {
        let Some(second) = run.second.or(self.current) else {
            self.untimed.add(run.sums);
            return;
        };
        self.current = Some(second);
        let time =
            self.time.get_or_insert(Time { start: second, high: second, now: second.saturating_sub(rule.lateness) });
        time.high = time.high.max(second);
        let over = time.high - rule.lateness;
        self.advance(rule, over, run.place, changed);
        let mut sums = std::mem::take(&mut self.untimed);
        sums.add(run.sums);
        if self.time.is_some_and(|time| second < time.now) {
            self.late += sums.records;
        } else if rule.test != Test::Absence || sums.hits > 0 {
            self.open.add(second, sums);
        }
    }

    /// The records' time is this second, going by the clock.
    pub(super) fn pass(&mut self, rule: &Rule, second: i64, changed: &mut impl FnMut(Change)) {
        self.advance(rule, second.saturating_sub(rule.lateness), Place::END, changed);
    }

    /// No more records come: all seconds are over.
    pub(super) fn finish(&mut self, rule: &Rule, changed: &mut impl FnMut(Change)) {
        if let Some(time) = self.time {
            self.advance(rule, time.high + 1, Place::END, changed);
        }
    }

    /// Makes an alert fire before any record has come.
    pub(super) const fn fire(&mut self) -> bool {
        !std::mem::replace(&mut self.is_firing, true)
    }

    /// The window from what was saved of it, if one of this rule can be like that.
    pub(super) fn restored(mut self, rule: &Rule) -> Option<Self> {
        let time = self.time.map(|Time { start, high, now }| [start, high, now]);
        let seconds = || self.open.0.iter().chain(&self.inside);
        let others = self.current.into_iter().chain(self.last_hit).chain(self.quiet);
        let is_near = |second: i64| (-FAR..=FAR).contains(&second);
        let are_near =
            time.into_iter().flatten().chain(others).chain(seconds().map(|(second, _)| *second)).all(is_near);
        let sums = || seconds().map(|(_, sums)| *sums).chain([self.untimed]);
        let records = saved::sum(sums().map(|sums| sums.records).chain([self.late]));
        if !are_near || records.is_none() || sums().any(|sums| sums.hits > sums.records) {
            return None;
        }
        let is_sound = match self.time {
            None => seconds().next().is_none() && self.quiet.is_none(),
            // So there are never more of them than seconds in these spans.
            Some(Time { high, now, .. }) => {
                now >= high.saturating_sub(rule.lateness)
                    && ascend(&self.open.0, now..high + 1)
                    && ascend(&self.inside, now - rule.within..now)
                    && (rule.test != Test::Absence || self.inside.len() <= 1)
            }
        };
        self.inside.iter().for_each(|(_, sums)| self.sums.add(*sums));
        is_sound.then_some(self)
    }

    /// Lets the time go on until all seconds before `to` are over.
    fn advance(&mut self, rule: &Rule, to: i64, place: Place, changed: &mut impl FnMut(Change)) {
        while let Some(next) = self.next_change(rule).filter(|&next| next <= to) {
            self.go(rule, next);
            if let Some(change) = self.evaluate(rule, next, place) {
                changed(change);
            }
        }
        if let Some(time) = &mut self.time {
            time.now = time.now.max(to);
        }
    }

    /// The next second at which the test may come out otherwise.
    fn next_change(&self, rule: &Rule) -> Option<i64> {
        let time = self.time?;
        let enters = self.open.first().map(|second| second + 1);
        let leaves = self.inside.front().map(|(second, _)| second + rule.within + 1);
        let absent = (rule.test == Test::Absence).then(|| time.start + rule.within).filter(|&second| second > time.now);
        let over = self.quiet.map(|quiet| quiet + rule.cool_down).filter(|&second| second > time.now);
        earlier(earlier(enters, leaves), earlier(absent, over))
    }

    /// Moves the window's end to `now`.
    fn go(&mut self, rule: &Rule, now: i64) {
        while let Some((second, sums)) = self.open.pop_before(now) {
            if sums.hits > 0 {
                self.last_hit = self.last_hit.max(Some(second));
            }
            if rule.test == Test::Absence {
                // Only the last hit matters. So the memory does not grow with the window, which may be of days.
                self.inside.clear();
                self.sums = Sums::default();
            }
            self.inside.push_back((second, sums));
            self.sums.add(sums);
        }
        while let Some(&(_, sums)) = self.inside.front().filter(|(second, _)| *second < now - rule.within) {
            self.sums.subtract(sums);
            self.inside.pop_front();
        }
        if let Some(time) = &mut self.time {
            time.now = now;
        }
    }

    /// The test, for the window that ends at `now`.
    fn evaluate(&mut self, rule: &Rule, now: i64, place: Place) -> Option<Change> {
        let Sums { records, hits } = self.sums;
        let holds = match rule.test {
            Test::Rate { at_least } => hits >= at_least,
            Test::Ratio { above, min_records } => records >= min_records.max(1) && hits as f64 / records as f64 > above,
            Test::Absence => {
                hits == 0 && (self.is_firing || self.time.is_some_and(|time| now >= time.start + rule.within))
            }
        };
        if holds {
            self.quiet = None;
        } else if self.is_firing {
            let quiet = *self.quiet.get_or_insert(now);
            if now - quiet < rule.cool_down {
                return None;
            }
            self.quiet = None;
        }
        let is_changed = holds != self.is_firing;
        self.is_firing = holds;
        let Self { sums, last_hit, late, .. } = *self;
        is_changed.then_some(Change { is_firing: holds, second: now, sums, last_hit, late, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::event_time::NANOS;
    use proptest::prelude::*;

    /// What a record is to a window.
    type Seen = (Option<i64>, bool);

    /// The rule, evaluated at every second for all that has been seen.
    fn model(rule: &Rule, records: &[Seen]) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut known: Vec<(i64, bool)> = Vec::new();
        let (mut high, mut now, mut current, mut start, mut late) = (i64::MIN, None, None, None, 0);
        let (mut is_firing, mut quiet) = (false, None);
        let first = records.iter().find_map(|(second, _)| *second);
        // Behind the last record, time goes on by one second.
        for number in 0..=records.len() {
            let place = records.get(number).map_or(Place::END, |_| place(number));
            let (over, record) = match records.get(number) {
                Some(&(second, hit)) => {
                    let Some(second) = second.or(current).or(first) else { return changes };
                    current = Some(second);
                    high = high.max(second);
                    (high - rule.lateness, Some((second, hit)))
                }
                None if first.is_none() => return changes,
                None => (high + 1, None),
            };
            let start = *start.get_or_insert(first.unwrap());
            let begin = *now.get_or_insert(over);
            for second in begin + 1..=over {
                let inside = known.iter().filter(|(of, _)| (second - rule.within..second).contains(of));
                let sums = inside.fold(Sums::default(), |sums, (_, hit)| Sums {
                    records: sums.records + 1,
                    hits: sums.hits + u64::from(*hit),
                });
                let holds = match rule.test {
                    Test::Rate { at_least } => sums.hits >= at_least,
                    Test::Ratio { above, min_records } => {
                        sums.records > 0
                            && sums.records >= min_records
                            && sums.hits as f64 / sums.records as f64 > above
                    }
                    Test::Absence => sums.hits == 0 && (is_firing || second - start >= rule.within),
                };
                quiet = if holds { None } else { quiet.or(Some(second)) };
                if holds != is_firing && (holds || second - quiet.unwrap() >= rule.cool_down) {
                    is_firing = holds;
                    let last_hit = known.iter().filter(|(of, hit)| *hit && *of < second).map(|(of, _)| *of).max();
                    changes.push(Change { is_firing, second, sums, last_hit, late, place });
                }
            }
            now = now.max(Some(over));
            match record {
                Some((second, _)) if Some(second) < now => late += 1,
                record => known.extend(record),
            }
        }
        changes
    }

    fn place(number: usize) -> Place {
        Place { input: 0, offset: number as u64 }
    }

    /// The rule over runs, cut where batches end.
    fn windowed(rule: &Rule, records: &[Seen], cuts: &[bool]) -> Vec<Change> {
        let mut window = Window::default();
        let mut changes = Vec::new();
        let mut run: Option<Run> = None;
        let mut current = None;
        for (number, &(second, hit)) in records.iter().enumerate() {
            if cuts.get(number) == Some(&true) {
                current = None;
                run.take().inspect(|run| window.add(rule, run, &mut |change| changes.push(change)));
            }
            let sums = Sums { records: 1, hits: u64::from(hit) };
            let of = second.or(current);
            current = of;
            match &mut run {
                Some(run) if run.second == of => run.sums.add(sums),
                run => {
                    let done = run.replace(Run { second: of, place: place(number), sums });
                    done.inspect(|run| window.add(rule, run, &mut |change| changes.push(change)));
                }
            }
        }
        run.inspect(|run| window.add(rule, run, &mut |change| changes.push(change)));
        window.finish(rule, &mut |change| changes.push(change));
        if rule.test == Test::Absence {
            // What it does not need, it does not keep.
            changes.iter_mut().for_each(|change| change.sums = Sums::default());
        }
        changes
    }

    fn rules() -> impl Strategy<Value = Rule> {
        let test = prop_oneof![
            (0_u64..5).prop_map(|at_least| Test::Rate { at_least: at_least + 1 }),
            (0.0..1.0, 0_u64..5).prop_map(|(above, min_records)| Test::Ratio { above, min_records }),
            Just(Test::Absence),
        ];
        (test, 1_i64..12, 0_i64..8, 0_i64..6).prop_map(|(test, within, cool_down, lateness)| Rule {
            test,
            within,
            cool_down,
            lateness,
        })
    }

    fn records() -> impl Strategy<Value = Vec<Seen>> {
        let step = prop_oneof![6 => 0_i64..2, 2 => -6_i64..6, 1 => 0_i64..40];
        prop::collection::vec((prop::option::weighted(0.9, step), prop::bool::weighted(0.4)), 0..80).prop_map(|steps| {
            let mut second = 1_000;
            let next = |(step, hit): (Option<i64>, bool)| {
                second += step.unwrap_or(0);
                (step.map(|_| second), hit)
            };
            steps.into_iter().map(next).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn windows_are_what_one_record_at_a_time_says(
            rule in rules(), records in records(), cuts in prop::collection::vec(prop::bool::weighted(0.2), 80),
        ) {
            let mut want = model(&rule, &records);
            if rule.test == Test::Absence {
                want.iter_mut().for_each(|change| change.sums = Sums::default());
            }
            prop_assert_eq!(windowed(&rule, &records, &cuts), want);
        }
    }

    /// From one end of time to the other and back, without a step for each second between.
    #[test]
    fn centuries_go_by_at_once() {
        let ends = [i64::MIN.div_euclid(NANOS), i64::MAX.div_euclid(NANOS)];
        for test in [Test::Rate { at_least: 1 }, Test::Ratio { above: 0.5, min_records: 1 }, Test::Absence] {
            let rule = Rule { test, within: 60, cool_down: 3, lateness: 3600 };
            let records: Vec<Seen> = ends.iter().cycle().take(9).map(|end| (Some(*end), true)).collect();
            let changes = windowed(&rule, &records, &[]);
            assert!(!changes.is_empty() && changes.len() <= 4, "{changes:?}");
        }
    }
}
