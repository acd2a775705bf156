//! What is known of a value before there are records.

use std::fmt;

use super::value::Value;

/// The type of an expression. Any value may be null besides: a record may lack any field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Type {
    /// Nothing but null.
    Null,
    Bool,
    Int,
    Uint,
    Double,
    /// A field that is a double where it looks like one, and else text.
    Decimal,
    Text,
    Time,
    Duration,
    Severity,
    /// A network: the addresses that begin with some bits.
    Cidr,
    List,
    /// Any of them: what a record's JSON says.
    Dynamic,
}

impl Type {
    pub(super) const fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Int(_) => Self::Int,
            Value::Uint(_) => Self::Uint,
            Value::Double(_) => Self::Double,
            Value::Text(_) => Self::Text,
            Value::Time(_) => Self::Time,
            Value::Duration(_) => Self::Duration,
            Value::Severity(_) => Self::Severity,
            Value::Cidr(_) => Self::Cidr,
            Value::List(_) => Self::List,
            Value::Json(_) => Self::Dynamic,
        }
    }

    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// Whether a value of this type may be of the other one.
    pub(super) fn may_be(self, other: Self) -> bool {
        self == other
            || self == Self::Dynamic
            || other == Self::Dynamic
            || self == Self::Decimal && matches!(other, Self::Double | Self::Text)
    }

    /// The type of what may be either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Null, known) | (known, Self::Null) => known,
            _ => Self::Dynamic,
        }
    }

    /// Whether `==` makes sense between them.
    pub(super) fn equals(self, other: Self) -> bool {
        matches!((self, other), (Self::Null, _) | (_, Self::Null))
            || matches!((self, other), (Self::Decimal, Self::Text) | (Self::Text, Self::Decimal))
            || matches!((self, other), (Self::Dynamic, Self::List) | (Self::List, Self::Dynamic | Self::List))
            || self.orders(other)
    }

    /// Whether `<` makes sense between them.
    pub(super) fn orders(self, other: Self) -> bool {
        let number = |this: Self| this.is_number() || this == Self::Decimal;
        match (self, other) {
            (Self::Null | Self::Cidr | Self::List, _) | (_, Self::Null | Self::Cidr | Self::List) => false,
            (Self::Dynamic, _) | (_, Self::Dynamic) => true,
            (Self::Severity, Self::Int) | (Self::Int, Self::Severity) => true,
            _ => self == other || number(self) && number(other),
        }
    }
}

/// With its article, for a sentence.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a truth value",
            Self::Int => "an integer",
            Self::Uint => "an unsigned integer",
            Self::Double => "a double",
            Self::Decimal => "a decimal number",
            Self::Text => "text",
            Self::Time => "a timestamp",
            Self::Duration => "a duration",
            Self::Severity => "a severity",
            Self::Cidr => "a network",
            Self::List => "a list",
            Self::Dynamic => "any value",
        })
    }
}
