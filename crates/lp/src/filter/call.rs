//! Calls of functions and methods, checked.

use jiff::tz::TimeZone;
use regex::bytes::RegexBuilder;

use super::ast::{Call, Expr, ExprKind, Literal};
use super::check::{Checked, Checker, field_name, refuse, short};
use super::error::{FilterError, FilterErrorKind};
use super::function::{Form, Function, TimePart, is_out_of_range};
use super::term::Term;
use super::types::Type;
use super::value::Value;
use crate::nearest::nearest;
use crate::zone::time_zone;

/// Bytes that a compiled regular expression may take, and its cache.
const REGEX_BYTES: usize = 1 << 20;
/// Groups and repetitions of a regular expression that may stand within each other.
const REGEX_DEPTH: u32 = 100;

impl Checker<'_> {
    pub(super) fn call(&self, expr: &Expr, call: &Call) -> Checked {
        let name = &*call.name;
        match (&call.receiver, name) {
            (None, "has") => return self.has(expr, call),
            (Some(_), "has") => return Err(other_form(expr, call)),
            (_, "matches") => return self.matches(expr, call),
            _ => {}
        }
        if let Some(part) = TimePart::find(name) {
            return match &call.receiver {
                Some(receiver) => self.time_part(expr, call, part, receiver),
                None => Err(other_form(expr, call)),
            };
        }
        let Some(function) = Function::find(name) else { return Err(unknown(call)) };
        let is_right = match function.form() {
            Form::Either => true,
            Form::Function => call.receiver.is_none(),
            Form::Method => call.receiver.is_some(),
        };
        let given: Vec<&Expr> = call.receiver.as_deref().into_iter().chain(&call.arguments).collect();
        if given.len() == function.arity() && !is_right {
            return Err(other_form(expr, call));
        }
        if given.len() != function.arity() {
            return Err(refuse(&expr.at, format!("it is written {}", usage(function)), None));
        }
        let mut arguments = Vec::with_capacity(given.len());
        for (number, argument) in given.into_iter().enumerate() {
            let (term, ty) = self.expr(argument)?;
            let takes = if number == 0 { function.takes(ty) } else { ty.may_be(Type::Text) };
            if !takes {
                let what = format!("{} is {ty}, which {name} does not take", short(argument));
                return Err(refuse(&argument.at, what, number_hint(function, argument, ty)));
            }
            arguments.push(term);
        }
        let text = call.arguments.first();
        let term = Term::Call(function, arguments).fold();
        // A constant that is wrong is a mistake; anything else that has no value is so only for a record.
        if let (Term::Failed, Some((what, example)), Some(text)) = (&term, function.wants(), text)
            && let ExprKind::Literal(Literal::Text(_)) = text.kind
        {
            let what = match &text.kind {
                ExprKind::Literal(Literal::Text(time)) if function == Function::Timestamp && is_out_of_range(time) => {
                    format!("{} is outside the years 1677 to 2262", short(text))
                }
                _ => format!("{} is not {what}, such as {example:?}", short(text)),
            };
            return Err(FilterError::new(&text.at, FilterErrorKind::Value(what)));
        }
        Ok((term, function.result_type()))
    }

    /// `has(name)`.
    fn has(&self, expr: &Expr, call: &Call) -> Checked {
        let is_place = |of: &Expr| match &of.kind {
            ExprKind::Select(..) | ExprKind::Index(..) => true,
            _ => field_name(of).is_some(),
        };
        match &call.arguments[..] {
            [of] if is_place(of) => Ok((Term::Has(Box::new(self.expr(of)?.0)), Type::Bool)),
            _ => Err(refuse(&expr.at, "it is written has(name), with the name of a field".to_owned(), None)),
        }
    }

    /// `text.matches(regex)` or `matches(text, regex)`.
    fn matches(&self, expr: &Expr, call: &Call) -> Checked {
        let given: Vec<&Expr> = call.receiver.as_deref().into_iter().chain(&call.arguments).collect();
        let [text, pattern] = given[..] else {
            return Err(refuse(&expr.at, "it is written text.matches(regular expression)".to_owned(), None));
        };
        let (term, ty) = self.expr(text)?;
        if !ty.may_be(Type::Text) {
            return Err(refuse(&text.at, format!("{} is {ty}, which matches does not take", short(text)), None));
        }
        let Term::Constant(Value::Text(regex)) = self.expr(pattern)?.0 else {
            return Err(refuse(&pattern.at, "a regular expression must be a constant text".to_owned(), None));
        };
        let Some(left) = self.regexes.get().checked_sub(1) else {
            let kind = FilterErrorKind::TooLarge("a filter has at most 64 regular expressions");
            return Err(FilterError::new(&expr.at, kind));
        };
        self.regexes.set(left);
        let regex = RegexBuilder::new(&regex)
            .size_limit(REGEX_BYTES)
            .dfa_size_limit(REGEX_BYTES)
            .nest_limit(REGEX_DEPTH)
            .build();
        let regex = regex.map_err(|error| FilterError::new(&pattern.at, FilterErrorKind::Value(message(&error))))?;
        Ok((Term::Matches(Box::new(term), regex), Type::Bool))
    }

    /// `time.getHours()` and the like, perhaps with a zone.
    fn time_part(&self, expr: &Expr, call: &Call, part: TimePart, receiver: &Expr) -> Checked {
        let (time, ty) = self.expr(receiver)?;
        if !ty.may_be(Type::Time) {
            let what = format!("{} is {ty}, which {} does not take", short(receiver), call.name);
            return Err(refuse(&receiver.at, what, None));
        }
        let zone = match &call.arguments[..] {
            [] => TimeZone::UTC,
            [name] => match &name.kind {
                ExprKind::Literal(Literal::Text(text)) => {
                    let refused = |error| FilterError::new(&name.at, FilterErrorKind::Value(format!("{error}")));
                    time_zone(text).map_err(refused)?
                }
                _ => return Err(refuse(&name.at, "the name of a zone must be a constant text".to_owned(), None)),
            },
            _ => {
                let what = format!("it is written time.{0}() or time.{0}(\"Europe/Berlin\")", call.name);
                return Err(refuse(&expr.at, what, None));
            }
        };
        Ok((Term::TimePart(part, Box::new(time), zone), Type::Int))
    }
}

fn unknown(call: &Call) -> FilterError {
    let similar = nearest(&call.name, Function::names()).map(str::to_owned);
    FilterError::new(&call.name_at.0, FilterErrorKind::UnknownFunction { name: call.name.clone(), similar })
}

/// Why a method cannot be called as a function, or a function as a method: how the same call is written.
fn other_form(expr: &Expr, call: &Call) -> FilterError {
    let mut given: Vec<Expr> = call.receiver.as_deref().into_iter().chain(&call.arguments).cloned().collect();
    let receiver = (call.receiver.is_none() && !given.is_empty()).then(|| Box::new(given.remove(0)));
    let example = if call.receiver.is_none() && receiver.is_none() { "time." } else { "" };
    let right = Call { receiver, arguments: given, ..call.clone() };
    // It is as deep as the call that was written.
    let right = Expr::new(ExprKind::Call(right), expr.at.clone());
    let right = right.as_ref().map_or_else(|| call.name.clone(), short);
    refuse(&expr.at, format!("it is written {example}{right}"), None)
}

/// How a function is written.
fn usage(function: Function) -> String {
    let name = function.name();
    match (function.form(), function.arity()) {
        (Form::Method, 2) => format!("text.{name}(text)"),
        (Form::Method, _) => format!("text.{name}()"),
        (_, _) => format!("{name}(value)"),
    }
}

/// What may be meant where a method of texts is called on a number.
fn number_hint(function: Function, argument: &Expr, ty: Type) -> Option<String> {
    let is_method = function.form() == Form::Method && ty.is_number();
    is_method.then(|| format!("write string({})", short(argument)))
}

/// What the regex crate says, in one line: its own caret and the pattern left out.
fn message(error: &regex::Error) -> String {
    let text = error.to_string();
    let line = text.lines().last().unwrap_or_default();
    format!("this is no regular expression: {}", line.trim_start_matches("error: "))
}
