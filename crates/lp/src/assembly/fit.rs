//! Whether stages and sinks fit the formats of the sources, as far as these are known before anything is read.

use std::io;
use std::ops::Range;

use super::Assembly;
use crate::config::{Config, Select, StageKind, Text};
use crate::error::{Cause, Refused, RunError};
use crate::sink::Writer;

impl Assembly {
    /// What a run would be refused for before it reads anything: where it stands in the configuration, and why.
    pub(super) fn misfit(&self, config: &Config) -> Option<(Range<usize>, String)> {
        // What depends on something that is not known here may fit where it is.
        if self.unknown.is_some() || !self.sources.iter().all(super::inputs::Source::is_known) {
            return None;
        }
        let inputs = self.inputs_with("", "").ok()?;
        let outlets = self.sinks.iter().map(|sink| sink.outlet(Writer::new(sink.name.clone(), io::sink())));
        match self.pipeline.clone().threads(1).run_to(inputs, outlets.collect(), &mut ()) {
            Err(RunError { cause: Cause::Refused(Refused { name, error, .. }), .. }) => {
                Some((place(config, &name, &error.text), error.why))
            }
            _ => None,
        }
    }
}

/// Where the stage or sink stands that was refused for a text of it. What changes the columns has no name in a run.
fn place(config: &Config, name: &str, text: &str) -> Range<usize> {
    let names = config.stages.iter().map(|stage| &stage.name).chain(config.sinks.iter().map(|sink| &sink.name));
    let named = names.into_iter().find(|known| known.as_str() == name);
    let changes = config.stages.iter().filter_map(|stage| changed(&stage.kind).map(|texts| (&stage.name, texts)));
    let mut changes: Vec<(&Text, Vec<&Text>)> = changes.collect();
    // The last one is what did not fit what was there.
    changes.reverse();
    let exact = changes.iter().flat_map(|(_, texts)| texts).find(|known| known.as_str() == text);
    let place = named.or(exact.copied()).or(changes.first().map(|(name, _)| *name));
    place.map_or(0..0, Text::span)
}

/// The names in a stage that changes the columns.
fn changed(stage: &StageKind) -> Option<Vec<&Text>> {
    match stage {
        StageKind::Add(add) => {
            let names = add.fields.iter().map(|(name, _)| name);
            Some(names.chain(&add.input).chain(&add.identity).collect())
        }
        StageKind::Redact(redact) => Some(redact.fields.iter().collect()),
        StageKind::Select(Select::Fields { fields, rename }) => {
            Some(fields.iter().chain(rename.iter().flat_map(|(from, to)| [from, to])).collect())
        }
        StageKind::Select(Select::Preset(_)) => Some(Vec::new()),
        _ => None,
    }
}
