//! From the text of a `log_format` to a template.

use std::ops::Range;

use super::Escape;
use super::variables::{Kind as Variable, shown_name};
use crate::format::access::Access;
use crate::format::template::{Parts, RequestFields, Template, Time, Value, number_cell};
use crate::format::{PatternError, PatternErrorKind};
use crate::schema::{Field, FieldDef, Kind, Schema};

/// A part of the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    /// A variable's name, and where it stands with its sign.
    Variable(&'a str, Range<usize>),
}

/// The text in its parts, as nginx's `ngx_http_log_compile_format` takes it apart: `$name` or `${name}`, where a name has
/// ASCII letters, digits and underscores.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, PatternError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let Some(named) = rest.strip_prefix('$') else {
            let len = rest.find('$').unwrap_or(rest.len());
            pieces.push(Piece::Literal(&rest[..len]));
            at += len;
            continue;
        };
        let (name, len) = if let Some(inside) = named.strip_prefix('{') {
            let Some(len) = inside.find('}') else {
                return Err(PatternError::new(PatternErrorKind::Unclosed('{'), at + 1..at + 2));
            };
            (&inside[..len], len + 3)
        } else {
            let len = named.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            (&named[..len], len + 1)
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(PatternError::new(PatternErrorKind::NoName, at..at + len));
        }
        let place = at..at + len;
        if let Some(Piece::Variable(before, _)) = pieces.last() {
            let (before, after) = (format!("${before}"), format!("${name}"));
            return Err(PatternError::new(PatternErrorKind::Touching { before, after }, place));
        }
        pieces.push(Piece::Variable(name, place));
        at += len;
    }
    if !pieces.iter().any(|piece| matches!(piece, Piece::Variable(..))) {
        return Err(PatternError::new(PatternErrorKind::NoVariable, 0..text.len()));
    }
    if let Some(at) = text.find('\n') {
        return Err(PatternError::new(PatternErrorKind::LineFeed, at..at + 1));
    }
    Ok(pieces)
}

/// The text of `combined`, which begins with that of `common`.
const COMBINED: [&str; 16] = [
    "$remote_addr",
    " - ",
    "$remote_user",
    " [",
    "$time_local",
    "] \"",
    "$request",
    "\" ",
    "$status",
    " ",
    "$body_bytes_sent",
    " \"",
    "$http_referer",
    "\" \"",
    "$http_user_agent",
    "\"",
];
/// How many pieces of it are `common`.
const COMMON: usize = 11;

/// The parser that is made for this text, if there is one.
pub(super) fn builtin(pieces: &[Piece<'_>]) -> Option<Access> {
    let same = COMBINED.iter().zip(pieces).all(|(&text, piece)| match piece {
        Piece::Literal(literal) => *literal == text,
        Piece::Variable(name, _) => text.strip_prefix('$') == Some(name),
    });
    match pieces.len() {
        COMMON if same => Some(Access::common()),
        len if same && len == COMBINED.len() => Some(Access::combined()),
        _ => None,
    }
}

/// The template and the fields of a text.
pub(super) fn template(text: &str, pieces: &[Piece<'_>], escape: Escape) -> Result<(Template, Schema), PatternError> {
    let schema = schema(text, pieces, escape)?;
    let mut compiler = Compiler { schema: &schema, escape, next: 0, shown_time: shown_time(pieces) };
    let mut parts = Parts::new();
    for (number, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Literal(literal) => parts.push_literal(literal),
            Piece::Variable(name, _) => {
                parts.push(compiler.value(number, Variable::of(name), Variable::may_be_empty(name)), None);
            }
        }
    }
    let Parts { before, parts } = parts;
    let ends_open = parts.last().is_some_and(|part| {
        part.literal.is_empty() && matches!(part.value, Value::Text(_) | Value::List(_) | Value::Request(_))
    });
    let extra = if ends_open { None } else { schema.field("extra") };
    let template = Template {
        before,
        parts: parts.into(),
        quotes_are_escaped: escape != Escape::None,
        dash_is_nothing: true,
        extra,
    };
    Ok((template, schema))
}

/// The piece of the time that is shown: the most precise one, the first of several.
fn shown_time(pieces: &[Piece<'_>]) -> Option<usize> {
    let times = || {
        pieces.iter().enumerate().filter_map(|(number, piece)| match piece {
            Piece::Variable(name, _) => Some((number, Variable::of(name))).filter(|(_, kind)| kind.is_time()),
            Piece::Literal(_) => None,
        })
    };
    let precise = times().find(|&(_, kind)| kind == Variable::Msec);
    precise.or_else(|| times().next()).map(|(number, _)| number)
}

/// The fields, in the order of the text.
fn schema(text: &str, pieces: &[Piece<'_>], escape: Escape) -> Result<Schema, PatternError> {
    let mut fields: Vec<FieldDef> = Vec::new();
    let text_kind = match escape {
        Escape::Default => Kind::Text,
        Escape::Json => Kind::JsonText,
        Escape::None => Kind::Verbatim,
    };
    let mut add = |name: &str, kind: Kind, optional: bool| {
        // A name that is taken gets a number behind it.
        let is_taken = |name: &str| {
            Schema::RESERVED.contains(&name) || name == "extra" || fields.iter().any(|field| field.name() == name)
        };
        let mut unique = name.to_owned();
        let mut number = 2;
        while is_taken(&unique) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        let field = FieldDef::named(unique, kind);
        fields.push(if optional { field.into_optional() } else { field });
    };
    for piece in pieces {
        let Piece::Variable(variable, _) = piece else { continue };
        let name = shown_name(variable);
        match Variable::of(variable) {
            Variable::Text | Variable::List => add(name, text_kind, false),
            Variable::Integer | Variable::Status => add(name, Kind::Integer, false),
            Variable::Decimal | Variable::Decimals | Variable::Claimed => add(name, Kind::Decimal, false),
            Variable::Request => {
                for part in ["method", "path", "protocol"] {
                    add(part, text_kind, false);
                }
                add("request", text_kind, true);
            }
            Variable::TimeLocal | Variable::TimeIso | Variable::Msec => {}
        }
    }
    fields.push(FieldDef::optional("extra", Kind::Verbatim));
    Schema::new(fields).map_err(|_| PatternError::new(PatternErrorKind::TooManyFields, 0..text.len()))
}

struct Compiler<'s> {
    schema: &'s Schema,
    escape: Escape,
    /// The field of the next variable.
    next: u16,
    shown_time: Option<usize>,
}

impl Compiler<'_> {
    fn value(&mut self, number: usize, variable: Variable, may_be_empty: bool) -> Value {
        let shown = self.shown_time == Some(number);
        // Without escaping, and in JSON's, a variable without a value is logged as nothing.
        let empty = may_be_empty || self.escape != Escape::Default;
        let time = |time| Value::Time { time, shown, text: None };
        match variable {
            Variable::TimeLocal => return time(Time::Clf),
            Variable::TimeIso => return time(Time::Iso),
            Variable::Msec => return time(Time::Epoch),
            _ => {}
        }
        let field = self.field();
        match variable {
            Variable::List => Value::List(field),
            Variable::Request => Value::Request(RequestFields {
                method: field,
                path: self.field(),
                protocol: self.field(),
                request: self.field(),
            }),
            Variable::Integer => Value::Integer { field, number: number_cell(self.schema, field), empty },
            Variable::Status => Value::Status { field, number: number_cell(self.schema, field), empty },
            Variable::Decimal => Value::Decimal { field, empty },
            Variable::Decimals => Value::Decimals { field, empty },
            _ => Value::Text(field),
        }
    }

    fn field(&mut self) -> Field {
        self.next += 1;
        Field::new(self.next - 1)
    }
}
