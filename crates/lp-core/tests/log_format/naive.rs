//! A parser for any `log_format` that goes over a line value by value, tries every place, and reads each value with a
//! regular expression.

use std::sync::LazyLock;

use lp_core::format::log_format::Escape;
use lp_core::{Severity, Timestamp};
use regex::bytes::Regex;

use super::times;

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    List,
    Request,
    Integer,
    Status,
    Decimal,
    Decimals,
    Clf,
    Iso,
    Msec,
}

/// A part of a format's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    Literal(String),
    Variable(&'static str, Kind),
}

/// A value of a record.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// A lone dash.
    Dash,
    /// Nothing: there is no such field, or no number in its place.
    Absent,
    Bytes(Vec<u8>),
    Number(Vec<u8>, u64),
}

impl Value {
    fn of(text: &[u8]) -> Self {
        if text == b"-" { Self::Dash } else { Self::Bytes(text.to_vec()) }
    }
}

/// What a line says.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Line {
    /// In the order of the schema, which ends with `extra`.
    pub(crate) fields: Vec<Value>,
    pub(crate) time: Option<(Timestamp, u8)>,
    pub(crate) severity: Option<Severity>,
    /// Whether a list ends within itself, so that the line may be rejected as well.
    pub(crate) has_broken_list: bool,
    /// The places of what has the shape of a time and is none, the first first.
    pub(crate) bad_times: Vec<usize>,
}

/// A value that says itself where it ends.
struct Closed {
    len: usize,
    value: Option<Value>,
    time: Option<times::Read>,
}

pub(crate) struct Naive<'f> {
    pieces: &'f [Piece],
    escape: Escape,
    shown_time: Option<usize>,
}

/// The numbers of a line that were read, as `(piece, start, end)`.
type Places = Vec<(usize, usize, usize)>;

impl<'f> Naive<'f> {
    pub(crate) fn new(pieces: &'f [Piece], escape: Escape) -> Self {
        let place = |wanted: &[Kind]| {
            pieces.iter().position(|piece| matches!(piece, Piece::Variable(_, kind) if wanted.contains(kind)))
        };
        // The most precise time, else the first.
        let shown_time = place(&[Kind::Msec]).or_else(|| place(&[Kind::Clf, Kind::Iso]));
        Self { pieces, escape, shown_time }
    }

    /// What the line says, if it fits.
    pub(crate) fn read(&self, line: &[u8]) -> Option<Line> {
        let (places, end) = self.places(line)?;
        Some(self.line(line, &places, end))
    }

    /// Where each value of the line stands, and where the last piece ends.
    fn places(&self, line: &[u8]) -> Option<(Places, usize)> {
        let mut places = Places::new();
        let (mut number, mut at) = self.closed(0, 0, line, &mut places)?;
        while number < self.pieces.len() {
            let end = self.end_of_open(number, at, line)?;
            places.push((number, at, end));
            (number, at) = self.closed(number + 1, end, line, &mut places)?;
        }
        Some((places, at))
    }

    /// Where the open value ends that begins at `at`: at the first place where everything fits that must follow up to the
    /// next open one. Where that is the end of the line, a place with nothing extra behind it counts before one with.
    fn end_of_open(&self, number: usize, at: usize, line: &[u8]) -> Option<usize> {
        let Some(Piece::Literal(literal)) = self.pieces.get(number + 1) else { return Some(line.len()) };
        if self.escape != Escape::None && literal.starts_with('"') {
            static ESCAPED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"(?s-u)\A(?:[^"\\]|\\.)*"#).unwrap());
            // A backslash at the end of the line has nothing behind it that it could escape.
            return Some(at + ESCAPED.find(&line[at..])?.end());
        }
        let Piece::Variable(_, kind) = self.pieces[number] else { panic!("not a variable") };
        let behind = |end: usize| self.closed(number + 1, end, line, &mut Places::new());
        let fits = |end: &usize| behind(*end).is_some();
        let ends = |end: &usize| behind(*end).is_some_and(|(next, to)| next < self.pieces.len() || to == line.len());
        let outside = |end: &usize| kind != Kind::List || !is_within_list(line, at, *end);
        let all = || (at..=line.len()).filter(outside);
        // A list that ends within itself: `10.0.0.1,`.
        all().find(ends).or_else(|| all().find(fits)).or_else(|| (at..=line.len()).find(fits))
    }

    /// Goes over literals and values that say themselves where they end, from piece `number` on. Returns the open value
    /// that follows and its place.
    fn closed(&self, number: usize, at: usize, line: &[u8], places: &mut Places) -> Option<(usize, usize)> {
        let mut at = at;
        for (number, piece) in self.pieces.iter().enumerate().skip(number) {
            match piece {
                Piece::Literal(literal) => {
                    if !line[at..].starts_with(literal.as_bytes()) {
                        return None;
                    }
                    at += literal.len();
                }
                Piece::Variable(_, Kind::Text | Kind::List | Kind::Request) => return Some((number, at)),
                Piece::Variable(_, kind) => {
                    let read = self.value(*kind, &line[at..])?;
                    places.push((number, at, at + read.len));
                    at += read.len;
                }
            }
        }
        // Behind a literal anything may follow, behind a number only another word.
        let is_closed = matches!(self.pieces.last(), Some(Piece::Literal(_)));
        (at == line.len() || is_closed || line[at] == b' ').then_some((self.pieces.len(), at))
    }

    fn value(&self, kind: Kind, rest: &[u8]) -> Option<Closed> {
        let shape = |pattern: &str| Regex::new(&format!(r"(?s-u)\A(?:{pattern})")).unwrap();
        static INTEGER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\A[0-9]+").unwrap());
        static STATUS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\A[0-9]{3}").unwrap());
        static DECIMAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)\A[0-9]+(?:\.[0-9]+)?").unwrap());
        static DECIMALS: LazyLock<Regex> = LazyLock::new(|| {
            Regex::new(r"(?-u)\A(?:[0-9]+(?:\.[0-9]+)?|-)(?:(?:, | : )(?:[0-9]+(?:\.[0-9]+)?|-))*").unwrap()
        });
        let found = match kind {
            Kind::Clf => return times::clf(rest).map(Closed::time),
            Kind::Iso => return times::iso(rest).map(Closed::time),
            Kind::Msec => return times::epoch(rest).map(Closed::time),
            Kind::Integer => INTEGER.find(rest).filter(|found| number(found.as_bytes()).is_some()),
            Kind::Status => STATUS.find(rest),
            Kind::Decimal => DECIMAL.find(rest),
            // A list has at most 64 items.
            Kind::Decimals => DECIMALS.find(rest).filter(|found| separators(found.as_bytes()) < 64),
            Kind::Text | Kind::List | Kind::Request => panic!("an open value"),
        };
        if let Some(found) = found {
            let text = found.as_bytes();
            let value = match kind {
                Kind::Integer | Kind::Status => Value::Number(text.to_vec(), number(text)?),
                _ => Value::of(text),
            };
            return Some(Closed { len: text.len(), value: Some(value), time: None });
        }
        if shape("-(?:[^0-9]|$)").is_match(rest) {
            return Some(Closed { len: 1, value: Some(Value::Dash), time: None });
        }
        let nothing = Closed { len: 0, value: Some(Value::Absent), time: None };
        (self.escape != Escape::Default).then_some(nothing)
    }

    fn line(&self, line: &[u8], places: &Places, end: usize) -> Line {
        let mut read = Line::default();
        for &(piece, start, end) in places {
            let Piece::Variable(_, kind) = self.pieces[piece] else { panic!("not a variable") };
            let text = &line[start..end];
            match kind {
                Kind::Text | Kind::List => {
                    read.has_broken_list |= kind == Kind::List && end < line.len() && is_within_list(line, start, end);
                    read.fields.push(Value::of(text));
                }
                Kind::Request => read.fields.extend(request(text)),
                _ => {
                    let closed = self.value(kind, &line[start..]).unwrap();
                    read.fields.extend(closed.value.clone());
                    if let (Kind::Status, Some(Value::Number(_, status))) = (kind, &closed.value) {
                        read.severity = Some(Severity::from_status(*status as u16));
                    }
                    match closed.time {
                        Some(time) if time.timestamp.is_none() => read.bad_times.push(start),
                        Some(time) if self.shown_time == Some(piece) => {
                            read.time = time.timestamp.map(|timestamp| (timestamp, time.fraction_digits));
                        }
                        _ => {}
                    }
                }
            }
        }
        let extra = line[end..].strip_prefix(b" ").unwrap_or(&line[end..]);
        read.fields.push(if extra.is_empty() { Value::Absent } else { Value::Bytes(extra.to_vec()) });
        read
    }
}

impl Closed {
    fn time(time: times::Read) -> Self {
        Self { len: time.len, value: None, time: Some(time) }
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).unwrap().parse().ok().filter(|number| *number < u64::MAX)
}

/// How many separators a list has.
fn separators(list: &[u8]) -> usize {
    list.split(|&byte| byte == b',' || byte == b':').count() - 1
}

/// Whether a list goes on at `end`: there is `, ` or a lone colon.
fn is_within_list(line: &[u8], start: usize, end: usize) -> bool {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?-u)(?:,|(?:\A| ):)\z").unwrap());
    line[end..].starts_with(b" : ") || line[end..].starts_with(b" ") && BEFORE.is_match(&line[start..end])
}

/// Method, path, protocol; and what is none of the shape.
fn request(text: &[u8]) -> [Value; 4] {
    static REQUEST: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s-u)\A([^ ]+) (.+) (HTTP/[^ ]*)\z").unwrap());
    let part = |text: &[u8]| Value::Bytes(text.to_vec());
    match REQUEST.captures(text) {
        Some(parts) => [part(&parts[1]), part(&parts[2]), part(&parts[3]), Value::Absent],
        None => [Value::Absent, Value::Absent, Value::Absent, Value::of(text)],
    }
}
