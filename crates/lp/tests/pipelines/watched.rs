//! Notes all that a run tells its observer, in order.

use lp::event::{Event, EventKind};
use lp::format::detect::Detected;
use lp::stage::Place;
use lp::{InputError, Observer};

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Told {
    Failed(String),
    Detected(String),
    Event { stage: String, kind: EventKind, place: Place, json: String },
}

/// What was told.
#[derive(Default)]
pub(crate) struct Watched(pub(crate) Vec<Told>);

impl Observer for Watched {
    fn input_failed(&mut self, error: &InputError) {
        self.0.push(Told::Failed(error.to_string()));
    }

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        self.0.push(Told::Detected(format!("{input}: {detected:?}")));
    }

    fn event(&mut self, stage: &str, event: &Event) {
        let json = String::from_utf8(event.to_json()).unwrap();
        self.0.push(Told::Event { stage: stage.to_owned(), kind: event.kind, place: event.place, json });
    }
}
