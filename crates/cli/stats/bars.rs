//! Bars, and charts made of them.

use lp::stats::{Bucket, Chart};

/// What bars are drawn with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Glyphs {
    /// Blocks in eighths.
    Unicode,
    /// `#`.
    Ascii,
}

/// Rows of a chart.
const ROWS: usize = 6;
/// Columns of a chart.
const WIDTH: usize = 66;

/// A bar for a part of a whole, at most so many columns long; nothing only for nothing.
pub(super) fn bar(part: u64, whole: u64, columns: usize, glyphs: Glyphs) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    if part == 0 || whole == 0 {
        return String::new();
    }
    let eighths = (part as f64 / whole as f64 * 8.0 * columns as f64).round().max(1.0) as usize;
    match glyphs {
        Glyphs::Unicode => "█".repeat(eighths / 8) + EIGHTHS[eighths % 8],
        Glyphs::Ascii => "#".repeat((eighths / 8).max(1)),
    }
}

/// The rows of a chart, from the top, each with what its top stands for; and those of one that is a single row high.
pub(super) struct Drawn {
    pub(super) rows: Vec<String>,
    /// The most in a column.
    pub(super) most: u64,
    pub(super) errors: String,
    /// The most errors in a column.
    pub(super) most_errors: u64,
    /// The columns that are used.
    pub(super) columns: usize,
    /// What was drawn.
    pub(super) chart: Chart,
}

/// Draws records over time, and those of them that are errors.
pub(super) fn draw(chart: &Chart, errors: fn(&Bucket) -> u64, glyphs: Glyphs) -> Drawn {
    let chart = chart.coarsened(WIDTH);
    // A bucket has as many columns as there is room for.
    let wide = (WIDTH / chart.buckets().len().max(1)).clamp(1, 6);
    let most = chart.buckets().iter().map(|bucket| bucket.records).max().unwrap_or(0);
    let most_errors = chart.buckets().iter().map(errors).max().unwrap_or(0);
    let row = |row: usize, rows: usize, most: u64, count: fn(&Bucket) -> u64| {
        let cells = chart.buckets().iter().map(|bucket| cell(count(bucket), most, row, rows, glyphs).repeat(wide));
        cells.collect::<String>().trim_end().to_owned()
    };
    Drawn {
        rows: (0..ROWS).map(|number| row(ROWS - 1 - number, ROWS, most, |bucket| bucket.records)).collect(),
        most,
        errors: row(0, 1, most_errors, errors),
        most_errors,
        columns: wide * chart.buckets().len(),
        chart,
    }
}

/// What a column shows in a row, counted from the bottom.
fn cell(count: u64, most: u64, row: usize, rows: usize, glyphs: Glyphs) -> &'static str {
    const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    if count == 0 || most == 0 {
        return " ";
    }
    let eighths = (count as f64 / most as f64 * (8 * rows) as f64).round().max(1.0) as usize;
    let here = eighths.saturating_sub(8 * row).min(8);
    match glyphs {
        Glyphs::Unicode => EIGHTHS[here],
        Glyphs::Ascii if here > 4 || (row == 0 && here > 0) => "#",
        Glyphs::Ascii => " ",
    }
}
