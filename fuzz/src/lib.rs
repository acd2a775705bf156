//! What the fuzz targets share: how an input is read, how it is changed, and what lp must make of it.
//!
//! An input is a few bytes of settings and then log text (see [`split`]), so that a seed is a log file with zeros in
//! front, and a finding can be read. [`mutate`] knows what a log line is made of; [`naive`] says what must come out.

pub mod choices;
pub mod lines;
pub mod mutate;
pub mod naive;
pub mod peak;
pub mod place;
pub mod reader;
pub mod whole;

use choices::Choices;

/// The settings in the first `N` bytes of an input, and the text behind them.
///
/// Zeros are the ordinary settings; an input too short to have any has no text.
#[must_use]
pub fn split<const N: usize>(data: &[u8]) -> (Choices<'_>, &[u8]) {
    let (settings, text) = data.split_at(N.min(data.len()));
    (Choices::new(settings), text)
}
