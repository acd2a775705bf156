//! `+ - * / %`: on numbers of one type, texts, times and durations.

use std::borrow::Cow;

use lp_core::Timestamp;

use super::ast::Operator;
use super::types::Type;
use super::value::{Failed, Value};

/// The type of a result, or `None` where there is none.
pub(super) fn result_type(operator: Operator, left: Type, right: Type) -> Option<Type> {
    use Operator::{Add, Remainder, Subtract};
    // What a decimal field is as a number.
    let number = |ty| if ty == Type::Decimal { Type::Double } else { ty };
    match (number(left), number(right)) {
        (Type::Dynamic, Type::Dynamic) => Some(Type::Dynamic),
        (Type::Dynamic, known) | (known, Type::Dynamic) => {
            let may_be = |ty: &Type| result_type(operator, known, *ty).or(result_type(operator, *ty, known)).is_some();
            [Type::Int, Type::Uint, Type::Double, Type::Text, Type::Time, Type::Duration]
                .iter()
                .any(may_be)
                .then_some(Type::Dynamic)
        }
        (Type::Double, Type::Double) if operator == Remainder => None,
        (left, right) if left == right && left.is_number() => Some(left),
        (Type::Text, Type::Text) if operator == Add => Some(Type::Text),
        (Type::Time, Type::Time) if operator == Subtract => Some(Type::Duration),
        (Type::Time, Type::Duration) if matches!(operator, Add | Subtract) => Some(Type::Time),
        (Type::Duration, Type::Time) if operator == Add => Some(Type::Time),
        (Type::Duration, Type::Duration) if matches!(operator, Add | Subtract) => Some(Type::Duration),
        _ => None,
    }
}

/// The result of an operator; none where it does not take these values, or the result is beyond 64 bits.
pub(super) fn binary<'a>(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<Value<'a>, Failed> {
    use Operator::{Add, Divide, Multiply, Remainder, Subtract};
    let sum = |left: i64, right: i64| match operator {
        Add => left.checked_add(right),
        Subtract => left.checked_sub(right),
        _ => None,
    };
    let result = match (left, right) {
        (Value::Int(left), Value::Int(right)) => match operator {
            Multiply => left.checked_mul(*right),
            Divide => left.checked_div(*right),
            Remainder => left.checked_rem(*right),
            _ => sum(*left, *right),
        }
        .map(Value::Int),
        (Value::Uint(left), Value::Uint(right)) => match operator {
            Add => left.checked_add(*right),
            Subtract => left.checked_sub(*right),
            Multiply => left.checked_mul(*right),
            Divide => left.checked_div(*right),
            Remainder => left.checked_rem(*right),
            _ => None,
        }
        .map(Value::Uint),
        (Value::Double(left), Value::Double(right)) => match operator {
            Add => Some(left + right),
            Subtract => Some(left - right),
            Multiply => Some(left * right),
            Divide => Some(left / right),
            _ => None,
        }
        .map(Value::Double),
        (Value::Text(left), Value::Text(right)) if operator == Add => {
            Some(Value::Text(Cow::Owned(format!("{left}{right}"))))
        }
        (Value::Time(left), Value::Time(right)) if operator == Subtract => {
            left.as_nanos().checked_sub(right.as_nanos()).map(Value::Duration)
        }
        (Value::Time(time), Value::Duration(by)) => {
            sum(time.as_nanos(), *by).map(Timestamp::from_nanos).map(Value::Time)
        }
        (Value::Duration(by), Value::Time(time)) if operator == Add => {
            sum(*by, time.as_nanos()).map(Timestamp::from_nanos).map(Value::Time)
        }
        (Value::Duration(left), Value::Duration(right)) => sum(*left, *right).map(Value::Duration),
        _ => None,
    };
    result.ok_or(Failed)
}

/// `-` before a value.
pub(super) fn negate<'a>(operand: &Value<'_>) -> Result<Value<'a>, Failed> {
    match operand {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(Failed),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => Err(Failed),
    }
}
