//! The tests that a configuration brings along: lines, and what must come out of them.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Assembly, InputsError};
use crate::config::{self, Config, Replacement, StageKind};
use crate::error::RunError;
use crate::event::EventKind;
use crate::outlet::{Outlet, Takes, Which};
use crate::sink::Writer;

/// What came of a test.
#[derive(Debug)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What is not as it should be; none where the test passes.
    pub differences: Vec<Difference>,
}

/// Something that is not what a test expects.
#[derive(Debug)]
pub struct Difference {
    /// What it is: the output of a sink, the alerts, the number of records, the run.
    pub what: String,
    /// What should be.
    pub expected: String,
    /// What is.
    pub actual: String,
}

/// Why the tests of a configuration cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestsError {
    /// What comes out depends on the environment, which is not known.
    #[error("its tests are not run: {what}")]
    Unknown {
        /// What is not known.
        what: String,
    },
    /// The format of a source cannot be read from nginx's configuration.
    #[error(transparent)]
    Inputs(#[from] InputsError),
}

/// What is not known here of a configuration, if what comes out depends on it. `text` is what it was read from.
pub(super) fn unknown(config: &Config, text: &str) -> Option<String> {
    if let Some(place) = config.decisive.first() {
        let written = text.get(place.clone()).unwrap_or_default();
        return Some(format!("{written} has no value here; `${{NAME:-default}}` has one"));
    }
    let has_unknown_key = |stage: &&config::Stage| match &stage.kind {
        StageKind::Redact(redact) => matches!(redact.replacement, Replacement::Hash(None)),
        _ => false,
    };
    config.stages.iter().find(has_unknown_key).map(|stage| format!("the key of {} is not read here", stage.name))
}

impl Assembly {
    /// Runs the tests of the configuration. Nothing is read but their lines, and nothing is written.
    ///
    /// # Errors
    ///
    /// If there are tests, and it is not known what should be tested.
    pub fn run_tests(&self) -> Result<Vec<Outcome>, TestsError> {
        if let (Some(what), false) = (&self.unknown, self.tests.is_empty()) {
            return Err(TestsError::Unknown { what: what.clone() });
        }
        (0..self.tests.len()).map(|number| self.run_test(number)).collect()
    }

    fn run_test(&self, number: usize) -> Result<Outcome, TestsError> {
        let test = &self.tests[number];
        let mut differences = Vec::new();
        let inputs = self.inputs_with(test.source.as_str(), test.input.as_str())?;
        let outputs: Vec<Captured> = self.sinks.iter().map(|_| Captured::default()).collect();
        let alerts = Captured::default();
        let mut outlets: Vec<Outlet<'_>> = self
            .sinks
            .iter()
            .zip(&outputs)
            .map(|(sink, output)| sink.outlet(Writer::new(sink.name.clone(), output.clone())))
            .collect();
        // Whatever other outlets take, too.
        let all = Outlet::new("alerts", Writer::new("alerts", alerts.clone()));
        outlets.push(all.takes(Takes::Events(Which::Kind(EventKind::Alert))));
        match self.pipeline.run_to(inputs, outlets, &mut ()) {
            Ok(report) => {
                let total = report.total();
                let records = total.written + total.untaken;
                if let Some(expected) = test.records.filter(|expected| *expected != records) {
                    differences.push(Difference {
                        what: "records".to_owned(),
                        expected: expected.to_string(),
                        actual: records.to_string(),
                    });
                }
            }
            Err(RunError { cause, .. }) => differences.push(Difference {
                what: "the run".to_owned(),
                expected: "to its end".to_owned(),
                actual: cause.to_string(),
            }),
        }
        for (name, expected) in &test.outputs {
            let sink = self.sinks.iter().position(|sink| sink.name == name.as_str());
            let actual = sink.map(|sink| outputs[sink].text()).unwrap_or_default();
            compare(format!("output of {}", name.as_str()), expected.as_str(), &actual, &mut differences);
        }
        if let Some(expected) = &test.alerts {
            compare("alerts".to_owned(), expected.as_str(), &alerts.text(), &mut differences);
        }
        Ok(Outcome { name: test.name.as_str().to_owned(), differences })
    }
}

/// Compares texts line by line; white space around the whole does not count.
fn compare(what: String, expected: &str, actual: &str, differences: &mut Vec<Difference>) {
    let (expected, actual) = (expected.trim(), actual.trim());
    if !expected.lines().eq(actual.lines()) {
        differences.push(Difference { what, expected: expected.to_owned(), actual: actual.to_owned() });
    }
}

/// What was written.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
