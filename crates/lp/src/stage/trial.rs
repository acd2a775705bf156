//! Stages tried on texts, cut into batches anywhere.

use std::sync::Arc;

use lp_core::encode::{Encoder, JsonEncoder};
use lp_core::{Batch, Format};

use crate::event::Events;
use crate::stage::{AnyStage, Binding, Place, Selected, Sequential, Stage, erased};

/// What came of it: the events as JSON, each with the line number of the record that caused it (`None` for the end), and the
/// lines that were kept.
pub(super) type Outcome = (Vec<(Option<usize>, String)>, Vec<String>);

/// A stage on the lines of a text; `cuts` says behind which lines a batch ends.
pub(super) fn run(stage: impl Stage, format: &dyn Format, text: &str, cuts: &[bool]) -> Outcome {
    run_any(&AnyStage::Parallel(Arc::new(stage)), format, text, cuts)
}

/// As [`run`], for a stage that sees everything in order.
pub(super) fn run_in_order(stage: impl Sequential, format: &dyn Format, text: &str, cuts: &[bool]) -> Outcome {
    run_any(&AnyStage::Sequential(Arc::new(stage)), format, text, cuts)
}

fn run_any(stage: &AnyStage, format: &dyn Format, text: &str, cuts: &[bool]) -> Outcome {
    let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
    let bound = stage.bind(&Binding::new("test", format.schema(), &[], &json)).unwrap().bound;
    let mut state = stage.new_state();
    let mut batch = Batch::new();
    let (mut events, mut kept) = (Events::default(), Vec::new());
    let (mut told, mut start, mut end) = (Vec::new(), 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        end += line.len();
        if end < text.len() && cuts.get(number) != Some(&true) {
            continue;
        }
        let input = &text.as_bytes()[start..end];
        format.parse(input, &mut batch);
        let mut numbers = (0..u32::try_from(batch.len()).unwrap()).collect();
        let origin = Place { input: 0, offset: start as u64 };
        let mut records = Selected::new(&batch, input, format.schema(), origin, &mut numbers);
        match stage {
            AnyStage::Parallel(parallel) => {
                let part = erased::Parallel::map(&**parallel, &bound, &mut records).unwrap();
                stage.fold(&mut state, part, &mut events);
            }
            AnyStage::Sequential(in_order) => in_order.run(&bound, &mut state, &mut records, &mut events),
        }
        kept.extend(records.iter().map(|record| String::from_utf8_lossy(record.raw()).into_owned()));
        told.extend(events.take());
        start = end;
    }
    stage.finish(state, &mut events);
    told.extend(events.take());
    let line = |place: Place| {
        let before = text.get(..usize::try_from(place.offset).ok()?)?;
        Some(before.matches('\n').count())
    };
    let told = told.into_iter().map(|(_, event)| {
        let mut json = Vec::new();
        event.write_json(&mut json);
        (line(event.place), String::from_utf8(json).unwrap())
    });
    (told.collect(), kept)
}
