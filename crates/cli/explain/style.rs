//! The colours of an explanation. Where they are not wanted, the stream that it is written to takes them away.

use anstyle::{AnsiColor, Style};

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const WRONG: Style = AnsiColor::Red.on_default().bold();

/// Colours that can be told from their neighbours on dark and on light.
const FIELDS: [Style; 5] = [
    AnsiColor::Cyan.on_default(),
    AnsiColor::Green.on_default(),
    AnsiColor::Magenta.on_default(),
    AnsiColor::Yellow.on_default(),
    AnsiColor::Blue.on_default(),
];

/// The colour of the field of that number.
pub(super) const fn of(number: usize) -> Style {
    FIELDS[number % FIELDS.len()]
}
