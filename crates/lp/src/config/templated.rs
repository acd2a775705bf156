//! The names that a template for events may have.

use std::collections::BTreeSet;

use super::sink::SinkInput;
use super::source::Source;
use super::stage::{Count, Stage, StageKind};

/// The names that have a meaning in a template for the events that a sink takes: those of their members, and the values
/// that are counted. `None` if any may have one.
pub(super) fn names(input: &SinkInput, stages: &[Stage], sources: &[Source]) -> Option<BTreeSet<&'static str>> {
    // What is hidden is counted as something else.
    let hides = stages.iter().any(|stage| matches!(stage.kind, StageKind::Redact(_)));
    let mut names = BTreeSet::new();
    for Stage { kind, .. } in stages.iter().filter(|stage| takes(input, stage)) {
        names.extend(kind.members());
        if let StageKind::Count(Count { by, .. }) = kind
            && let [field] = by.as_slice()
        {
            if hides || !field.is_known() || sources.is_empty() {
                return None;
            }
            for source in sources {
                names.extend(source.values(field.as_str())?);
            }
        }
    }
    (!names.is_empty()).then_some(names)
}

fn takes(input: &SinkInput, stage: &Stage) -> bool {
    match input {
        SinkInput::Records => false,
        SinkInput::Alerts => matches!(stage.kind, StageKind::Alert(_)),
        SinkInput::Counts => matches!(stage.kind, StageKind::Count(_)),
        SinkInput::Stages(names) => names.iter().any(|name| name.as_str() == stage.name.as_str()),
    }
}
