//! Random outlets.

use lp::encode::{Encoding, Template};
use lp::event::EventKind;
use lp::sink::Sink;
use lp::{Filter, Outlet, Takes, Which};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::logs::Kind;
use crate::steps::{Change, changes, shape};
use crate::words::{columns, condition};

/// An outlet without a sink.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) takes: Takes,
    pub(crate) condition: Option<String>,
    pub(crate) encoding: Encoding,
    pub(crate) changes: Vec<Change>,
    pub(crate) prefix: &'static str,
}

impl Way {
    pub(crate) fn takes_records(&self) -> bool {
        self.takes == Takes::Records
    }

    /// Whether it takes an event of this kind from this stage.
    pub(crate) fn takes_event(&self, stage: &str, kind: EventKind) -> bool {
        match &self.takes {
            Takes::Records => false,
            Takes::Events(Which::Kind(wanted)) => *wanted == kind,
            Takes::Events(Which::Stages(names)) => names.iter().any(|name| name == stage),
        }
    }

    pub(crate) fn outlet<'s>(&self, number: usize, sink: impl Sink + 's) -> Outlet<'s> {
        let outlet = Outlet::new(format!("outlet {number}"), sink)
            .takes(self.takes.clone())
            .encoding(self.encoding.clone())
            .shape(shape(&self.changes, "_of_outlet"))
            .prefix(self.prefix);
        match &self.condition {
            Some(condition) => outlet.condition(Filter::parse(condition).unwrap()),
            None => outlet,
        }
    }
}

fn prefix() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "LP: "])
}

/// An outlet of records. Tables have chosen columns, since those of several formats differ.
pub(crate) fn records(kinds: &[Kind]) -> BoxedStrategy<Way> {
    let names = columns(kinds);
    let chosen = subsequence(names.clone(), 1..5);
    let template = Template::parse("{timestamp} {severity} <{message}> {{}}").unwrap();
    let open = select(vec![Encoding::Json, Encoding::Json, Encoding::Text, Encoding::Logfmt]);
    let ways = prop_oneof![
        3 => (open, changes(kinds)),
        1 => Just((Encoding::Raw, Vec::new())),
        1 => Just((Encoding::Template(template), Vec::new())),
        2 => (select(vec![Encoding::Csv, Encoding::Tsv]), chosen.prop_map(|names| vec![Change::Select(names)])),
    ];
    let way = (option::of(condition(kinds)), ways, prefix());
    way.prop_map(|(condition, (encoding, changes), prefix)| Way {
        takes: Takes::Records,
        condition,
        encoding,
        changes,
        prefix,
    })
    .boxed()
}

/// An outlet of the events of a pipeline with so many stages.
pub(crate) fn events(stages: usize) -> BoxedStrategy<Way> {
    let names: Vec<String> = (0..stages).map(|number| format!("stage {number}")).collect();
    let takes = prop_oneof![
        1 => Just(Which::Kind(EventKind::Alert)),
        1 => Just(Which::Kind(EventKind::Count)),
        2 => subsequence(names, 1..=stages).prop_map(Which::Stages),
    ];
    let template = Template::parse("{alert}|{count}|{state}|{INFO}|{other}|{details}").unwrap();
    let encoding = select(vec![Encoding::Json, Encoding::Json, Encoding::Template(template)]);
    (takes, encoding, prefix())
        .prop_map(|(which, encoding, prefix)| Way {
            takes: Takes::Events(which),
            condition: None,
            encoding,
            changes: Vec::new(),
            prefix,
        })
        .boxed()
}
