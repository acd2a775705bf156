//! Notes what a run tells.

use lp::Observer;
use lp::event::Event;

/// The events that no outlet took, as texts.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Vec<String>);

impl Observer for Told {
    fn event(&mut self, stage: &str, event: &Event) {
        let mut json = Vec::new();
        event.write_json(&mut json);
        self.0.push(format!("{stage} {}", String::from_utf8(json).unwrap()));
    }
}
