//! The syntax tree with its names found and its types checked.

use std::cell::Cell;
use std::ops::Range;

use lp_core::Severity;

use super::arithmetic;
use super::ast::{Expr, ExprKind, Literal, Operator, precedence};
use super::error::{FilterError, FilterErrorKind};
use super::names::Names;
use super::source::Source;
use super::term::Term;
use super::types::Type;
use super::value::Value;
use crate::nearest::nearest;

/// A name that selects any field by its name: `record["a-b"]`.
const RECORD: &str = "record";
/// The name of a record's severity.
const SEVERITY: &str = "severity";

/// Checks an expression, or a part of one, for one kind of the records that it is bound to.
pub(super) struct Checker<'a> {
    names: &'a Names,
    /// The number of the kind.
    kind: usize,
    /// Regular expressions that there may still be.
    pub(super) regexes: Cell<usize>,
    /// Whether what is given a type that it does not take has no result, and is not refused.
    is_lenient: bool,
}

/// The most regular expressions of a filter: each takes memory.
const MAX_REGEXES: usize = 64;

pub(super) type Checked = Result<(Term, Type), FilterError>;

/// A name that an expression refers to, wherever that is allowed.
pub(super) fn field_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(name) if severity(name).is_none() && name != RECORD => Some(name),
        ExprKind::Index(of, key) => match (&of.kind, &key.kind) {
            (ExprKind::Name(record), ExprKind::Literal(Literal::Text(name))) if record == RECORD => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The severity that a name stands for.
pub(super) fn severity(name: &str) -> Option<Severity> {
    (1..=24).filter_map(Severity::from_number).find(|severity| severity.name() == name)
}

impl<'a> Checker<'a> {
    pub(super) const fn new(names: &'a Names, kind: usize) -> Self {
        Self { names, kind, regexes: Cell::new(MAX_REGEXES), is_lenient: false }
    }

    /// One that lets what does not go together have no result, instead of refusing the whole expression.
    pub(super) const fn lenient(names: &'a Names, kind: usize) -> Self {
        Self { is_lenient: true, ..Self::new(names, kind) }
    }

    /// The whole expression, which must be true or false.
    pub(super) fn condition(&self, expr: &Expr) -> Result<Term, FilterError> {
        self.truth(expr, "a filter")
    }

    pub(super) fn expr(&self, expr: &Expr) -> Checked {
        self.tolerated(self.typed(expr), (Term::Failed, Type::Dynamic))
    }

    /// What was checked, or what stands for it if its types are wrong and that does not matter here.
    fn tolerated<T>(&self, checked: Result<T, FilterError>, otherwise: T) -> Result<T, FilterError> {
        checked.or_else(|error| if self.is_lenient && error.is_about_types() { Ok(otherwise) } else { Err(error) })
    }

    fn typed(&self, expr: &Expr) -> Checked {
        let (term, ty) = match &expr.kind {
            ExprKind::Literal(literal) => constant(match literal {
                Literal::Null => Value::Null,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Int(value) => Value::Int(*value),
                Literal::Uint(value) => Value::Uint(*value),
                Literal::Double(value) => Value::Double(*value),
                Literal::Text(text) => Value::Text(text.clone().into()),
            }),
            ExprKind::Name(name) => match severity(name) {
                Some(severity) => constant(Value::Severity(severity)),
                None => self.name(name, &expr.at)?,
            },
            ExprKind::Index(of, key) => match field_name(expr) {
                Some(name) => self.name(name, &expr.at)?,
                None => self.index(of, key)?,
            },
            // In the output it is an object.
            ExprKind::Select(of, name) if field_name(of) == Some("parse_error") && name == "reason" => self.expr(of)?,
            ExprKind::Select(of, name) => (Term::Select(Box::new(self.object(of, name)?), name.clone()), Type::Dynamic),
            ExprKind::Call(call) => self.call(expr, call)?,
            ExprKind::List(parts) => (Term::List(self.each(parts)?), Type::List),
            ExprKind::Not(operand) => (Term::Not(Box::new(self.truth(operand, "`!`")?)), Type::Bool),
            ExprKind::Negate(operand) => {
                let (term, ty) = self.expr(operand)?;
                if !matches!(ty, Type::Int | Type::Double | Type::Decimal | Type::Dynamic) {
                    let what = format!("`-` stands before a number; {} is {ty}", short(operand));
                    return Err(refuse(&expr.at, what, None));
                }
                (Term::Negate(Box::new(term)), if ty == Type::Decimal { Type::Double } else { ty })
            }
            ExprKind::Binary(operator, left, right) => self.binary(expr, *operator, left, right)?,
            ExprKind::All(parts) => (Term::All(self.conditions(parts, "`&&`")?), Type::Bool),
            ExprKind::Any(parts) => (Term::Any(self.conditions(parts, "`||`")?), Type::Bool),
            ExprKind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let test = self.truth(condition, "the condition before `?`")?;
                let ((then, this), (otherwise, that)) = (self.expr(then)?, self.expr(otherwise)?);
                (Term::If(Box::new([test, then, otherwise])), this.or(that))
            }
        };
        Ok((term.fold(), ty))
    }

    fn each(&self, parts: &[Expr]) -> Result<Vec<Term>, FilterError> {
        parts.iter().map(|part| Ok(self.expr(part)?.0)).collect()
    }

    fn conditions(&self, parts: &[Expr], operator: &str) -> Result<Vec<Term>, FilterError> {
        parts.iter().map(|part| self.truth(part, operator)).collect()
    }

    /// What must be true or false.
    fn truth(&self, expr: &Expr, whose: &str) -> Result<Term, FilterError> {
        let (term, ty) = self.expr(expr)?;
        if ty.may_be(Type::Bool) {
            return Ok(term);
        }
        let hint = match (&expr.kind, field_name(expr)) {
            (_, Some(_)) => Some(format!("to ask whether there is one, write has({expr})")),
            _ => None,
        };
        let what = format!("{whose} wants what is true or false; {} is {ty}", short(expr));
        self.tolerated(Err(refuse(&expr.at, what, hint)), Term::Failed)
    }

    fn name(&self, name: &str, at: &Range<usize>) -> Checked {
        let Some((ty, source)) = self.names.find(name, self.kind) else {
            let (name, similar) = (name.to_owned(), nearest(name, self.names.known()).map(str::to_owned));
            return Err(FilterError::new(at, FilterErrorKind::UnknownName { name, similar }));
        };
        Ok((if source == Source::None { Term::Constant(Value::Null) } else { Term::Name(source) }, ty))
    }

    /// `of[key]`, where that is not a field's name.
    fn index(&self, of: &Expr, key: &Expr) -> Checked {
        let term = match &key.kind {
            _ if matches!(&of.kind, ExprKind::Name(name) if name == RECORD) => {
                let what = format!("{RECORD}[…] wants the name of a field as a text");
                return Err(refuse(&key.at, what, None));
            }
            ExprKind::Literal(Literal::Text(name)) => Term::Select(Box::new(self.object(of, name)?), name.clone()),
            ExprKind::Literal(Literal::Int(number)) => {
                let (list, ty) = self.expr(of)?;
                let number = usize::try_from(*number).ok().filter(|_| ty == Type::Dynamic);
                let what = || format!("[…] selects from a list of a record, counted from 0; {} is {ty}", short(of));
                Term::Element(Box::new(list), number.ok_or_else(|| refuse(&key.at, what(), None))?)
            }
            _ => return Err(refuse(&key.at, "what is selected must be a constant text or number".to_owned(), None)),
        };
        Ok((term, Type::Dynamic))
    }

    /// What a member is selected from.
    fn object(&self, of: &Expr, member: &str) -> Result<Term, FilterError> {
        let dotted = || {
            let name = format!("{of}.{member}");
            let is_name = self.names.known().any(|known| known == name);
            is_name.then(|| format!("the field is written {RECORD}[{name:?}]"))
        };
        match self.expr(of) {
            Ok((term, Type::Dynamic)) => Ok(term),
            Ok((_, ty)) => Err(refuse(&of.at, format!("{} is {ty} and has no member {member:?}", short(of)), dotted())),
            Err(error) => match dotted() {
                Some(hint) => Err(refuse(&of.at, format!("there is no field `{}`", short(of)), Some(hint))),
                None => Err(error),
            },
        }
    }

    fn binary(&self, expr: &Expr, operator: Operator, left: &Expr, right: &Expr) -> Checked {
        if operator.precedence() == precedence::RELATION {
            self.demand_severities(left, right)?;
            self.demand_severities(right, left)?;
        }
        if let (Operator::In, ExprKind::List(elements)) = (operator, &right.kind) {
            return self.in_list(left, elements);
        }
        let ((this, left_type), (that, right_type)) = (self.expr(left)?, self.expr(right)?);
        let result = match operator {
            Operator::Equal | Operator::NotEqual => left_type.equals(right_type).then_some(Type::Bool),
            Operator::In => match right_type {
                Type::Cidr => is_address(left_type).then_some(Type::Bool),
                Type::List | Type::Dynamic => Some(Type::Bool),
                _ => return Err(no_list(expr, (left, left_type), (right, right_type))),
            },
            _ if operator.precedence() == precedence::RELATION => left_type.orders(right_type).then_some(Type::Bool),
            _ => arithmetic::result_type(operator, left_type, right_type),
        };
        let meets_severity = is_severity_beside_number((left, left_type), (right, right_type));
        let Some(ty) = result.filter(|_| !meets_severity) else {
            return Err(unlike(expr, operator, (left, left_type), (right, right_type)));
        };
        Ok((Term::Binary(operator, Box::new(this), Box::new(that)), ty))
    }

    /// Refuses names beside `severity`, or in a list beside it, that are no severity's. Where members of JSON have any name
    /// they would be members that no record has, and `severity >= WARNING` would match nothing without a word.
    fn demand_severities(&self, this: &Expr, other: &Expr) -> Result<(), FilterError> {
        if field_name(this) != Some(SEVERITY) {
            return Ok(());
        }
        let others = match &other.kind {
            ExprKind::List(elements) => elements,
            _ => std::slice::from_ref(other),
        };
        for other in others {
            let ExprKind::Name(name) = &other.kind else { continue };
            if severity(name).is_some() || name == RECORD || self.names.known().any(|known| known == name) {
                continue;
            }
            let meant = Severity::from_name(name.as_bytes());
            // Of a name that is near a field's, more is said where names are looked up.
            if meant.is_some() || self.names.find(name, self.kind).is_some() {
                let kind = FilterErrorKind::UnknownSeverity { name: name.clone(), meant };
                return Err(FilterError::new(&other.at, kind));
            }
        }
        Ok(())
    }

    /// `left in […]`.
    fn in_list(&self, left: &Expr, elements: &[Expr]) -> Checked {
        let (this, left_type) = self.expr(left)?;
        let check = |element| {
            let (term, ty) = self.expr(element)?;
            let is_like = left_type.equals(ty) && !is_severity_beside_number((left, left_type), (element, ty));
            if is_like || ty == Type::Cidr && is_address(left_type) {
                Ok(term)
            } else {
                Err(unlike(element, Operator::Equal, (left, left_type), (element, ty)))
            }
        };
        let terms: Result<Vec<_>, _> = elements.iter().map(check).collect();
        Ok((Term::Binary(Operator::In, Box::new(this), Box::new(Term::List(terms?).fold())), Type::Bool))
    }
}

/// A severity by its name compares with severities only; the record's severity compares with its numbers too.
fn is_severity_beside_number((left, left_type): (&Expr, Type), (right, right_type): (&Expr, Type)) -> bool {
    let is_constant = |expr: &Expr| matches!(&expr.kind, ExprKind::Name(name) if severity(name).is_some());
    is_constant(left) && right_type == Type::Int || is_constant(right) && left_type == Type::Int
}

fn is_address(ty: Type) -> bool {
    ty.may_be(Type::Text) || ty == Type::Null
}

/// Why something cannot stand behind `in`.
fn no_list(at: &Expr, (left, left_type): (&Expr, Type), (right, ty): (&Expr, Type)) -> FilterError {
    let is_text = ty == Type::Text && left_type == Type::Text;
    let hint = is_text.then(|| format!("write {}.contains({})", short(right), short(left)));
    refuse(&at.at, format!("`in` wants a list or a network behind it; {} is {ty}", short(right)), hint)
}

/// Why two sides do not go together.
fn unlike(at: &Expr, operator: Operator, left: (&Expr, Type), right: (&Expr, Type)) -> FilterError {
    let hint = hint(operator, left, right).or_else(|| hint(operator, right, left));
    let ((left, left_type), (right, right_type)) = (left, right);
    let what = format!(
        "{} is {left_type} and {} is {right_type}: there is no `{}` for these",
        short(left),
        short(right),
        operator.text(),
    );
    refuse(&at.at, what, hint)
}

fn constant(value: Value<'static>) -> (Term, Type) {
    let ty = Type::of(&value);
    (Term::Constant(value), ty)
}

/// What may be meant where one side cannot stand beside the other.
fn hint(operator: Operator, (this, ty): (&Expr, Type), (other, other_type): (&Expr, Type)) -> Option<String> {
    use Operator::{Add, Divide, Multiply, Subtract};
    let literal = match &other.kind {
        ExprKind::Literal(Literal::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    Some(match (ty, other_type) {
        (Type::Severity, Type::Text) => match Severity::from_name(literal?.as_bytes()) {
            Some(severity) => format!("write {severity} without quotes"),
            None => "the severities are TRACE, DEBUG, INFO, WARN, ERROR and FATAL, without quotes".to_owned(),
        },
        (Type::Int | Type::Uint | Type::Double | Type::Decimal, Type::Text) => match literal {
            Some(text) if text.parse::<f64>().is_ok_and(f64::is_finite) => format!("write {text} without quotes"),
            _ => return None,
        },
        (Type::Time, Type::Text) => format!("write timestamp({})", short(other)),
        (Type::Duration, Type::Text) => format!("write duration({})", short(other)),
        (Type::Text, Type::Int) if literal.is_none() && field_name(this).is_some() => {
            format!("for its length write size({this}), for a number in it int({this})")
        }
        (Type::Text, Type::Cidr) => format!("write {} in {}", short(this), short(other)),
        (Type::Double | Type::Decimal, Type::Int) if matches!(operator, Add | Subtract | Multiply | Divide) => {
            format!("write double({})", short(other))
        }
        (_, Type::Null) if field_name(this).is_some() => format!("to ask whether there is one, write has({this})"),
        _ => return None,
    })
}

pub(super) fn refuse(at: &Range<usize>, what: String, hint: Option<String>) -> FilterError {
    FilterError::new(at, FilterErrorKind::Type { what, hint })
}

/// An expression for a sentence: not too long, and nothing in it that speaks to a terminal.
pub(super) fn short(expr: &Expr) -> String {
    const MOST: usize = 40;
    let text = expr.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
