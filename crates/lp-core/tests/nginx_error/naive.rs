//! A reader of single records that is slow and obviously right, by regular expressions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use lp_core::format::nginx_error as fields;
use lp_core::{Field, Reason, Severity, Slot, Timestamp};
use regex::bytes::Regex;

/// What a record says.
#[derive(PartialEq, Debug, Default)]
pub(crate) struct Naive {
    pub(crate) timestamp: Option<Timestamp>,
    pub(crate) severity: Option<Severity>,
    pub(crate) error: Option<(Reason, Slot, usize)>,
    pub(crate) fields: BTreeMap<Field, Range<usize>>,
    pub(crate) numbers: BTreeMap<Field, u64>,
}

fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?s-u){pattern}")).unwrap()
}

const LEVELS: &str = "debug|info|notice|warn|error|crit|alert|emerg";

static START: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(r"^[0-9]{{4}}/[0-9]{{2}}/[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}} \[({LEVELS})\] "))
});

/// Whether a line is the first of a record.
pub(crate) fn starts(line: &[u8]) -> bool {
    START.is_match(line)
}

/// Reads a record of which `text` was kept; its first line had `first_line` bytes before it was cut.
pub(crate) fn read(text: &[u8], first_line: usize) -> Naive {
    let mut naive = Naive::default();
    let line = &text[..first_line.min(text.len())];
    if let Err(error) = naive.front(text, line, line.len() < first_line) {
        naive.error = naive.error.or(Some(error));
    }
    naive
}

type Error = (Reason, Slot, usize);

impl Naive {
    fn front(&mut self, text: &[u8], line: &[u8], cut: bool) -> Result<(), Error> {
        if line.is_empty() {
            return Err((Reason::EmptyLine, Slot::Timestamp, 0));
        }
        let time = regex(r"^([0-9]{4})/([0-9]{2})/([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2})");
        let time = time.captures(line).ok_or((Reason::InvalidTime, Slot::Timestamp, 0))?;
        let part = |group| std::str::from_utf8(&time[group]).unwrap().parse::<i16>().unwrap();
        let small = |group| part(group) as i8;
        let minute = jiff::civil::DateTime::new(part(1), small(2), small(3), small(4), small(5), 0, 0);
        match minute.ok().filter(|_| part(6) <= 60) {
            None => self.error = Some((Reason::InvalidTime, Slot::Timestamp, 0)),
            Some(minute) => {
                let minute = minute.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs();
                self.timestamp = Timestamp::from_seconds(minute + i64::from(part(6)));
                if self.timestamp.is_none() {
                    self.error = Some((Reason::TimeOutOfRange, Slot::Timestamp, 0));
                }
            }
        }

        let mut at = 19;
        let step = |at: usize, pattern: &str, field| match regex(&format!("^(?:{pattern})")).find(&line[at..]) {
            Some(found) => Ok(at + found.end()),
            None if at == line.len() => Err((Reason::Missing, Slot::Field(field), at)),
            None => Err((Reason::UnexpectedByte, Slot::Field(field), at)),
        };
        at = step(at, " ", fields::LEVEL)?;
        at = step(at, r"\[", fields::LEVEL)?;
        let level = at;
        at = step(at, &format!(r"({LEVELS})\]"), fields::LEVEL)?;
        let word = &line[level..at - 1];
        self.fields.insert(fields::LEVEL, level..at - 1);
        let severities = [
            (b"debug" as &[u8], 5),
            (b"info", 9),
            (b"notice", 10),
            (b"warn", 13),
            (b"error", 17),
            (b"crit", 18),
            (b"alert", 19),
            (b"emerg", 21),
        ];
        self.severity = severities.iter().find(|(name, _)| *name == word).and_then(|(_, n)| Severity::from_number(*n));

        at = step(at, " ", fields::PID)?;
        for (field, behind, next) in [(fields::PID, "#", fields::TID), (fields::TID, ":", fields::MESSAGE)] {
            let end = step(at, "[0-9]+", field)?;
            self.number(line, cut, field, at..end)?;
            at = step(end, behind, next)?;
        }
        at = step(at, " ", fields::MESSAGE)?;
        if let Some(found) = regex(r"^\*[0-9]+").find(&line[at..]) {
            let end = at + found.end();
            if line.get(end) == Some(&b' ') || (cut && end == line.len()) {
                self.number(line, cut, fields::CONNECTION, at + 1..end)?;
                at = end + 1;
            }
        }
        let message_end = if word == b"debug" { None } else { self.context(text, at) };
        self.fields.insert(fields::MESSAGE, at..message_end.unwrap_or(text.len()));
        Ok(())
    }

    fn number(&mut self, line: &[u8], cut: bool, field: Field, digits: Range<usize>) -> Result<(), Error> {
        if cut && digits.end == line.len() {
            return Err((Reason::InvalidNumber, Slot::Field(field), digits.start));
        }
        match std::str::from_utf8(&line[digits.clone()]).unwrap().parse::<u64>() {
            Ok(number) if number < u64::MAX => {
                self.numbers.insert(field, number);
                self.fields.insert(field, digits);
            }
            _ => {
                self.error.get_or_insert((Reason::NumberTooLarge, Slot::Field(field), digits.start));
            }
        }
        Ok(())
    }

    /// Reads the context of a message that begins at `message`; returns where the message ends.
    fn context(&mut self, text: &[u8], message: usize) -> Option<usize> {
        static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
            regex(concat!(
                r"^, (udp )?client: [^\x00-\x20,]+",
                // A name without quotes and without a comma that a space follows.
                r#", server: ([^",]|,+[^", ])*,*"#,
                r#"($|, (request|subrequest|upstream|host|referrer): ".*"$)"#
            ))
        });
        static ANY: LazyLock<Regex> = LazyLock::new(|| regex(r"^, (udp )?client: ([^\x00-\x20,]+)"));

        // The ends of the lines by where the lines start; a message's first line starts with the message.
        let mut lines = Vec::new();
        let mut start = message;
        for line in text[message..].split_inclusive(|&byte| byte == b'\n') {
            let content = match line.strip_suffix(b"\n") {
                Some(content) => content.strip_suffix(b"\r").unwrap_or(content),
                None => line,
            };
            lines.push(start..start + content.len());
            start += line.len();
        }
        let places = || lines.iter().flat_map(|line| line.clone().map(move |at| (at, line.end)));
        let last = |regex: &Regex| places().rfind(|&(at, end)| text[at] == b',' && regex.is_match(&text[at..end]));
        let (context, end) = last(&WHOLE).or_else(|| last(&ANY))?;

        let client = ANY.captures(&text[context..end]).unwrap().get(2).unwrap().range();
        let mut at = context + client.end;
        self.fields.insert(fields::CLIENT, context + client.start..at);
        if text[at..end].starts_with(b", server: ") {
            let start = at + b", server: ".len();
            at = (start..end).find(|&at| text[at..end].starts_with(b", ")).unwrap_or(end);
            self.fields.insert(fields::SERVER, start..at);
        }
        for (name, field) in [
            ("request", fields::REQUEST),
            ("subrequest", fields::SUBREQUEST),
            ("upstream", fields::UPSTREAM),
            ("host", fields::HOST),
            ("referrer", fields::REFERRER),
        ] {
            let key = format!(", {name}: \"");
            if text[at..end].starts_with(key.as_bytes()) {
                let value = at + key.len();
                let close = closing_quote(&text[value..end], name == "request");
                self.fields.insert(field, value..close.map_or(end, |close| value + close));
                at = close.map_or(end, |close| value + close + 1);
            }
        }
        let separator = regex("^(\r\n|\n|, | )?").find(&text[at..]).unwrap().end();
        if at + separator < text.len() {
            self.fields.insert(fields::EXTRA, at + separator..text.len());
        }
        Some(context)
    }
}

/// Where the value ends that a text begins with.
fn closing_quote(text: &[u8], is_request: bool) -> Option<usize> {
    static CLOSES: LazyLock<Regex> = LazyLock::new(|| regex(r#"^"($|, [a-z_]+: "|, bytes from/to client:)"#));
    static PROTOCOL: LazyLock<Regex> = LazyLock::new(|| regex(r" HTTP/[0-9]\.[0-9]$"));
    let quotes: Vec<usize> = (0..text.len()).filter(|&at| text[at] == b'"').collect();
    let closing: Vec<usize> = quotes.iter().copied().filter(|&at| CLOSES.is_match(&text[at..])).collect();
    let with_protocol = closing.iter().copied().find(|&at| is_request && PROTOCOL.is_match(&text[..at]));
    with_protocol.or(closing.first().copied()).or(quotes.first().copied())
}
