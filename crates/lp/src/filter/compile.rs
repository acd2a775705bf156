//! Checked expressions to tests: comparisons with constants, each in the way that suits its field.

use super::ast::Operator;
use super::cidr::Cidr;
use super::function::Function;
use super::predicate::{Range, Test};
use super::source::Source;
use super::term::{Term, binary};
use super::text::{Text, TextTest};
use super::value::{Failed, Value};
use lp_core::STATUS_CLASSES;
use lp_core::Severity;

/// The test whether an expression is true, or whether it is false.
pub(super) fn compile(term: Term, wanted: bool) -> Test {
    match term {
        Term::Constant(Value::Bool(value)) if value == wanted => Test::Always,
        Term::Constant(_) | Term::Failed => Test::Never,
        Term::Not(operand) => compile(*operand, !wanted),
        Term::All(parts) => joined(parts, wanted, wanted),
        Term::Any(parts) => joined(parts, !wanted, wanted),
        Term::Has(of) => match *of {
            Term::Name(source) => Test::Present { source, wanted },
            of => Test::Term { term: Box::new(Term::Has(Box::new(of))), wanted },
        },
        term => special(&term, wanted).unwrap_or_else(|| Test::Term { term: Box::new(term), wanted }),
    }
}

/// All of the parts, or any of them.
fn joined(parts: Vec<Term>, all: bool, wanted: bool) -> Test {
    let (decides, does_not) = if all { (Test::Never, Test::Always) } else { (Test::Always, Test::Never) };
    let is = |test: &Test, other: &Test| std::mem::discriminant(test) == std::mem::discriminant(other);
    let mut tests = Vec::with_capacity(parts.len());
    for part in parts {
        match compile(part, wanted) {
            test if is(&test, &decides) => return decides,
            test if is(&test, &does_not) => {}
            // Parts of parts are parts, if they are joined in the same way.
            Test::All(inner) if all => tests.extend(inner),
            Test::Any(inner) if !all => tests.extend(inner),
            test => tests.push(test),
        }
    }
    tests.sort_by_key(Test::cost);
    match tests.len() {
        0 => does_not,
        1 => tests.remove(0),
        _ if all => Test::All(tests.into()),
        _ => Test::Any(tests.into()),
    }
}

/// The test of a name beside constants, where there is one for it.
fn special(term: &Term, wanted: bool) -> Option<Test> {
    match term {
        Term::Binary(operator, left, right) => match (&**left, &**right) {
            (Term::Name(source), Term::Constant(constant)) => comparison(source, *operator, constant, wanted),
            (Term::Constant(constant), Term::Name(source)) => {
                comparison(source, mirrored(*operator)?, constant, wanted)
            }
            _ => None,
        },
        Term::Matches(text, regex) => match &**text {
            Term::Name(source) => text_test(source, TextTest::Matches(regex.clone()), wanted, false),
            _ => None,
        },
        Term::Call(function, arguments) => match &arguments[..] {
            [Term::Name(source), Term::Constant(Value::Text(text))] if TextTest::takes(text) => {
                let bytes = text.as_bytes();
                let test = match function {
                    Function::StartsWith => TextTest::StartsWith(bytes.into()),
                    Function::EndsWith => TextTest::EndsWith(bytes.into()),
                    Function::Contains => TextTest::Contains(Box::new(memchr::memmem::Finder::new(bytes).into_owned())),
                    _ => return None,
                };
                text_test(source, test, wanted, false)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The same operator with its sides exchanged.
const fn mirrored(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Equal | Operator::NotEqual => operator,
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        _ => return None,
    })
}

fn comparison(source: &Source, operator: Operator, constant: &Value<'static>, wanted: bool) -> Option<Test> {
    let holds = |value: &Value<'static>| binary(operator, value, constant);
    if let (Operator::Equal | Operator::NotEqual, Value::Null) = (operator, constant) {
        let wanted = (operator == Operator::NotEqual) == wanted;
        return Some(Test::Present { source: source.clone(), wanted });
    }
    match source {
        // There are so few values that each can be asked.
        Source::Severity => {
            let values = (0..=24).map(|number| Severity::from_number(number).map_or(Value::Null, Value::Severity));
            Some(Test::Severity(bits(values.map(|value| holds(&value)), wanted)))
        }
        Source::StatusClass(field) => {
            let values = std::iter::once(Value::Null).chain(STATUS_CLASSES.map(Value::text));
            Some(Test::StatusClass(*field, bits(values.map(|value| holds(&value)), wanted) as u16))
        }
        Source::Integer(field) => match (operator, constant) {
            (Operator::In, Value::List(list)) => {
                let mut numbers = Vec::with_capacity(list.len());
                for element in list.iter() {
                    numbers.extend(u64::try_from(whole(element)?).ok());
                }
                numbers.sort_unstable();
                Some(Test::OneOf { field: *field, numbers: numbers.into(), wanted })
            }
            _ => Some(match range(operator, whole(constant)?, 0..=u64::MAX.into(), wanted)? {
                Some(range) => Test::Integer(*field, range),
                None => Test::Never,
            }),
        },
        Source::Timestamp => match constant {
            Value::Time(time) => {
                let nanos = i128::from(time.as_nanos());
                let range = range(operator, nanos, i64::MIN.into()..=i64::MAX.into(), wanted)?;
                Some(range.map_or(Test::Never, Test::Time))
            }
            _ => None,
        },
        _ => of_text(source, operator, constant, wanted),
    }
}

/// A bit for each result that is the one that is wanted.
fn bits(results: impl Iterator<Item = Result<Value<'static>, Failed>>, wanted: bool) -> u32 {
    let is = |result| u32::from(matches!(result, Ok(Value::Bool(value)) if value == wanted));
    results.enumerate().map(|(number, result)| is(result) << number).sum()
}

fn whole(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Int(value) => Some((*value).into()),
        Value::Uint(value) => Some((*value).into()),
        _ => None,
    }
}

/// The numbers among `all` of which the comparison is true, or of which it is false. `Some(None)` where there are none, and
/// a number that is missing does not count either.
fn range(
    operator: Operator,
    constant: i128,
    all: std::ops::RangeInclusive<i128>,
    wanted: bool,
) -> Option<Option<Range>> {
    let (first, last) = all.into_inner();
    let (low, high) = match (operator, wanted) {
        (Operator::Equal | Operator::NotEqual, _) => {
            let wanted = (operator == Operator::Equal) == wanted;
            let is_there = (first..=last).contains(&constant);
            // What no number is, every number is not.
            let (low, span) = if is_there { (constant as u64, 0) } else { (first as u64, u64::MAX) };
            return Some(Some(Range { low, span, wanted: wanted == is_there, absent: !wanted }));
        }
        (Operator::Less, true) | (Operator::GreaterOrEqual, false) => (first, constant - 1),
        (Operator::LessOrEqual, true) | (Operator::Greater, false) => (first, constant),
        (Operator::Greater, true) | (Operator::LessOrEqual, false) => (constant + 1, last),
        (Operator::GreaterOrEqual, true) | (Operator::Less, false) => (constant, last),
        _ => return None,
    };
    let (low, high) = (low.max(first), high.min(last));
    let range = || Range { low: low as u64, span: (high - low) as u64, wanted: true, absent: false };
    Some((low <= high).then(range))
}

/// A text beside a constant.
fn of_text(source: &Source, operator: Operator, constant: &Value<'static>, wanted: bool) -> Option<Test> {
    match (operator, constant) {
        (Operator::Equal | Operator::NotEqual, Value::Text(text)) if TextTest::takes(text) => {
            let wanted = (operator == Operator::Equal) == wanted;
            text_test(source, TextTest::Is(text.as_bytes().into()), wanted, !wanted)
        }
        (Operator::In, Value::Cidr(network)) => networks(source, vec![*network], wanted),
        (Operator::In, Value::List(list)) => {
            let cidr = |value: &Value<'_>| match value {
                Value::Cidr(network) => Some(*network),
                _ => None,
            };
            if let Some(found) = list.iter().map(cidr).collect::<Option<Vec<Cidr>>>() {
                return networks(source, found, wanted);
            }
            let text = |value: &Value<'_>| match value {
                Value::Text(text) if TextTest::takes(text) => Some(text.as_bytes().into()),
                _ => None,
            };
            let mut texts: Vec<Box<[u8]>> = list.iter().map(text).collect::<Option<_>>()?;
            texts.sort_unstable();
            text_test(source, TextTest::IsOneOf(texts.into()), wanted, !wanted)
        }
        _ => None,
    }
}

fn text_test(source: &Source, test: TextTest, wanted: bool, absent: bool) -> Option<Test> {
    Some(Test::Text { text: Text::of(source)?, test: Box::new(test), wanted, absent })
}

fn networks(source: &Source, networks: Vec<Cidr>, wanted: bool) -> Option<Test> {
    Some(Test::Address { text: Text::of(source)?, networks: networks.into(), wanted })
}
