//! Figures, each beside its limit.

use std::io::{self, Write};

use bytesize::ByteSize;

/// What a measurement has come to.
#[derive(Default)]
pub(super) struct Figures(Vec<Figure>);

struct Figure {
    name: String,
    value: String,
    limit: Option<Limit>,
}

struct Limit {
    what: String,
    holds: bool,
}

impl Figures {
    /// A figure without a limit.
    pub(super) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(Figure { name: name.to_owned(), value: value.into(), limit: None });
    }

    /// A figure, what it must be, and whether it is.
    pub(super) fn add_limited(&mut self, name: &str, value: impl Into<String>, limit: impl Into<String>, holds: bool) {
        let limit = Some(Limit { what: limit.into(), holds });
        self.0.push(Figure { name: name.to_owned(), value: value.into(), limit });
    }

    /// Prints them; an error if one is beyond its limit.
    pub(super) fn print(&self) -> anyhow::Result<()> {
        let width = |of: fn(&Figure) -> &str| self.0.iter().map(|figure| of(figure).chars().count()).max().unwrap_or(0);
        let (names, values) = (width(|figure| &figure.name), width(|figure| &figure.value));
        let mut output = io::stdout().lock();
        for Figure { name, value, limit } in &self.0 {
            match limit {
                None => writeln!(output, "{name:names$}  {value}")?,
                Some(Limit { what, holds }) => {
                    let verdict = if *holds { "" } else { "  BEYOND" };
                    writeln!(output, "{name:names$}  {value:values$}  ({what}){verdict}")?;
                }
            }
        }
        let beyond = self.0.iter().filter(|figure| figure.limit.as_ref().is_some_and(|limit| !limit.holds)).count();
        anyhow::ensure!(beyond == 0, "{beyond} of the figures are beyond their limits");
        Ok(())
    }
}

/// A size in binary units, as memory is counted.
pub(super) fn memory(bytes: u64) -> String {
    ByteSize(bytes).display().iec().to_string()
}

/// A size in decimal units, as files and rates are counted.
pub(super) fn amount(bytes: u64) -> String {
    ByteSize(bytes).display().si().to_string()
}
