//! Statistics for people: sections of lines that fit a terminal, only those that have something to say.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use lp::excerpt::COLUMNS;
use lp::stats::{Breakdown, Bucket, Distribution, Ranking, Summary, Topic};
use lp::visible::{columns, visible};
use lp::{Reason, Severity, Timestamp};

use super::bars::{bar, draw};
use super::numbers::{bytes, duration, grouped, share, span};
use crate::shortened::shortened;
use crate::wrap::titled;

pub(crate) use super::bars::Glyphs;

const BOLD: Style = Style::new().bold();
const BAD: Style = AnsiColor::Red.on_default();
const POOR: Style = AnsiColor::Yellow.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

/// Columns of the titles that stand before words.
const TITLES: usize = 12;
/// Columns of a count.
const COUNT: usize = 15;
/// Columns of a bar.
const BAR: usize = 40;

/// What was read.
pub(crate) struct Heading<'a> {
    pub(crate) inputs: Vec<&'a str>,
    /// Those that were told from the records.
    pub(crate) formats: &'a [&'static str],
    /// After decompression.
    pub(crate) bytes: u64,
}

/// What a log says at a glance.
pub(crate) fn summary(heading: &Heading<'_>, summary: &Summary, glyphs: Glyphs) -> String {
    let mut out = String::new();
    if summary.records == 0 {
        out += &titled("records", TITLES, if heading.bytes == 0 { "none: there is nothing to read" } else { "none" });
        return out;
    }
    let mut sections = vec![head(heading, summary), severities(summary, glyphs), responses(summary, glyphs)];
    sections.push(over_time(summary, glyphs));
    sections.push(distributions(summary));
    sections.extend(summary.tops.iter().map(ranking));
    sections.retain(|section| !section.is_empty());
    out += &sections.join("\n");
    out
}

fn head(heading: &Heading<'_>, summary: &Summary) -> String {
    let mut out = String::new();
    let names: Vec<String> = heading.inputs.iter().map(|name| visible(name.as_bytes())).collect();
    let shown = match &names[..] {
        [one] => one.clone(),
        names if names.len() <= 3 => names.join(", "),
        [first, .., last] => format!("{} files, {first} to {last}", names.len()),
        [] => String::new(),
    };
    out += &titled("input", TITLES, &shown);
    if !heading.formats.is_empty() {
        out += &titled("format", TITLES, &heading.formats.join(", "));
    }
    out += &titled("bytes", TITLES, &format!("{} ({})", grouped(heading.bytes), bytes(heading.bytes as f64)));
    out += &titled("records", TITLES, &grouped(summary.records));
    if summary.rejected_total() > 0 {
        let rejected = summary.rejected_total();
        let reasons = Reason::ALL.iter().zip(summary.rejected).filter(|(_, count)| *count > 0);
        let reasons: Vec<String> =
            reasons.map(|(reason, count)| format!("{} {}", grouped(count), reason.name())).collect();
        let text =
            format!("{} ({}): {}", grouped(rejected), share(rejected, summary.records).trim(), reasons.join(", "));
        out += &titled("rejected", TITLES, &text);
    }
    if summary.truncated > 0 {
        out += &titled("truncated", TITLES, &grouped(summary.truncated));
    }
    if let Some((first, last)) = summary.times {
        let seconds = last.as_seconds().0.abs_diff(first.as_seconds().0);
        out += &titled("from", TITLES, &first.to_string());
        let mut to = format!("{last}, {}", span(seconds));
        if seconds > 0 {
            let rate = summary.records as f64 / seconds as f64;
            let _ = if rate < 10.0 { write!(to, ", {rate:.2}/s") } else { write!(to, ", {rate:.0}/s") };
        }
        out += &titled("to", TITLES, &to);
    }
    out
}

fn heading(text: &str) -> String {
    format!("{BOLD}{text}{BOLD:#}\n")
}

/// A line with a name, a count, its share and a bar.
fn line(name: &str, width: usize, count: u64, whole: u64, style: Style, glyphs: Glyphs) -> String {
    let bar = bar(count, whole, BAR.min(COLUMNS - width - COUNT - 12), glyphs);
    let gap = width.saturating_sub(columns(name));
    let line = format!("  {name}{:gap$}{:>COUNT$}  {}  {style}{bar}{style:#}", "", grouped(count), share(count, whole));
    format!("{}\n", line.trim_end())
}

fn severities(summary: &Summary, glyphs: Glyphs) -> String {
    if summary.severities.iter().all(|(severity, _)| severity.is_none()) {
        return String::new();
    }
    let mut out = heading("severity");
    for (severity, count) in &summary.severities {
        let name = severity.map_or("none", Severity::name);
        let style = match severity {
            Some(severity) if *severity >= Severity::ERROR => BAD,
            Some(severity) if *severity >= Severity::WARN => POOR,
            _ => Style::new(),
        };
        out += &line(name, 8, *count, summary.records, style, glyphs);
    }
    out
}

fn responses(summary: &Summary, glyphs: Glyphs) -> String {
    let mut out = String::new();
    let total = summary.statuses.iter().map(|(_, count)| count).sum::<u64>() + summary.other_statuses;
    if total > 0 {
        out += &heading("status");
        for class in 0..10 {
            let of_class = || summary.statuses.iter().filter(|(status, _)| status / 100 == class);
            let count: u64 = of_class().map(|(_, count)| count).sum();
            if count == 0 {
                continue;
            }
            let style = match class {
                2 => GOOD,
                4 => POOR,
                5.. => BAD,
                _ => Style::new(),
            };
            out += &line(&format!("{class}xx"), 8, count, total, style, glyphs);
        }
        let mut common: Vec<&(u16, u64)> = summary.statuses.iter().collect();
        common.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut statuses: Vec<String> =
            common.iter().take(12).map(|(status, count)| format!("{status:03}\u{A0}{}", grouped(*count))).collect();
        if summary.other_statuses > 0 {
            statuses.push(format!("other\u{A0}{}", grouped(summary.other_statuses)));
        }
        out += &words("  statuses", &statuses);
    }
    let mut methods: Vec<String> =
        summary.methods.iter().map(|(name, count)| format!("{name}\u{A0}{}", grouped(*count))).collect();
    if summary.other_methods > 0 {
        methods.push(format!("other\u{A0}{}", grouped(summary.other_methods)));
    }
    if !methods.is_empty() {
        out += &words("  methods", &methods);
    }
    out
}

/// A list; what must stay together has no-break spaces within.
fn words(title: &str, list: &[String]) -> String {
    titled(title, TITLES, &list.join(", ")).replace('\u{A0}', " ")
}

fn over_time(summary: &Summary, glyphs: Glyphs) -> String {
    // A single span says nothing of time.
    if summary.chart.buckets().len() < 2 {
        return String::new();
    }
    // A record without a status is no request, and may be an error where there is no 5xx.
    let (what, errors, count): (_, _, fn(&Bucket) -> u64) = match summary.chart.is_of_responses() {
        true => ("requests", "5xx", |bucket| bucket.server_errors),
        false => ("records", "errors", |bucket| bucket.errors),
    };
    let drawn = draw(&summary.chart, count, glyphs);
    let width = u64::try_from(drawn.chart.width()).unwrap_or_default();
    let mut out = heading(&format!("{what} per {}", span(width)));
    let axis = if glyphs == Glyphs::Ascii { '|' } else { '│' };
    for (number, row) in drawn.rows.iter().enumerate() {
        let label = if number == 0 { compact(drawn.most) } else { String::new() };
        let _ = writeln!(out, "  {label:>8} {axis}{row}");
    }
    if drawn.most_errors > 0 {
        let label = format!("{errors} {}", compact(drawn.most_errors));
        let _ = writeln!(out, "{label:>10} {axis}{BAD}{}{BAD:#}", drawn.errors);
    }
    let at = |second: i64| Timestamp::from_seconds(second).map_or_else(String::new, |time| time.to_string());
    let first = at(drawn.chart.start());
    let last = at(drawn.chart.start() + drawn.chart.width() * (drawn.chart.buckets().len() as i64 - 1));
    let gap = drawn.columns.saturating_sub(first.len() + last.len());
    // Where both do not fit under the chart, the first says when it begins.
    let last = if gap > 0 { last } else { String::new() };
    let _ = writeln!(out, "{}", format!("{:12}{first}{:gap$}{last}", "", "").trim_end());
    out
}

/// A count in at most six columns.
fn compact(number: u64) -> String {
    let units = ["", "k", "M", "G", "T", "P", "E"];
    let power = (0..units.len() - 1).find(|&power| (number as f64) < 999.5 * 1000_f64.powi(power as i32));
    let power = power.unwrap_or(units.len() - 1);
    match number as f64 / 1000_f64.powi(power as i32) {
        _ if power == 0 => number.to_string(),
        part if part < 9.95 => format!("{part:.1}{}", units[power]),
        part => format!("{part:.0}{}", units[power]),
    }
}

fn distributions(summary: &Summary) -> String {
    let mut rows = Vec::new();
    if let Some(sizes) = &summary.sizes {
        rows.push(("response size", sizes, numbers(sizes, bytes)));
    }
    for (name, times) in &summary.durations {
        rows.push((name, times, numbers(times, |number| duration(number, times.unit))));
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut out = heading("percentiles (to within 1%)");
    let _ = writeln!(out, "  {:<22}{:>11}{:>11}{:>11}{:>11}{:>12}", "", "p50", "p90", "p99", "max", "sum");
    for (name, _, [p50, p90, p99, max, sum]) in rows {
        let _ = writeln!(out, "  {name:<22}{p50:>11}{p90:>11}{p99:>11}{max:>11}{sum:>12}");
    }
    out
}

fn numbers(of: &Distribution, shown: impl Fn(f64) -> String) -> [String; 5] {
    [of.p50, of.p90, of.p99, of.max, of.sum].map(shown)
}

const fn title(topic: Topic) -> &'static str {
    match topic {
        Topic::Paths => "paths, without their queries",
        Topic::FailedPaths => "paths that failed (5xx)",
        Topic::Clients => "clients",
        Topic::UserAgents => "user agents",
        Topic::Loggers => "loggers",
        Topic::Messages => "messages",
        Topic::ErrorMessages => "messages of errors",
        _ => "texts",
    }
}

fn ranking(ranking: &Ranking) -> String {
    let different = match ranking.different {
        Some(number) => format!("{} different", grouped(number as u64)),
        None => "very many different; counts without a + are exact".to_owned(),
    };
    let mut out = heading(&format!("{}: {different}", title(ranking.topic)));
    for found in &ranking.texts {
        let mut text = found.text.clone();
        if found.is_cut {
            text.extend_from_slice("…".as_bytes());
        }
        out += &entry(&text, found.count, found.missed, ranking.records);
    }
    out
}

/// A line with a count, its share, and what it is of.
fn entry(text: &[u8], count: u64, missed: u64, whole: u64) -> String {
    let mut line = format!("{:>COUNT$}  {}  ", grouped(count), share(count, whole));
    if missed > 0 {
        let _ = write!(line, "(+ at most {})  ", grouped(missed));
    }
    line += &shortened(text, COLUMNS.saturating_sub(columns(&line)));
    format!("{}\n", line.trim_end())
}

/// Counts by fields.
pub(crate) fn breakdown(by: &[String], breakdown: &Breakdown, _glyphs: Glyphs) -> String {
    let mut out = heading(&titled("by", TITLES, &by.join(", ")).replace('\n', ""));
    out += &titled("records", TITLES, &grouped(breakdown.records));
    match breakdown.different {
        Some(different) if different > breakdown.groups.len() => {
            let text = format!("{}; the {} most frequent:", grouped(different as u64), breakdown.groups.len());
            out += &titled("different", TITLES, &text);
        }
        Some(_) => {}
        None => {
            out += &titled("different", TITLES, "very many; counts without a + are exact");
        }
    }
    for group in &breakdown.groups {
        let values = group.values.iter().map(|value| value.as_deref().unwrap_or(b"none"));
        let text = values.collect::<Vec<_>>().join(&b"  "[..]);
        out += &entry(&text, group.count, group.missed, breakdown.records);
    }
    out
}

#[cfg(test)]
mod tests;
