//! Filters: expressions that say which records are meant.
//!
//! The language is [CEL]'s, as far as it goes, over the fields of a record:
//!
//! ```text
//! status_code >= 500 && path.startsWith("/api") && !user_agent.matches("(?i)bot")
//! severity >= WARN && client_ip in cidr("10.0.0.0/8")
//! has(user) && timestamp > timestamp("2025-11-06T10:00:00Z")
//! ```
//!
//! # Names
//!
//! A name is a field of the format, or one of those that [every record has](Names). Members of JSON objects have any name;
//! `user.id` selects within them, and `tags[0]` from a list. A name that is no identifier is written
//! `record["strange-name"]`. `TRACE`, `TRACE2` to `FATAL4` are severities, which compare with `severity` and with the
//! numbers 1 to 24 of OpenTelemetry.
//!
//! `parse_error` is a text, the name of the reason why a record did not parse, such as `"missing"`, and null where it did
//! parse. In the output it is an object, so that `parse_error.reason` is the same text here.
//!
//! # Values
//!
//! Texts are compared as the output shows them, with their escapes decoded. An integer is an int, whatever its size; a
//! decimal number is a double where it is a number, and else a text. The message of a record that did not parse is all of
//! it. Numbers compare by their value, whatever their types.
//!
//! A field that a record lacks is `null`, as is what is selected from what is not there. `==`, `!=` and `in` take null as
//! a value like others; all else has no result for it (CEL's error), and so does what meets another type than it takes. Of
//! `false && x` and `true || x` the result is known all the same. An expression without a result matches no record, nor
//! does its negation: `!(size > 5)` does not match a record without a `size`, `!has(size) || size <= 5` does.
//!
//! # Operators and functions
//!
//! | | |
//! |---|---|
//! | `&&` `\|\|` `!` `c ? a : b` | |
//! | `==` `!=` `<` `<=` `>` `>=` | numbers, texts, times, durations, severities, truth values |
//! | `in` | an element of a list; an address in a network, or in a list of them |
//! | `+` `-` `*` `/` `%` | numbers of one type; texts (`+`); times and durations (`+`, `-`) |
//! | `has(field)` | whether there is a value |
//! | `size(x)`, `x.size()` | characters of a text, elements of a list |
//! | `startsWith` `endsWith` `contains` `matches` | of a text; `matches`, also written `matches(text, "…")`, takes a regular expression of the [`regex`] crate, which may match anywhere |
//! | `lowerAscii` `upperAscii` `trim` | of a text |
//! | `timestamp("…")` `duration("1h30m")` `cidr("10.0.0.0/8")` | |
//! | `int(x)` `double(x)` `string(x)` | |
//! | `getFullYear` `getMonth` `getDate` `getDayOfMonth` `getDayOfWeek` `getDayOfYear` `getHours` `getMinutes` `getSeconds` `getMilliseconds` | of a time, in UTC or in the zone that is given; months, days of a week and of a year, and `getDayOfMonth` count from 0 |
//!
//! An address is in a network where the text is one, or a list of them whose first one is (`a, b`, as proxies write it).
//! An address of v6 that is one of v4 (`::ffff:10.0.0.1`) is in the networks of both.
//!
//! [CEL]: https://github.com/google/cel-spec
//! [`regex`]: https://docs.rs/regex/latest/regex/#syntax

mod arithmetic;
mod ast;
mod call;
mod check;
mod cidr;
mod compile;
mod duration;
mod error;
mod escape;
mod function;
mod lexer;
mod names;
mod parser;
mod predicate;
mod source;
mod term;
#[cfg(test)]
mod tests;
mod text;
mod types;
mod value;

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use ast::Expr;
use check::{Checker, field_name};
use compile::compile;
pub use error::{FilterError, FilterErrorKind};
pub use names::Names;
pub use predicate::Predicate;

/// An expression that says which records are meant; its syntax has been read, its names have not been looked for.
///
/// ```
/// use lp::format::access::Access;
/// use lp::{Batch, Filter, Format, Names};
///
/// let filter = Filter::parse(r#"status_code >= 500 && method in ["GET", "HEAD"]"#)?;
/// let format = Access::combined();
/// let predicate = filter.bind(&Names::of(format.schema()))?;
///
/// let log = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8.4.0\"\n";
/// let mut batch = Batch::new();
/// format.parse(log, &mut batch);
/// assert!(batch.records(log).all(|record| predicate.matches(&record)));
///
/// let error = Filter::parse("status >= 500")?.bind(&Names::of(format.schema())).unwrap_err();
/// assert_eq!(error.to_string(), "there is no field `status`; did you mean `status_code`?");
/// assert_eq!(error.at(), 0..6);
/// # Ok::<(), lp::FilterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filter {
    text: String,
    expr: Expr,
}

impl Filter {
    /// Reads an expression: at most 64 KiB, in which at most 128 expressions stand within each other.
    ///
    /// # Errors
    ///
    /// Where it is not written as the language demands, or is too large.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self { expr: parser::parse(text)?, text: text.to_owned() })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of fields that the expression refers to, in its order, and where they stand in its text.
    #[must_use]
    pub fn names(&self) -> Vec<(&str, Range<usize>)> {
        let mut names = Vec::new();
        collect_names(&self.expr, &mut names);
        names
    }

    /// Finds the names, checks the types, and makes of the expression what is fast to ask of a record.
    ///
    /// # Errors
    ///
    /// Where a name is not known, an operator or a function does not take what it is given, a constant is not what it should
    /// be, or the whole is not what is true or false.
    pub fn bind(&self, names: &Names) -> Result<Predicate, FilterError> {
        self.bind_by(names, Checker::new)
    }

    /// The same for records of a format that nobody has named: it was told from a file that came while a run goes on. What takes other
    /// types than this format's fields have has no result there, as where a member of JSON is of another type.
    ///
    /// # Errors
    ///
    /// As there, but for types that would be right in another format.
    pub(crate) fn bind_to_found(&self, names: &Names) -> Result<Predicate, FilterError> {
        match self.bind(names) {
            Err(error) if error.is_about_types() && self.bind(&Names::any()).is_ok() => {
                self.bind_by(names, Checker::lenient)
            }
            bound => bound,
        }
    }

    fn bind_by<'n>(
        &self,
        names: &'n Names,
        checker: impl Fn(&'n Names, usize) -> Checker<'n>,
    ) -> Result<Predicate, FilterError> {
        let bind = |kind| Ok(compile(checker(names, kind).condition(&self.expr)?, true));
        Ok(Predicate { first: bind(0)?, second: (1..names.kinds()).map(bind).next().transpose()? })
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

/// The expression in its shortest form: without comments, and without parentheses that change nothing.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

fn collect_names<'a>(expr: &'a Expr, names: &mut Vec<(&'a str, Range<usize>)>) {
    match field_name(expr) {
        Some(name) => names.push((name, expr.at.clone())),
        None => expr.kind.each(&mut |part| collect_names(part, names)),
    }
}
