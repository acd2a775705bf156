//! The stages of a configuration.

use std::ops::Range;
use std::sync::Arc;

use lp_core::encode::Redact;
use regex::bytes::Regex;

use super::parsed;
use crate::config::{self, Replacement, Select, Share, StageKind, Text};
use crate::filter::Filter;
use crate::pipeline::Pipeline;
use crate::redact::{KeyedHash, Mark, Pattern};
use crate::shape::Shape;
use crate::stage::{Alert, AlertSettings, Count, CountSettings, Dedup, DedupSettings, Sample, SampleSettings, Where};

/// Adds the stages. Those that change what goes out become the pipeline's shape.
pub(super) fn add(
    mut pipeline: Pipeline,
    stages: &[config::Stage],
    wrong: &mut dyn FnMut(Range<usize>, String),
) -> Pipeline {
    let mut shape = Shape::new();
    for stage in stages {
        let name = stage.name.as_str().to_owned();
        match &stage.kind {
            StageKind::Filter(condition) => {
                if let Some(condition) = parsed(condition, Filter::parse, wrong) {
                    pipeline = pipeline.named_stage(name, Arc::new(Where::new(condition)));
                }
            }
            StageKind::Sample(sample) => {
                let settings = SampleSettings {
                    by: sample.key.iter().map(|key| key.as_str().to_owned()).collect(),
                    condition: condition(sample.condition.as_ref(), wrong),
                    ..match sample.share {
                        Share::Rate(rate) => SampleSettings::rate(rate),
                        Share::OneIn(records) => SampleSettings::one_in(records),
                    }
                };
                match Sample::new(settings) {
                    Ok(sample) => pipeline = pipeline.named_stage(name, Arc::new(sample)),
                    Err(error) => wrong(stage.name.span(), error.to_string()),
                }
            }
            StageKind::Dedup(dedup) => {
                let settings = DedupSettings {
                    by: names(&dedup.by),
                    max_keys: dedup.max_keys,
                    ..DedupSettings::within(name.clone(), dedup.window)
                };
                match Dedup::new(settings) {
                    Ok(dedup) => pipeline = pipeline.sequential_stage(name, Arc::new(dedup)),
                    Err(error) => wrong(stage.name.span(), error.to_string()),
                }
            }
            StageKind::Count(count) => {
                let settings = CountSettings {
                    condition: condition(count.condition.as_ref(), wrong),
                    every: count.every,
                    total: count.total,
                    max_keys: count.max_keys,
                    lateness: count.lateness,
                    ..CountSettings::by(name.clone(), names(&count.by))
                };
                match Count::new(settings) {
                    Ok(count) => pipeline = pipeline.named_stage(name, Arc::new(count)),
                    Err(error) => wrong(stage.name.span(), error.to_string()),
                }
            }
            StageKind::Alert(alert) => {
                let condition = condition(Some(&alert.condition), wrong);
                let settings = AlertSettings {
                    cool_down: alert.cooldown,
                    lateness: alert.lateness,
                    ..AlertSettings::new(name.clone(), condition, alert.kind)
                };
                match Alert::new(settings) {
                    Ok(alert) => pipeline = pipeline.named_stage(name, Arc::new(alert)),
                    Err(error) => wrong(stage.name.span(), error.to_string()),
                }
            }
            StageKind::Redact(redact) => {
                if let Some(redactor) = redactor(redact, wrong) {
                    shape = if redact.fields.is_empty() {
                        shape.redact_all(redactor)
                    } else {
                        redact
                            .fields
                            .iter()
                            .fold(shape, |shape, field| shape.redact(field.as_str(), Arc::clone(&redactor)))
                    };
                }
            }
            StageKind::Add(add) => {
                for (name, value) in &add.fields {
                    shape = shape.add(name.as_str(), value.as_str());
                }
                if let Some(name) = &add.input {
                    shape = shape.add_input(name.as_str());
                }
                if let Some(name) = &add.identity {
                    shape = shape.add_identity(name.as_str());
                }
            }
            StageKind::Select(Select::Preset(preset)) => {
                shape = shape.preset(*preset);
            }
            StageKind::Select(Select::Fields { fields, rename }) => {
                let renamed = |name: &str| {
                    let to = rename.iter().find(|(from, _)| from.as_str() == name);
                    to.map_or_else(|| name.to_owned(), |(_, to)| to.as_str().to_owned())
                };
                shape = if fields.is_empty() {
                    shape.rename(rename.iter().map(|(from, to)| (from.as_str().to_owned(), to.as_str().to_owned())))
                } else {
                    shape.select(fields.iter().map(|field| (field.as_str().to_owned(), renamed(field.as_str()))))
                };
            }
        }
    }
    pipeline.shape(shape)
}

fn names(names: &[Text]) -> Vec<String> {
    names.iter().map(|name| name.as_str().to_owned()).collect()
}

fn condition(text: Option<&Text>, wrong: &mut dyn FnMut(Range<usize>, String)) -> Option<Filter> {
    parsed(text?, Filter::parse, wrong)
}

fn redactor(redact: &config::Redact, wrong: &mut dyn FnMut(Range<usize>, String)) -> Option<Arc<dyn Redact>> {
    let pattern = match &redact.pattern {
        Some(pattern) => Some(parsed(pattern, Regex::new, wrong)?),
        None => None,
    };
    Some(match (&redact.replacement, pattern) {
        (Replacement::Mark(mark), Some(pattern)) => Arc::new(Pattern::new(pattern, Mark::new(mark))),
        (Replacement::Mark(mark), None) => Arc::new(Mark::new(mark)),
        (Replacement::Hash(Some(key)), pattern) => {
            // The configuration has refused an empty key.
            let hash = KeyedHash::new(key.as_bytes()).ok()?;
            match pattern {
                Some(pattern) => Arc::new(Pattern::new(pattern, hash)),
                None => Arc::new(hash),
            }
        }
        // It is not known here, where nothing is written.
        (Replacement::Hash(None), _) => Arc::new(Mark::default()),
    })
}
