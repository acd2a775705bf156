//! An expression whose names are found and whose types are checked, and its value for a record.

use jiff::tz::TimeZone;
use lp_core::Record;
use lp_core::format::json;
use regex::bytes::Regex;

use super::arithmetic;
use super::ast::Operator;
use super::function::{Function, TimePart};
use super::source::Source;
use super::value::{Failed, Value};

#[derive(Clone, Debug)]
pub(super) enum Term {
    Constant(Value<'static>),
    /// It has no value, whatever the record.
    Failed,
    Name(Source),
    /// A member of an object; null where there is none.
    Select(Box<Term>, String),
    /// An element of an array, from 0; null where there is none.
    Element(Box<Term>, usize),
    Has(Box<Term>),
    List(Vec<Term>),
    Not(Box<Term>),
    Negate(Box<Term>),
    Binary(Operator, Box<Term>, Box<Term>),
    All(Vec<Term>),
    Any(Vec<Term>),
    If(Box<[Term; 3]>),
    Call(Function, Vec<Term>),
    Matches(Box<Term>, Regex),
    TimePart(TimePart, Box<Term>, TimeZone),
}

impl Term {
    /// The value, if it needs no record.
    pub(super) const fn constant(&self) -> Option<&Value<'static>> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The value for a record.
    pub(super) fn value<'a>(&'a self, record: &Record<'a>) -> Result<Value<'a>, Failed> {
        match self {
            Self::Constant(value) => Ok(value.borrowed()),
            Self::Failed => Err(Failed),
            Self::Name(source) => Ok(source.value(record)),
            Self::Select(of, name) => Ok(match of.value(record)? {
                Value::Json(raw @ [b'{', ..]) => json::member(raw, name).map_or(Value::Null, Value::of_json),
                _ => Value::Null,
            }),
            Self::Element(of, number) => Ok(match of.value(record)? {
                Value::Json(raw) => json::elements(raw).nth(*number).map_or(Value::Null, Value::of_json),
                _ => Value::Null,
            }),
            Self::Has(of) => Ok(Value::Bool(!matches!(of.value(record)?, Value::Null))),
            Self::List(parts) => {
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| part.value(record)).collect();
                Ok(Value::List(parts?.into()))
            }
            Self::Not(operand) => Ok(Value::Bool(!operand.truth(record)?)),
            Self::Negate(operand) => arithmetic::negate(&operand.value(record)?),
            Self::Binary(operator, left, right) => binary(*operator, &left.value(record)?, &right.value(record)?),
            Self::All(parts) => joined(parts, record, false).map(Value::Bool),
            Self::Any(parts) => joined(parts, record, true).map(Value::Bool),
            Self::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                if condition.truth(record)? { then.value(record) } else { otherwise.value(record) }
            }
            Self::Call(function, arguments) => match &arguments[..] {
                [argument] => function.call(argument.value(record)?, None),
                [first, second] => function.call(first.value(record)?, Some(&second.value(record)?)),
                _ => Err(Failed),
            },
            Self::Matches(text, regex) => match text.value(record)? {
                Value::Text(text) => Ok(Value::Bool(regex.is_match(text.as_bytes()))),
                _ => Err(Failed),
            },
            Self::TimePart(part, time, zone) => match time.value(record)? {
                Value::Time(time) => Ok(Value::Int(part.of(time, zone))),
                _ => Err(Failed),
            },
        }
    }

    /// The value where it must be true or false.
    pub(super) fn truth(&self, record: &Record<'_>) -> Result<bool, Failed> {
        match self.value(record)? {
            Value::Bool(value) => Ok(value),
            _ => Err(Failed),
        }
    }
}

/// What stands between `&&` or `||`: one part that `decides` does so, whatever the others are.
fn joined(parts: &[Term], record: &Record<'_>, decides: bool) -> Result<bool, Failed> {
    let mut result = Ok(!decides);
    for part in parts {
        match part.truth(record) {
            Ok(value) if value == decides => return Ok(decides),
            Ok(_) => {}
            Err(Failed) => result = Err(Failed),
        }
    }
    result
}

/// The result of an operator that stands between two values.
pub(super) fn binary<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Failed> {
    let order = || left.compare(right);
    let is = match operator {
        Operator::Equal => left.equals(right)?,
        Operator::NotEqual => !left.equals(right)?,
        Operator::Less => order()?.is_some_and(|order| order.is_lt()),
        Operator::LessOrEqual => order()?.is_some_and(|order| order.is_le()),
        Operator::Greater => order()?.is_some_and(|order| order.is_gt()),
        Operator::GreaterOrEqual => order()?.is_some_and(|order| order.is_ge()),
        Operator::In => left.is_in(right)?,
        _ => return arithmetic::binary(operator, left, right),
    };
    Ok(Value::Bool(is))
}

impl Term {
    /// The term with what needs no record already known; its parts have been folded.
    pub(super) fn fold(self) -> Self {
        if let Self::If(parts) = self {
            return match *parts {
                [Self::Constant(Value::Bool(true)), then, _] => then,
                [Self::Constant(Value::Bool(false)), _, otherwise] => otherwise,
                parts => Self::If(Box::new(parts)),
            };
        }
        let value = match &self {
            Self::Has(of) => of.constant().map(|value| Ok(Value::Bool(!matches!(value, Value::Null)))),
            Self::List(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(|part| part.constant().cloned()).collect();
                parts.map(|parts| Ok(Value::List(parts.into())))
            }
            Self::Not(operand) => operand.constant().map(|value| match value {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                _ => Err(Failed),
            }),
            Self::Negate(operand) => operand.constant().map(arithmetic::negate),
            Self::Binary(operator, left, right) => {
                left.constant().zip(right.constant()).map(|(left, right)| binary(*operator, left, right))
            }
            Self::Call(function, arguments) => match &arguments[..] {
                [Self::Constant(argument)] => Some(function.call(argument.clone(), None)),
                [Self::Constant(first), Self::Constant(second)] => Some(function.call(first.clone(), Some(second))),
                _ => None,
            },
            Self::All(parts) => known(parts, false),
            Self::Any(parts) => known(parts, true),
            _ => None,
        };
        match value {
            Some(Ok(value)) => Self::Constant(value),
            Some(Err(Failed)) => Self::Failed,
            None => self,
        }
    }
}

/// What stands between `&&` or `||`, if constants decide it: one that `decides`, or all of them.
fn known(parts: &[Term], decides: bool) -> Option<Result<Value<'static>, Failed>> {
    let is = |part: &Term, wanted: bool| matches!(part, Term::Constant(Value::Bool(value)) if *value == wanted);
    let decided = if parts.iter().any(|part| is(part, decides)) {
        decides
    } else if parts.iter().all(|part| is(part, !decides)) {
        !decides
    } else {
        return None;
    };
    Some(Ok(Value::Bool(decided)))
}
