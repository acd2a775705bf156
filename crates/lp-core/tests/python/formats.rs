//! Format strings of `logging` in its three styles, and what a formatter writes with them.
//!
//! Texts between attributes have a sign in them that no value has before the message, so that a line can be read in one way
//! only; and no line but a record's first has one.

use lp_core::format::python::Style;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// An attribute and how it is filled up.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) pad: Option<Pad>,
    /// Only the first characters of a level are written.
    pub(crate) cut: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Pad {
    width: usize,
    align: char,
    fill: char,
}

/// A format string: literals and attributes in turn, beginning and ending with a literal.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    pub(crate) style: Style,
    pub(crate) date_format: Option<&'static str>,
    pub(crate) literals: Vec<&'static str>,
    pub(crate) attributes: Vec<Attribute>,
}

const NUMBERS: [&str; 4] = ["process", "thread", "lineno", "levelno"];

impl Format {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.name == name)
    }

    /// Whether a time stands before the message, so that any text may be a level.
    pub(crate) fn has_time_before_message(&self) -> bool {
        let before = self.attributes.iter().take_while(|attribute| attribute.name != "message");
        before.into_iter().any(|attribute| matches!(attribute.name, "asctime" | "created"))
    }

    pub(crate) fn date_is_whole(&self) -> bool {
        self.date_format.is_none_or(|format| format.contains("%Y"))
    }

    pub(crate) fn text(&self) -> String {
        let mut text = self.literal(self.literals[0]);
        for (attribute, literal) in self.attributes.iter().zip(&self.literals[1..]) {
            text.push_str(&self.attribute(attribute));
            text.push_str(&self.literal(literal));
        }
        text
    }

    fn literal(&self, literal: &str) -> String {
        match self.style {
            Style::Percent => literal.replace('%', "%%"),
            Style::Brace => literal.replace('{', "{{").replace('}', "}}"),
            Style::Dollar => literal.replace('$', "$$"),
        }
    }

    fn attribute(&self, Attribute { name, pad, cut }: &Attribute) -> String {
        let width = pad.map(|pad| pad.width.to_string()).unwrap_or_default();
        let cut = cut.map(|cut| format!(".{cut}")).unwrap_or_default();
        let kind = match *name {
            "created" | "relativeCreated" => "f",
            "msecs" => "03d",
            name if NUMBERS.contains(&name) => "d",
            _ => "s",
        };
        match self.style {
            Style::Percent => {
                let left = if pad.is_some_and(|pad| pad.align == '<') { "-" } else { "" };
                format!("%({name}){left}{width}{cut}{kind}")
            }
            // What is a float has to be told to be written as an integer.
            Style::Brace if *name == "msecs" => "{msecs:03.0f}".to_owned(),
            Style::Brace => {
                let align = pad.map(|pad| format!("{}{}", pad.fill, pad.align)).unwrap_or_default();
                format!("{{{name}:{align}{width}{cut}{kind}}}")
            }
            Style::Dollar => format!("${{{name}}}"),
        }
    }

    /// What a formatter makes of a record whose attributes have these texts.
    pub(crate) fn print(&self, value: impl Fn(&str) -> String) -> String {
        let mut line = self.literals[0].to_owned();
        for (attribute, literal) in self.attributes.iter().zip(&self.literals[1..]) {
            line.push_str(&attribute.print(&value(attribute.name)));
            line.push_str(literal);
        }
        line
    }
}

impl Attribute {
    /// The value without what it is filled up with.
    pub(crate) fn shown(&self, value: &str) -> String {
        value.chars().take(self.cut.unwrap_or(usize::MAX)).collect()
    }

    fn print(&self, value: &str) -> String {
        let value = self.shown(value);
        let Some(Pad { width, align, fill }) = self.pad else { return value };
        let missing = width.saturating_sub(value.chars().count());
        let before = match align {
            '<' => 0,
            '>' => missing,
            _ => missing / 2,
        };
        let fills = |count: usize| fill.to_string().repeat(count);
        fills(before) + &value + &fills(missing - before)
    }
}

pub(crate) fn format() -> impl Strategy<Value = Format> {
    const BETWEEN: [&str; 10] = ["; ", " # ", " [", "] ", "] [", "=", " {", "} ", "%;", " $# "];
    const BEFORE: [&str; 14] = [
        "name",
        "name",
        "levelno",
        "process",
        "processName",
        "thread",
        "threadName",
        "taskName",
        "module",
        "funcName",
        "filename",
        "lineno",
        "request_id",
        "relativeCreated",
    ];
    let style = select(vec![Style::Percent, Style::Brace, Style::Dollar]);
    let date =
        select(vec![None, None, None, Some("%d.%m.%Y %H:%M:%S"), Some("%Y-%m-%dT%H:%M:%S+0200"), Some("%H:%M:%S")]);
    let time = select(vec![&["asctime"][..], &["asctime"], &["asctime", "msecs"], &["created"], &[]]);
    let levels = prop_oneof![3 => Just(true), 1 => Just(false)];
    let attributes = (time, levels, subsequence(BEFORE.to_vec(), 0..5), any::<u64>());
    let behind = select(vec![&[][..], &[], &[], &["pathname"], &["exc_text", "pathname"]]);
    let pads = vec(
        (any::<bool>(), 1_usize..14, select(vec!['<', '>', '^']), select(vec![' ', ' ', '*', '.']), 3_usize..6),
        12,
    );
    (style, date, attributes, behind, pads, vec(select(BETWEEN.to_vec()), 14)).prop_map(
        |(style, date_format, (time, has_level, others, order), behind, pads, literals)| {
            let mut before: Vec<&str> = others;
            before.dedup();
            before.extend(has_level.then_some("levelname"));
            // A line must be told from the next one by more than a literal.
            let at = if before.is_empty() { 0 } else { order as usize % (before.len() + 1) };
            before.splice(at..at, time.iter().copied());
            if before.is_empty() {
                before.push("levelname");
            }
            let behind = behind.iter().filter(|name| **name != "exc_text");
            let names: Vec<&str> = before.iter().copied().chain(["message"]).chain(behind.copied()).collect();
            let pad = |name: &str, (is_padded, width, align, fill, cut): (bool, usize, char, char, usize)| {
                let can = !matches!(name, "message" | "asctime" | "created" | "msecs" | "relativeCreated");
                let plain = |pad: Pad| {
                    if style == Style::Percent {
                        Pad { fill: ' ', align: if pad.align == '^' { '>' } else { pad.align }, ..pad }
                    } else {
                        pad
                    }
                };
                let pad = (is_padded && can && style != Style::Dollar).then_some(plain(Pad { width, align, fill }));
                let cut = (name == "levelname" && cut == 4 && style != Style::Dollar).then_some(cut);
                (pad, cut)
            };
            let attributes: Vec<Attribute> = names
                .iter()
                .zip(pads)
                .map(|(name, spec)| {
                    let (pad, cut) = pad(name, spec);
                    Attribute { name, pad, cut }
                })
                .collect();
            let mut literals: Vec<&str> = literals.into_iter().take(attributes.len() + 1).collect();
            if attributes.last().is_some_and(|last| last.name == "message") {
                *literals.last_mut().unwrap() = "";
            }
            Format { style, date_format, literals, attributes }
        },
    )
}
