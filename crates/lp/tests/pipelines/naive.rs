//! What conditions must come to, each record of a log parsed in one go and asked by itself.

use lp::encode::{Encoder, Encoding, JsonEncoder, Output};
use lp::{Batch, Filter, Names, OnError, Predicate, Record, Schema};

use crate::logs::Log;
use crate::outlets::Way;
use crate::steps::{Step, moment};

/// What is written to each outlet, and how many records each stage leaves out.
#[derive(PartialEq, Debug)]
pub(crate) struct Filtered {
    pub(crate) outputs: Vec<String>,
    pub(crate) filtered: Vec<u64>,
    pub(crate) dropped: u64,
}

enum Keep {
    If(Predicate),
    Between(lp::Timestamp, lp::Timestamp),
}

impl Keep {
    fn keeps(&self, record: &Record<'_>) -> bool {
        match self {
            Self::If(predicate) => predicate.matches(record),
            Self::Between(since, until) => record.timestamp().is_some_and(|time| (since..=until).contains(&&time)),
        }
    }
}

fn predicate(condition: &str, names: &Names) -> Predicate {
    Filter::parse(condition).unwrap().bind(names).unwrap()
}

/// Filters over logs whose formats are given, and outlets of JSON or raw text.
pub(crate) fn filter(logs: &[Log], steps: &[Step], ways: &[Way], on_error: OnError) -> Filtered {
    let formats: Vec<_> = logs.iter().map(|log| log.kind.format().unwrap()).collect();
    let schemas: Vec<&Schema> = formats.iter().map(|format| format.schema()).collect();
    let mut outputs: Vec<Output> = ways.iter().map(|_| Output::new()).collect();
    let (mut filtered, mut dropped) = (vec![0; steps.len()], 0);
    for (log, format) in logs.iter().zip(&formats) {
        let names = Names::of(format.schema());
        let names =
            schemas.iter().fold(names, |names, schema| if schemas.len() > 1 { names.also(schema) } else { names });
        let keep: Vec<Keep> = steps
            .iter()
            .map(|step| match step {
                Step::Where(condition) => Keep::If(predicate(condition, &names)),
                Step::Between(since, until) => Keep::Between(moment(*since), moment(*until)),
                other => panic!("{other:?} is no filter"),
            })
            .collect();
        let takes: Vec<Option<Predicate>> =
            ways.iter().map(|way| way.condition.as_ref().map(|condition| predicate(condition, &names))).collect();
        let json = JsonEncoder::new(format.schema());
        let mut batch = Batch::new();
        assert_eq!(format.parse(&log.bytes, &mut batch), log.bytes.len());
        for record in batch.records(&log.bytes) {
            if on_error == OnError::Drop && record.error().is_some() {
                dropped += 1;
                continue;
            }
            if let Some(stage) = keep.iter().position(|keep| !keep.keeps(&record)) {
                filtered[stage] += 1;
                continue;
            }
            for ((way, takes), output) in ways.iter().zip(&takes).zip(&mut outputs) {
                if !takes.as_ref().is_none_or(|predicate| predicate.matches(&record)) {
                    continue;
                }
                output.extend(way.prefix.as_bytes());
                if way.encoding == Encoding::Json {
                    Encoder::encode(&json, &batch, &log.bytes, &[record.number() as u32], output);
                } else {
                    output.extend(record.raw());
                    output.extend(b"\n");
                }
            }
        }
    }
    let outputs = outputs.iter().map(|output| output.as_bytes().escape_ascii().to_string()).collect();
    Filtered { outputs, filtered, dropped }
}
