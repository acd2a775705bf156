//! What the subcommands that read files have in common: the inputs, and the pipeline up to the records that are meant.

use std::path::Path;
use std::sync::Arc;

use lp::stage::Where;
use lp::{Input, Pipeline};

use crate::args::{LimitArgs, RecordArgs};
use crate::format::{Choice, FormatArgs};
use crate::wrong_flag::WrongFlag;

/// The file of this path; `-` is the standard input.
pub(crate) fn input(path: &Path) -> Input {
    if path == Path::new("-") { Input::stdin() } else { Input::path(path) }
}

/// A pipeline that reads as the flags say, and takes the records that they mean. Stages are named for their flags, so that
/// what does not fit the records is told by its flag.
pub(crate) fn pipeline(format: &FormatArgs, limits: &LimitArgs, records: &RecordArgs) -> Result<Pipeline, WrongFlag> {
    let pipeline = match format.choice()? {
        Choice::Given(format) => Pipeline::shared(format),
        Choice::Detect(among, settings) => Pipeline::detecting(among, settings),
    };
    let limits = limits.limits();
    let mut pipeline = pipeline.max_record(limits.record()).max_lines(limits.lines());
    if let Some(between) = records.between(&format.settings()?.zone)? {
        pipeline = pipeline.named_stage("--since, --until", Arc::new(between));
    }
    if let Some(condition) = records.condition()? {
        pipeline = pipeline.named_stage("--where", Arc::new(Where::new(condition)));
    }
    Ok(pipeline)
}
