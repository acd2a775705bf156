//! Random stages, and random changes of what goes out.

use std::sync::Arc;
use std::time::Duration;

use lp::encode::{Preset, Redact};
use lp::redact::{KeyedHash, Mark, Pattern};
use lp::stage::{
    Alert, AlertKind, AlertSettings, Between, Count, CountSettings, Dedup, DedupSettings, Sample, SampleSettings,
    Stage, Where,
};
use lp::{Filter, Pipeline, Shape, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::logs::Kind;
use crate::restarting::Restarting;
use crate::words::{columns, condition, some_keys};

type Condition = Option<String>;
type Names = Vec<&'static str>;

/// A stage, as plain data.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Where(String),
    /// Seconds behind 10:30.
    Between(i64, i64),
    Count {
        by: Names,
        condition: Condition,
        every: Option<u64>,
        total: bool,
        max_keys: usize,
        lateness: u64,
    },
    Alert {
        kind: AlertKind,
        condition: Condition,
        cool_down: u64,
        lateness: u64,
    },
    Sample {
        rate: f64,
        by: Names,
        condition: Condition,
    },
    Dedup {
        by: Names,
        condition: Condition,
        within: u64,
        max_keys: usize,
    },
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn filter(kinds: &[Kind]) -> BoxedStrategy<Step> {
    let between = (-5_i64..30, 0_i64..200).prop_map(|(since, length)| Step::Between(since, since + length));
    prop_oneof![4 => condition(kinds).prop_map(Step::Where), 1 => between].boxed()
}

pub(crate) fn step(kinds: &[Kind]) -> BoxedStrategy<Step> {
    let condition = || option::of(condition(kinds));
    let max_keys = || prop_oneof![2 => 1_usize..4, 1 => Just(1000_usize)];
    let every = option::weighted(0.7, 1_u64..40);
    let count = (some_keys(kinds), condition(), every, any::<bool>(), max_keys(), 0_u64..8);
    let count = count.prop_map(|(by, condition, every, total, max_keys, lateness)| Step::Count {
        by,
        condition,
        every,
        total,
        max_keys,
        lateness,
    });
    let within = || (1_u64..30).prop_map(seconds);
    let kind = prop_oneof![
        Just(AlertKind::Each),
        (1_u64..5, within()).prop_map(|(at_least, within)| AlertKind::Rate { at_least, within }),
        (0.0..1.0, within(), 0_u64..4).prop_map(|(above, within, min_records)| AlertKind::Ratio {
            above,
            within,
            min_records
        }),
        (1_u64..60).prop_map(|lasting| AlertKind::Absence { lasting: seconds(lasting) }),
    ];
    let alert = (kind, condition(), 0_u64..12, 0_u64..8)
        .prop_map(|(kind, condition, cool_down, lateness)| Step::Alert { kind, condition, cool_down, lateness });
    let sample = (select(vec![0.0, 0.3, 0.7, 1.0]), some_keys(kinds), condition())
        .prop_map(|(rate, by, condition)| Step::Sample { rate, by, condition });
    let dedup = (some_keys(kinds), condition(), 1_u64..40, max_keys())
        .prop_map(|(by, condition, within, max_keys)| Step::Dedup { by, condition, within, max_keys });
    prop_oneof![2 => filter(kinds), 3 => count, 4 => alert, 1 => sample, 2 => dedup].boxed()
}

fn parsed(condition: Condition) -> Option<Filter> {
    condition.map(|text| Filter::parse(&text).unwrap())
}

/// 10:30 of the logs' day, and so many seconds.
pub(crate) fn moment(second: i64) -> Timestamp {
    Timestamp::from_seconds(1_762_425_000 + second).unwrap()
}

impl Step {
    /// The pipeline with this stage behind its others; one that goes on from what it has saved behind each batch, if it `restarts`.
    pub(crate) fn add(self, name: String, restarts: bool, pipeline: Pipeline) -> Pipeline {
        match self {
            Self::Where(text) => staged(pipeline, name, restarts, Where::new(Filter::parse(&text).unwrap())),
            Self::Between(since, until) => {
                staged(pipeline, name, restarts, Between { since: moment(since), until: moment(until) })
            }
            Self::Count { by, condition, every, total, max_keys, lateness } => {
                let settings = CountSettings {
                    condition: parsed(condition),
                    every: every.map(seconds),
                    total,
                    max_keys,
                    lateness: seconds(lateness),
                    ..CountSettings::by(name.clone(), by)
                };
                staged(pipeline, name, restarts, Count::new(settings).unwrap())
            }
            Self::Alert { kind, condition, cool_down, lateness } => {
                let settings = AlertSettings {
                    cool_down: seconds(cool_down),
                    lateness: seconds(lateness),
                    ..AlertSettings::new(name.clone(), parsed(condition), kind)
                };
                staged(pipeline, name, restarts, Alert::new(settings).unwrap())
            }
            Self::Sample { rate, by, condition } => {
                let by = by.into_iter().map(str::to_owned).collect();
                let settings = SampleSettings { rate, by, condition: parsed(condition) };
                staged(pipeline, name, restarts, Sample::new(settings).unwrap())
            }
            Self::Dedup { by, condition, within, max_keys } => {
                let by = by.into_iter().map(str::to_owned).collect();
                let name_of = name.clone();
                let settings =
                    DedupSettings { name, by, condition: parsed(condition), within: seconds(within), max_keys };
                let dedup = Dedup::new(settings).unwrap();
                if restarts {
                    pipeline.sequential_stage(name_of, Arc::new(Restarting(dedup)))
                } else {
                    pipeline.sequential_stage(name_of, Arc::new(dedup))
                }
            }
        }
    }
}

fn staged(pipeline: Pipeline, name: String, restarts: bool, stage: impl Stage) -> Pipeline {
    if restarts {
        pipeline.named_stage(name, Arc::new(Restarting(stage)))
    } else {
        pipeline.named_stage(name, Arc::new(stage))
    }
}

/// A change of what goes out, as plain data.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Select(Names),
    Rename(Names),
    Preset(Preset),
    Add,
    AddInput,
    AddIdentity,
    Redact(&'static str, How),
    RedactAll(How),
}

/// What stands in place of what is hidden.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    Mark,
    Pattern,
    Hash,
}

pub(crate) fn changes(kinds: &[Kind]) -> impl Strategy<Value = Vec<Change>> + use<> {
    let names = columns(kinds);
    let how = || select(vec![How::Mark, How::Pattern, How::Hash]);
    let change = prop_oneof![
        2 => subsequence(names.clone(), 1..5).prop_map(Change::Select),
        2 => subsequence(names.clone(), 1..3).prop_map(Change::Rename),
        1 => select(vec![Preset::Ecs, Preset::OpenTelemetry]).prop_map(Change::Preset),
        1 => Just(Change::Add),
        1 => Just(Change::AddInput),
        1 => Just(Change::AddIdentity),
        2 => (select(names), how()).prop_map(|(name, how)| Change::Redact(name, how)),
        1 => how().prop_map(Change::RedactAll),
    ];
    let changes = vec(change, 1..4).prop_map(|mut changes| {
        // A standard makes two columns of some, which cannot have one name again.
        if changes.iter().any(|change| matches!(change, Change::Preset(_))) {
            changes.retain(|change| !matches!(change, Change::Rename(_)));
        }
        changes
    });
    prop_oneof![1 => Just(Vec::new()), 1 => changes]
}

/// The changes one after the other. Names that they give are new ones, with this at their end.
pub(crate) fn shape(changes: &[Change], end: &str) -> Shape {
    changes.iter().enumerate().fold(Shape::new(), |shape, (number, change)| match change {
        Change::Select(names) => shape.select(names.iter().map(|name| ((*name).to_owned(), (*name).to_owned()))),
        Change::Rename(names) => {
            shape.rename(names.iter().map(|name| ((*name).to_owned(), format!("{name}_{number}{end}"))))
        }
        Change::Preset(preset) => shape.preset(*preset),
        Change::Add => shape.add(format!("added_{number}{end}"), "é \"x\""),
        Change::AddIdentity => shape.add_identity(format!("added_{number}{end}")),
        Change::AddInput => shape.add_input(format!("added_{number}{end}")),
        Change::Redact(name, how) => shape.redact(*name, how.redactor()),
        Change::RedactAll(how) => shape.redact_all(how.redactor()),
    })
}

impl How {
    fn redactor(self) -> Arc<dyn Redact> {
        match self {
            Self::Mark => Arc::new(Mark::default()),
            Self::Pattern => Arc::new(Pattern::new(regex::bytes::Regex::new("[0-9]{2}").unwrap(), Mark::new("<$0>"))),
            Self::Hash => Arc::new(KeyedHash::new(b"secret").unwrap()),
        }
    }
}
