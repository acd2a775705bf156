//! How many records of which severity come in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lp::event::Events;
use lp::stage::{BindError, Binding, Selected, Stage};
use lp::{Report, Severity};

/// What the stage is called, among those of a configuration, which cannot have such a name.
pub(crate) const STAGE: &str = "(severities)";

/// Severities, and none.
const KINDS: usize = 25;

/// Counts that are shared by the runs of a process, so that they never go down.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeverityCounts(Arc<[AtomicU64; KINDS]>);

impl SeverityCounts {
    /// The severities by name, with how many records had them: the six that have names of their own always, others once they
    /// have been there; and `none`.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.0.iter().zip(0_u8..).filter_map(|(count, number)| {
            let count = count.load(Ordering::Relaxed);
            let name = Severity::from_number(number).map_or("none", Severity::name);
            (count > 0 || number % 4 == 1 || number == 0).then_some((name, count))
        })
    }

    /// The stage that counts.
    pub(crate) fn stage(&self) -> CountSeverities {
        CountSeverities(self.clone())
    }
}

/// A stage that leaves no record out and counts severities.
pub(crate) struct CountSeverities(SeverityCounts);

impl Stage for CountSeverities {
    type Bound = ();
    /// By number; that of none is 0.
    type Partial = [u32; KINDS];
    type State = ();

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn map(&self, (): &(), records: &mut Selected<'_>) -> [u32; KINDS] {
        let mut counts = [0; KINDS];
        for record in records.iter() {
            let number = record.severity().map_or(0, Severity::number);
            if let Some(count) = counts.get_mut(usize::from(number)) {
                *count += 1;
            }
        }
        counts
    }

    /// Here and not in `map`: what is folded has been written, or will be.
    fn fold(&self, (): &mut (), part: [u32; KINDS], _out: &mut Events) {
        for (sum, count) in self.0.0.iter().zip(part) {
            sum.fetch_add(u64::from(count), Ordering::Relaxed);
        }
    }

    fn save(&self, (): &()) -> Option<Vec<u8>> {
        Some(Vec::new())
    }

    fn restore(&self, _saved: &[u8]) -> Option<()> {
        Some(())
    }
}

/// What the stages of the configuration have done, without this one. It is the first, and leaves nothing out.
pub(crate) fn take_from(mut report: Report) -> Report {
    if report.stages.first().is_some_and(|stage| stage.name == STAGE) {
        report.stages.remove(0);
        for (_, ledger) in &mut report.inputs {
            ledger.filtered = ledger.filtered.split_off(ledger.filtered.len().min(1));
        }
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;
    use lp::{Access, Input, Pipeline};

    #[test]
    fn severities_are_counted_over_several_runs() {
        let line =
            |status| format!("192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" {status} 5 \"-\" \"x\"\n");
        let log = format!("{}{}{}what\n", line(200).repeat(5), line(404).repeat(3), line(500));
        let counts = SeverityCounts::default();
        for threads in [1, 3] {
            let pipeline = Pipeline::new(Access::combined()).chunk_size(300).threads(threads).stage(counts.stage());
            let input = Input::reader("log", std::io::Cursor::new(log.clone()));
            let mut out = Vec::new();
            let report = pipeline.run([input], &mut out, &mut ()).unwrap();
            assert_eq!((report.total().written, report.total().filtered_total()), (10, 0));
        }
        let expected = [("none", 2), ("TRACE", 0), ("DEBUG", 0), ("INFO", 10), ("WARN", 6), ("ERROR", 2), ("FATAL", 0)];
        assert_eq!(counts.list().collect::<Vec<_>>(), expected);
    }
}
