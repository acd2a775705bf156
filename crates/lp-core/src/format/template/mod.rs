//! Lines that are a row of values with fixed texts between them: what a format string describes.
//!
//! nginx's `log_format` and the format strings of Python's `logging` are both compiled to a [`Template`], once. Parsing
//! a line is then a walk over its parts.
//!
//! # How a line is read
//!
//! Some values say themselves where they end: a number, a time, a level. The others are *open*: a text may hold spaces,
//! brackets, whatever the client sent. An open value ends at the first place where everything fits that must follow up
//! to the next open value: the literal behind it, the values behind that, and their literals. So in
//! `$remote_user [$time_local] "` a user may be `a [b` and still ends where a bracket, a time and `] "` follow. Where
//! values are escaped so that they hold no quote, an open value that is followed by a quote ends at the first one.
//!
//! `matcher` does this, with what `closed` reads, and knows nothing of errors: a line fits or it does not. For one that
//! does not, `diagnosis` goes through it again, reads what can be read, and says what is wrong and where.

mod closed;
mod diagnosis;
mod literal;
mod matcher;
mod numbers;
mod row;
mod text;
mod times;
mod value;

use literal::Literal;
pub(crate) use matcher::Matcher;
pub(crate) use row::{Failure, Row, number_cell};
pub(crate) use times::Times;
pub(crate) use value::{Align, Levels, Names, Pad, RequestFields, Time, Value, severity_of_level};

/// A compiled format string.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// What stands before the first value.
    pub(crate) before: Literal,
    pub(crate) parts: Box<[Part]>,
    /// Whether a quote within a value is escaped, so that the first one that is not ends the value.
    pub(crate) quotes_are_escaped: bool,
    /// Whether a lone dash stands for no value.
    pub(crate) dash_is_nothing: bool,
    /// Where what follows the last part goes. Without it a line must end there.
    pub(crate) extra: Option<crate::schema::Field>,
}

/// A value, and the literal behind it.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) value: Value,
    /// The width that the value is filled up to.
    pub(crate) pad: Option<Pad>,
    pub(crate) literal: Literal,
}

/// The literals and values of a format string, as they are met in it.
pub(crate) struct Parts {
    /// What stands before the first value.
    pub(crate) before: Literal,
    pub(crate) parts: Vec<Part>,
}

impl Parts {
    pub(crate) fn new() -> Self {
        Self { before: Literal::new(*b""), parts: Vec::new() }
    }

    /// Puts a literal behind what there is, which must not end with one.
    pub(crate) fn push_literal(&mut self, literal: &str) {
        let place = match self.parts.last_mut() {
            Some(part) => &mut part.literal,
            None => &mut self.before,
        };
        *place = Literal::new(literal.as_bytes());
    }

    pub(crate) fn push(&mut self, value: Value, pad: Option<Pad>) {
        self.parts.push(Part { value, pad, literal: Literal::new(*b"") });
    }
}
