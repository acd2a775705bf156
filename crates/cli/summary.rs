//! What a run did, for people.

use std::fmt;
use std::time::Duration;

use bytesize::ByteSize;
use lp::format::detect::{Detected, Known};
use lp::{Ledger, Reason, Report};

/// A line about the format that was told from an input's first records.
pub(crate) struct DetectedFormat<'a> {
    pub(crate) input: &'a str,
    pub(crate) detected: &'a Detected,
}

impl fmt::Display for DetectedFormat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |known| match known {
            Known::Python(number) => lp::format::python::Python::usual_text(number).map(|text| format!(" '{text}'")),
            _ => None,
        };
        write!(f, "format     {}: ", self.input)?;
        let Some(first) = self.detected.first else {
            return write!(f, "none is recognised; read as {} (see lp formats)", self.detected.fallback.name());
        };
        write!(f, "{}{}", first.name(), text(first).unwrap_or_default())?;
        match self.detected.second {
            Some(second) => write!(f, ", and {} in between", second.name()),
            None => Ok(()),
        }
    }
}

/// A few lines about a run.
pub(crate) struct Summary<'a> {
    pub(crate) report: &'a Report,
    pub(crate) time: Duration,
}

impl Summary<'_> {
    /// What became of the records in stages and outlets, where there is more than one thing to say of it.
    fn pipeline(&self, total: &Ledger, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { stages, outlets, .. } = self.report;
        for (stage, &count) in stages.iter().zip(&total.filtered) {
            if count > 0 {
                writeln!(f, "filtered   {count:>14}  {}", stage.name)?;
            }
        }
        if total.untaken > 0 {
            writeln!(f, "untaken    {:>14}  no output wants them", total.untaken)?;
        }
        if !stages.is_empty() || outlets.len() > 1 {
            writeln!(f, "written    {:>14}", total.written)?;
        }
        if outlets.len() > 1 {
            for outlet in outlets {
                writeln!(f, "           {:>14}  {}", outlet.records, outlet.name)?;
            }
        }
        for stage in stages.iter().filter(|stage| stage.events > 0) {
            writeln!(f, "events     {:>14}  {}", stage.events, stage.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.report.total();
        writeln!(f, "lines      {:>14}", total.records)?;
        writeln!(f, "records    {:>14}", total.records - total.rejected_total())?;
        writeln!(f, "rejected   {:>14}", total.rejected_total())?;
        for reason in Reason::ALL {
            let count = total.rejected[reason as usize];
            if count > 0 {
                writeln!(f, "           {count:>14}  {}", reason.name())?;
            }
        }
        if total.truncated > 0 {
            writeln!(f, "truncated  {:>14}", total.truncated)?;
        }
        if total.dropped > 0 {
            writeln!(f, "dropped    {:>14}", total.dropped)?;
        }
        self.pipeline(&total, f)?;
        let seconds = self.time.as_secs_f64();
        let rate = if seconds > 0.0 { total.bytes_read as f64 / seconds } else { 0.0 };
        writeln!(f, "bytes      {:>14}", total.bytes_read)?;
        write!(f, "time       {:>12.3} s  {}/s", seconds, ByteSize(rate as u64).display().si())?;
        if !self.report.failures.is_empty() {
            write!(f, "\nunreadable {:>14}", self.report.failures.len())?;
        }
        Ok(())
    }
}
