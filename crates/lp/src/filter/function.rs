//! The functions, and the parts of a time.

use std::borrow::Cow;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use lp_core::{Severity, Timestamp, Zone};

use super::cidr::Cidr;
use super::duration;
use super::types::Type;
use super::value::{Failed, Value};

/// A function of one value, or of one and a second; `matches` apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Function {
    Size,
    StartsWith,
    EndsWith,
    Contains,
    LowerAscii,
    UpperAscii,
    Trim,
    Timestamp,
    Duration,
    Int,
    Double,
    String,
    Cidr,
}

/// How a function is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// `f(x)`.
    Function,
    /// `x.f()`.
    Method,
    Either,
}

/// Name, form, what it takes first, how many it takes, and what it gives.
type Entry = (&'static str, Function, Form, &'static [Type], usize, Type);

#[rustfmt::skip]
static FUNCTIONS: [Entry; 13] = {
    use Type::{Bool, Double, Int, List, Severity, Text, Time, Uint};
    [
        ("size", Function::Size, Form::Either, &[Text, List], 1, Int),
        ("startsWith", Function::StartsWith, Form::Method, &[Text], 2, Bool),
        ("endsWith", Function::EndsWith, Form::Method, &[Text], 2, Bool),
        ("contains", Function::Contains, Form::Method, &[Text], 2, Bool),
        ("lowerAscii", Function::LowerAscii, Form::Method, &[Text], 1, Text),
        ("upperAscii", Function::UpperAscii, Form::Method, &[Text], 1, Text),
        ("trim", Function::Trim, Form::Method, &[Text], 1, Text),
        ("timestamp", Function::Timestamp, Form::Function, &[Text, Int, Time], 1, Time),
        ("duration", Function::Duration, Form::Function, &[Text, Type::Duration], 1, Type::Duration),
        ("int", Function::Int, Form::Function, &[Int, Uint, Double, Text, Time, Severity], 1, Int),
        ("double", Function::Double, Form::Function, &[Int, Uint, Double, Text], 1, Double),
        ("string", Function::String, Form::Function, &[Text, Bool, Int, Uint, Double, Time, Type::Duration, Severity], 1, Text),
        ("cidr", Function::Cidr, Form::Function, &[Text], 1, Type::Cidr),
    ]
};

impl Function {
    pub(super) fn find(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    /// The names of all functions and methods.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        let others = ["has", "matches"];
        FUNCTIONS.iter().map(|entry| entry.0).chain(others).chain(TIME_PARTS.iter().map(|(name, _)| *name))
    }

    fn entry(self) -> &'static Entry {
        // They stand in the order of the enum.
        &FUNCTIONS[self as usize]
    }

    pub(super) fn name(self) -> &'static str {
        self.entry().0
    }

    pub(super) fn form(self) -> Form {
        self.entry().2
    }

    pub(super) fn takes(self, ty: Type) -> bool {
        ty != Type::Null && self.entry().3.iter().any(|taken| ty.may_be(*taken))
    }

    /// How many values it takes. The second one is a text.
    pub(super) fn arity(self) -> usize {
        self.entry().4
    }

    pub(super) fn result_type(self) -> Type {
        self.entry().5
    }

    /// What the argument must be where it is a constant text, for people: the name of it, and an example.
    pub(super) const fn wants(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Timestamp => Some(("a timestamp as RFC 3339 writes them", "2025-11-06T10:30:15Z")),
            Self::Duration => Some(("a duration", "1h30m")),
            Self::Cidr => Some(("a network", "10.0.0.0/8")),
            Self::Int => Some(("an integer", "500")),
            Self::Double => Some(("a number", "0.5")),
            _ => None,
        }
    }

    /// The result; none where it does not take these values.
    pub(super) fn call<'a>(self, value: Value<'a>, second: Option<&Value<'_>>) -> Result<Value<'a>, Failed> {
        let result = match (self, value, second) {
            (Self::Size, Value::Text(text), None) => count(text.chars()),
            (Self::Size, list, None) => count(list.elements().ok_or(Failed)?),
            (Self::StartsWith, Value::Text(text), Some(Value::Text(with))) => Value::Bool(text.starts_with(&**with)),
            (Self::EndsWith, Value::Text(text), Some(Value::Text(with))) => Value::Bool(text.ends_with(&**with)),
            (Self::Contains, Value::Text(text), Some(Value::Text(part))) => Value::Bool(text.contains(&**part)),
            (Self::LowerAscii, Value::Text(text), None) => Value::Text(text.to_ascii_lowercase().into()),
            (Self::UpperAscii, Value::Text(text), None) => Value::Text(text.to_ascii_uppercase().into()),
            (Self::Trim, Value::Text(text), None) => Value::Text(match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            }),
            (Self::Timestamp, value, None) => Value::Time(timestamp(&value).ok_or(Failed)?),
            (Self::Duration, Value::Text(text), None) => Value::Duration(duration::parse(&text).ok_or(Failed)?),
            (Self::Duration, value @ Value::Duration(_), None) => value,
            (Self::Int, value, None) => Value::Int(integer(&value).ok_or(Failed)?),
            (Self::Double, value, None) => Value::Double(double(&value).ok_or(Failed)?),
            (Self::String, value @ Value::Text(_), None) => value,
            (Self::String, value, None) => Value::Text(Cow::Owned(string(&value).ok_or(Failed)?)),
            (Self::Cidr, Value::Text(text), None) => Value::Cidr(Cidr::parse(&text).ok_or(Failed)?),
            _ => return Err(Failed),
        };
        Ok(result)
    }
}

fn count<'a>(of: impl Iterator) -> Value<'a> {
    Value::Int(i64::try_from(of.count()).unwrap_or(i64::MAX))
}

fn timestamp(value: &Value<'_>) -> Option<Timestamp> {
    match value {
        Value::Text(text) => read_timestamp(text),
        Value::Int(seconds) => Timestamp::from_seconds(*seconds),
        Value::Time(time) => Some(*time),
        _ => None,
    }
}

/// A date and a time of day with an offset, read as those of logs are: a leap second is the second after.
fn read_timestamp(text: &str) -> Option<Timestamp> {
    const SECOND_LEN: usize = "2025-11-06T10:30:15".len();
    let has_offset = text.get(SECOND_LEN..)?.contains(['Z', 'z', '+', '-']);
    let (time, _, len) = Timestamp::read(text.as_bytes(), &Zone::UTC)?;
    (has_offset && len == text.len()).then_some(time)
}

/// Whether a text that is no timestamp would be one in another year.
pub(super) fn is_out_of_range(text: &str) -> bool {
    let Some((year, rest)) = text.split_at_checked(4) else { return false };
    let is_beyond = year.bytes().all(|byte| byte.is_ascii_digit()) && !("1678".."2262").contains(&year);
    // A leap year has every day.
    is_beyond && read_timestamp(&format!("2000{rest}")).is_some()
}

fn integer(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(value) => Some(*value),
        Value::Uint(value) => i64::try_from(*value).ok(),
        // The first double that is too large is 2⁶³.
        Value::Double(value) => (value.abs() < i64::MAX as f64).then_some(*value as i64),
        Value::Text(text) => text.parse().ok(),
        Value::Time(time) => Some(time.as_seconds().0),
        Value::Severity(severity) => Some(severity.number().into()),
        _ => None,
    }
}

fn double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        Value::Double(value) => Some(*value),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

fn string(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Time(time) => {
            let mut digits = 9;
            let mut nanos = time.as_seconds().1;
            while digits > 0 && nanos % 10 == 0 {
                (digits, nanos) = (digits - 1, nanos / 10);
            }
            format!("{time:.digits$}")
        }
        Value::Duration(nanos) => duration::string(*nanos),
        Value::Severity(severity) => Severity::name(*severity).to_owned(),
        _ => return None,
    })
}

/// A part of a time, as a zone's clocks show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TimePart {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

static TIME_PARTS: [(&str, TimePart); 10] = [
    ("getFullYear", TimePart::FullYear),
    ("getMonth", TimePart::Month),
    ("getDate", TimePart::Date),
    ("getDayOfMonth", TimePart::DayOfMonth),
    ("getDayOfWeek", TimePart::DayOfWeek),
    ("getDayOfYear", TimePart::DayOfYear),
    ("getHours", TimePart::Hours),
    ("getMinutes", TimePart::Minutes),
    ("getSeconds", TimePart::Seconds),
    ("getMilliseconds", TimePart::Milliseconds),
];

impl TimePart {
    /// The part that a method gives.
    pub(super) fn find(method: &str) -> Option<Self> {
        TIME_PARTS.iter().find(|(name, _)| *name == method).map(|(_, part)| *part)
    }

    /// Months, weekdays (from Sunday) and days of a year count from 0, as do the days of `getDayOfMonth`.
    pub(super) fn of(self, time: Timestamp, zone: &TimeZone) -> i64 {
        let (seconds, nanos) = time.as_seconds();
        // Every time of 64 bits of nanoseconds is one of jiff's.
        let time = jiff::Timestamp::new(seconds, nanos as i32).unwrap_or_default();
        let time: DateTime = zone.to_datetime(time);
        match self {
            Self::FullYear => time.year().into(),
            Self::Month => i64::from(time.month()) - 1,
            Self::Date => time.day().into(),
            Self::DayOfMonth => i64::from(time.day()) - 1,
            Self::DayOfWeek => time.weekday().to_sunday_zero_offset().into(),
            Self::DayOfYear => i64::from(time.day_of_year()) - 1,
            Self::Hours => time.hour().into(),
            Self::Minutes => time.minute().into(),
            Self::Seconds => time.second().into(),
            Self::Milliseconds => time.millisecond().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_stand_in_their_order() {
        for (number, entry) in FUNCTIONS.iter().enumerate() {
            assert_eq!(entry.1 as usize, number, "{}", entry.0);
        }
    }
}
