//! Values while an expression is evaluated, and how they compare.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use lp_core::format::json;
use lp_core::{Severity, Timestamp};

use super::cidr::Cidr;

/// A value; it borrows from the record or the expression where it can.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// Also the value of an integer field that is no [`Int`](Self::Int).
    Uint(u64),
    Double(f64),
    Text(Cow<'a, str>),
    Time(Timestamp),
    /// In nanoseconds.
    Duration(i64),
    Severity(Severity),
    Cidr(Cidr),
    List(Arc<[Value<'a>]>),
    /// An object or an array, as it stands.
    Json(&'a [u8]),
}

/// There is no result: CEL's error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Failed;

/// Lists within each other that are compared.
const MAX_DEPTH: usize = 64;

impl<'a> Value<'a> {
    /// The value of an integer field.
    pub(super) fn integer(number: u64) -> Self {
        i64::try_from(number).map_or(Self::Uint(number), Self::Int)
    }

    pub(super) const fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// What valid JSON says.
    pub(super) fn of_json(raw: &'a [u8]) -> Self {
        match raw {
            [b'"', content @ .., b'"'] => json::string(content).map_or(Self::Null, Self::Text),
            b"true" => Self::Bool(true),
            b"false" => Self::Bool(false),
            [b'{' | b'[', ..] => Self::Json(raw),
            [b'-' | b'0'..=b'9', ..] => match std::str::from_utf8(raw) {
                Ok(digits) => Self::of_number(digits),
                Err(_) => Self::Null,
            },
            _ => Self::Null,
        }
    }

    /// A number of JSON: an integer where it is written as one and fits.
    fn of_number(digits: &str) -> Self {
        if let Ok(number) = digits.parse() {
            Self::Int(number)
        } else if let Ok(number) = digits.parse() {
            Self::Uint(number)
        } else {
            digits.parse().map_or(Self::Null, Self::Double)
        }
    }

    const fn as_number(&self) -> Option<Number> {
        match self {
            Self::Int(value) => Some(Number::Whole(*value as i128)),
            Self::Uint(value) => Some(Number::Whole(*value as i128)),
            Self::Double(value) => Some(Number::Double(*value)),
            _ => None,
        }
    }

    /// The order of values of like types; `Ok(None)` where a number is none. Unlike types have no order.
    pub(super) fn compare(&self, other: &Self) -> Result<Option<Ordering>, Failed> {
        if let (Some(this), Some(other)) = (self.as_number(), other.as_number()) {
            return Ok(this.compare(other));
        }
        Ok(Some(match (self, other) {
            (Self::Bool(this), Self::Bool(other)) => this.cmp(other),
            (Self::Text(this), Self::Text(other)) => this.cmp(other),
            (Self::Time(this), Self::Time(other)) => this.cmp(other),
            (Self::Duration(this), Self::Duration(other)) => this.cmp(other),
            (Self::Severity(this), Self::Severity(other)) => this.cmp(other),
            (Self::Severity(this), Self::Int(other)) => i64::from(this.number()).cmp(other),
            (Self::Int(this), Self::Severity(other)) => this.cmp(&i64::from(other.number())),
            _ => return Err(Failed),
        }))
    }

    /// Whether they are equal; unlike types are not. Objects are not compared.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, Failed> {
        self.equals_within(other, MAX_DEPTH)
    }

    fn equals_within(&self, other: &Self, depth: usize) -> Result<bool, Failed> {
        match (self, other) {
            (Self::Null, other) | (other, Self::Null) => return Ok(matches!(other, Self::Null)),
            (Self::Json([b'{', ..]), Self::Json([b'{', ..])) => return Err(Failed),
            _ => {}
        }
        let (Some(mut these), Some(mut others)) = (self.elements(), other.elements()) else {
            return Ok(self.compare(other) == Ok(Some(Ordering::Equal)));
        };
        let depth = depth.checked_sub(1).ok_or(Failed)?;
        loop {
            match (these.next(), others.next()) {
                (None, None) => return Ok(true),
                (Some(this), Some(other)) if this.equals_within(&other, depth)? => {}
                _ => return Ok(false),
            }
        }
    }

    /// The same value, without a copy of its text.
    pub(super) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            value => value.clone(),
        }
    }

    /// The elements of a list.
    pub(super) fn elements(&self) -> Option<impl Iterator<Item = Value<'_>>> {
        let (list, raw): (&[Self], &[u8]) = match self {
            Self::List(list) => (list, b""),
            Self::Json(raw @ [b'[', ..]) => (&[], raw),
            _ => return None,
        };
        Some(list.iter().map(Value::borrowed).chain(json::elements(raw).map(Value::of_json)))
    }

    /// Whether it is an element of a list, or an address in a network.
    pub(super) fn is_in(&self, other: &Self) -> Result<bool, Failed> {
        if let Value::Cidr(network) = other {
            return Ok(matches!(self, Value::Text(text) if network.contains(text)));
        }
        let mut failed = Ok(false);
        for element in other.elements().ok_or(Failed)? {
            let is_equal = match element {
                Value::Cidr(_) => self.is_in(&element),
                _ => self.equals(&element),
            };
            match is_equal {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(Failed) => failed = Err(Failed),
            }
        }
        failed
    }
}

enum Number {
    Whole(i128),
    Double(f64),
}

impl Number {
    fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(this), Self::Whole(other)) => Some(this.cmp(&other)),
            (Self::Double(this), Self::Double(other)) => this.partial_cmp(&other),
            (Self::Whole(this), Self::Double(other)) => compare_exactly(this, other),
            (Self::Double(this), Self::Whole(other)) => compare_exactly(other, this).map(Ordering::reverse),
        }
    }
}

/// An integer of 64 bits with a double, without rounding either.
fn compare_exactly(whole: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Saturates for what is far beyond 64 bits.
    let truncated = double.trunc() as i128;
    Some(whole.cmp(&truncated).then_with(|| 0.0.partial_cmp(&double.fract()).unwrap_or(Ordering::Equal)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_exactly() {
        let cases = [
            (Value::Int(5), Value::Double(5.0), Some(Ordering::Equal)),
            (Value::Int(5), Value::Double(5.5), Some(Ordering::Less)),
            (Value::Int(-5), Value::Double(-5.5), Some(Ordering::Greater)),
            (Value::Int(-1), Value::Uint(u64::MAX), Some(Ordering::Less)),
            (Value::Uint(1 << 63), Value::Double(9_223_372_036_854_775_808.0), Some(Ordering::Equal)),
            (Value::Int(i64::MAX), Value::Double(9_223_372_036_854_775_808.0), Some(Ordering::Less)),
            (Value::Int((1 << 53) + 1), Value::Double(9_007_199_254_740_992.0), Some(Ordering::Greater)),
            (Value::Uint(u64::MAX), Value::Double(f64::INFINITY), Some(Ordering::Less)),
            (Value::Int(i64::MIN), Value::Double(f64::NEG_INFINITY), Some(Ordering::Greater)),
            (Value::Int(0), Value::Double(-0.0), Some(Ordering::Equal)),
            (Value::Int(0), Value::Double(1e-300), Some(Ordering::Less)),
            (Value::Int(0), Value::Double(f64::NAN), None),
        ];
        for (this, other, want) in cases {
            assert_eq!(this.compare(&other), Ok(want), "{this:?} {other:?}");
            assert_eq!(other.compare(&this), Ok(want.map(Ordering::reverse)), "{other:?} {this:?}");
        }
    }

    #[test]
    fn json_values() {
        for (raw, want) in [
            ("null", "Null"),
            ("true", "Bool(true)"),
            ("-0", "Int(0)"),
            ("18446744073709551615", "Uint(18446744073709551615)"),
            ("18446744073709551616", "Double(1.8446744073709552e19)"),
            ("1.50", "Double(1.5)"),
            ("1e400", "Double(inf)"),
            (r#""a\n""#, r#"Text("a\n")"#),
            ("\"", "Null"),
            ("", "Null"),
        ] {
            assert_eq!(format!("{:?}", Value::of_json(raw.as_bytes())), want, "{raw}");
        }
    }
}
