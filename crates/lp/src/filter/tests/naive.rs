//! A plain interpreter: what an expression says of a record, by its syntax tree and the record's JSON alone.
//!
//! Nothing is known before there is a record: names are looked up by their text in what the encoder writes, and every
//! operator looks at the values that it is given.

use std::cmp::Ordering;
use std::net::IpAddr;

use lp_core::encode::{JsonEncoder, Output};
use lp_core::{Batch, Kind, Record, Schema, Severity, Timestamp};
use serde_json::{Map, Value as Json};

use crate::filter::ast::{Call, Expr, ExprKind, Literal, Operator};

/// A record, as names are looked up in it.
pub(super) struct Seen {
    json: Map<String, Json>,
    raw: String,
    decimals: Vec<String>,
    has_status_class: bool,
}

/// The records of a batch as they are shown.
pub(super) fn seen(schema: &Schema, batch: &Batch, input: &[u8]) -> Vec<Seen> {
    let mut output = Output::new();
    JsonEncoder::new(schema).encode(batch, input, &mut output);
    let lines = output.as_bytes().split(|&byte| byte == b'\n');
    let see = |(record, line): (Record<'_>, &[u8])| {
        let fields = schema.fields();
        let (first, second) = fields.split_at(schema.first_kind());
        let own = if record.is_second_kind() { second } else { first };
        Seen {
            json: serde_json::from_slice(line).unwrap(),
            raw: String::from_utf8_lossy(record.raw()).into_owned(),
            decimals: own
                .iter()
                .filter(|field| field.kind() == Kind::Decimal)
                .map(|field| field.name().to_owned())
                .collect(),
            has_status_class: own.iter().any(|field| field.name() == "status_code" && field.kind() == Kind::Integer),
        }
    };
    batch.records(input).zip(lines).map(see).collect()
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    Time(i64),
    Duration(i64),
    Severity(u8),
    Cidr(String),
    List(Vec<Value>),
    Object(Map<String, Json>),
}

/// A value, or CEL's error.
type Answer = Result<Value, ()>;

impl Seen {
    fn name(&self, name: &str) -> Value {
        let json = self.json.get(name);
        match (name, json) {
            ("timestamp", Some(Json::String(text))) => Value::Time(time(text).unwrap()),
            ("severity", Some(Json::String(text))) => {
                Value::Severity(Severity::from_name(text.as_bytes()).unwrap().number())
            }
            ("parse_error", Some(error)) => Value::Text(error["reason"].as_str().unwrap().to_owned()),
            ("raw", None) => Value::Text(self.raw.clone()),
            ("status_class", None) if self.has_status_class => match self.json.get("status_code") {
                Some(Json::Number(status)) if status.as_u64().unwrap() < 1000 => {
                    Value::Text(format!("{}xx", status.as_u64().unwrap() / 100))
                }
                _ => Value::Null,
            },
            (_, Some(Json::Number(number))) if self.decimals.iter().any(|decimal| decimal == name) => {
                Value::Double(number.as_f64().unwrap())
            }
            (_, json) => json.map_or(Value::Null, of_json),
        }
    }

    pub(super) fn answer(&self, expr: &Expr) -> Answer {
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(match literal {
                Literal::Null => Value::Null,
                Literal::Bool(value) => Value::Bool(*value),
                Literal::Int(value) => Value::Int(*value),
                Literal::Uint(value) => Value::Uint(*value),
                Literal::Double(value) => Value::Double(*value),
                Literal::Text(text) => Value::Text(text.clone()),
            }),
            ExprKind::Name(name) => {
                Ok(match name.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit()) {
                    true => Value::Severity(Severity::from_name(name.as_bytes()).unwrap().number()),
                    false => self.name(name),
                })
            }
            ExprKind::Select(of, name) => match self.answer(of)? {
                Value::Object(members) => Ok(members.get(name).map_or(Value::Null, of_json)),
                _ => Ok(Value::Null),
            },
            ExprKind::Index(of, key) => match (&of.kind, self.answer(key)?) {
                (ExprKind::Name(record), Value::Text(name)) if record == "record" => Ok(self.name(&name)),
                (_, key) => match (self.answer(of)?, key) {
                    (Value::Object(members), Value::Text(name)) => Ok(members.get(&name).map_or(Value::Null, of_json)),
                    (Value::List(list), Value::Int(number)) => {
                        Ok(list.get(number as usize).cloned().unwrap_or(Value::Null))
                    }
                    _ => Ok(Value::Null),
                },
            },
            ExprKind::Call(call) => self.call(call),
            ExprKind::List(parts) => {
                parts.iter().map(|part| self.answer(part)).collect::<Result<_, _>>().map(Value::List)
            }
            ExprKind::Not(operand) => Ok(Value::Bool(!self.truth(operand)?)),
            ExprKind::Negate(operand) => match self.answer(operand)? {
                Value::Int(value) => value.checked_neg().map(Value::Int).ok_or(()),
                Value::Double(value) => Ok(Value::Double(-value)),
                _ => Err(()),
            },
            ExprKind::Binary(operator, left, right) => binary(*operator, self.answer(left)?, self.answer(right)?),
            ExprKind::All(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                if parts.contains(&Ok(false)) {
                    Ok(Value::Bool(false))
                } else if parts.contains(&Err(())) {
                    Err(())
                } else {
                    Ok(Value::Bool(true))
                }
            }
            ExprKind::Any(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.truth(part)).collect();
                if parts.contains(&Ok(true)) {
                    Ok(Value::Bool(true))
                } else if parts.contains(&Err(())) {
                    Err(())
                } else {
                    Ok(Value::Bool(false))
                }
            }
            ExprKind::If(parts) => self.answer(&parts[if self.truth(&parts[0])? { 1 } else { 2 }]),
        }
    }

    fn truth(&self, expr: &Expr) -> Result<bool, ()> {
        match self.answer(expr)? {
            Value::Bool(value) => Ok(value),
            _ => Err(()),
        }
    }

    fn call(&self, call: &Call) -> Answer {
        let values: Result<Vec<_>, ()> =
            call.receiver.as_deref().into_iter().chain(&call.arguments).map(|part| self.answer(part)).collect();
        let answer = match (&*call.name, &values?[..]) {
            ("has", [value]) => Value::Bool(!matches!(value, Value::Null)),
            ("size", [Value::Text(text)]) => Value::Int(text.chars().count() as i64),
            ("size", [Value::List(list)]) => Value::Int(list.len() as i64),
            ("startsWith", [Value::Text(text), Value::Text(with)]) => Value::Bool(text.starts_with(with)),
            ("endsWith", [Value::Text(text), Value::Text(with)]) => Value::Bool(text.ends_with(with)),
            ("contains", [Value::Text(text), Value::Text(part)]) => Value::Bool(text.contains(part)),
            ("matches", [Value::Text(text), Value::Text(regex)]) => {
                Value::Bool(regex::Regex::new(regex).unwrap().is_match(text))
            }
            ("lowerAscii", [Value::Text(text)]) => Value::Text(text.to_ascii_lowercase()),
            ("upperAscii", [Value::Text(text)]) => Value::Text(text.to_ascii_uppercase()),
            ("trim", [Value::Text(text)]) => Value::Text(text.trim().to_owned()),
            ("timestamp", [Value::Text(text)]) => Value::Time(time(text).ok_or(())?),
            ("cidr", [Value::Text(text)]) => Value::Cidr(text.clone()),
            ("duration", [Value::Text(text)]) => {
                // Whole seconds are enough here.
                Value::Duration(text.strip_suffix('s').unwrap().parse::<i64>().unwrap() * 1_000_000_000)
            }
            ("int", [Value::Text(text)]) => Value::Int(text.parse().map_err(drop)?),
            ("int", [Value::Int(value)]) => Value::Int(*value),
            ("int", [Value::Double(value)]) if value.abs() < 9e18 => Value::Int(*value as i64),
            ("int", [Value::Severity(number)]) => Value::Int((*number).into()),
            ("double", [Value::Int(value)]) => Value::Double(*value as f64),
            ("double", [Value::Uint(value)]) => Value::Double(*value as f64),
            ("double", [Value::Double(value)]) => Value::Double(*value),
            ("double", [Value::Text(text)]) => Value::Double(text.parse().map_err(drop)?),
            ("string", [Value::Text(text)]) => Value::Text(text.clone()),
            ("string", [Value::Int(value)]) => Value::Text(value.to_string()),
            ("string", [Value::Uint(value)]) => Value::Text(value.to_string()),
            ("string", [Value::Double(value)]) => Value::Text(value.to_string()),
            ("string", [Value::Bool(value)]) => Value::Text(value.to_string()),
            ("string", [Value::Severity(number)]) => {
                Value::Text(Severity::from_number(*number).unwrap().name().to_owned())
            }
            ("getHours", [Value::Time(nanos)]) => Value::Int(nanos.div_euclid(3_600_000_000_000).rem_euclid(24)),
            ("getMinutes", [Value::Time(nanos)]) => Value::Int(nanos.div_euclid(60_000_000_000).rem_euclid(60)),
            _ => return Err(()),
        };
        Ok(answer)
    }
}

fn time(text: &str) -> Option<i64> {
    let (time, _, len) = Timestamp::read(text.as_bytes(), &lp_core::Zone::UTC)?;
    (len == text.len()).then_some(time.as_nanos())
}

fn of_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::Uint(value),
            _ => Value::Double(number.as_f64().unwrap()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(list) => Value::List(list.iter().map(of_json).collect()),
        Json::Object(members) => Value::Object(members.clone()),
    }
}

fn binary(operator: Operator, left: Value, right: Value) -> Answer {
    let order = || compare(&left, &right);
    Ok(Value::Bool(match operator {
        Operator::Equal => equal(&left, &right)?,
        Operator::NotEqual => !equal(&left, &right)?,
        Operator::Less => order()? == Ordering::Less,
        Operator::LessOrEqual => order()? != Ordering::Greater,
        Operator::Greater => order()? == Ordering::Greater,
        Operator::GreaterOrEqual => order()? != Ordering::Less,
        Operator::In => is_in(&left, &right)?,
        _ => return arithmetic(operator, &left, &right),
    }))
}

/// No number here is no number, so that all have an order.
fn compare(left: &Value, right: &Value) -> Result<Ordering, ()> {
    let whole = |value: &Value| match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    };
    let mixed = |whole: i128, double: f64| {
        let floor = double.floor();
        whole.cmp(&(floor as i128)).then(if double > floor { Ordering::Less } else { Ordering::Equal })
    };
    Ok(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Severity(left), Value::Severity(right)) => left.cmp(right),
        (Value::Severity(left), Value::Int(right)) => i64::from(*left).cmp(right),
        (Value::Int(left), Value::Severity(right)) => left.cmp(&i64::from(*right)),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right).unwrap(),
        (left, right) => match (whole(left), whole(right), left, right) {
            (Some(left), Some(right), ..) => left.cmp(&right),
            (Some(left), None, _, Value::Double(right)) => mixed(left, *right),
            (None, Some(right), Value::Double(left), _) => mixed(right, *left).reverse(),
            _ => return Err(()),
        },
    })
}

fn equal(left: &Value, right: &Value) -> Result<bool, ()> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Object(_), Value::Object(_)) => Err(()),
        (Value::List(left), Value::List(right)) => {
            for (left, right) in left.iter().zip(right) {
                if !equal(left, right)? {
                    return Ok(false);
                }
            }
            Ok(left.len() == right.len())
        }
        _ => Ok(compare(left, right) == Ok(Ordering::Equal)),
    }
}

fn is_in(left: &Value, right: &Value) -> Result<bool, ()> {
    match right {
        Value::Cidr(network) => Ok(matches!(left, Value::Text(text) if is_address_in(text, network))),
        Value::List(list) => {
            let each: Vec<_> = list
                .iter()
                .map(|element| match element {
                    Value::Cidr(_) => is_in(left, element),
                    _ => equal(left, element),
                })
                .collect();
            if each.contains(&Ok(true)) {
                Ok(true)
            } else if each.contains(&Err(())) {
                Err(())
            } else {
                Ok(false)
            }
        }
        _ => Err(()),
    }
}

/// Bit by bit.
fn is_address_in(text: &str, network: &str) -> bool {
    let bits = |address: IpAddr| -> String {
        match address {
            IpAddr::V4(address) => address.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
            IpAddr::V6(address) => address.octets().iter().map(|byte| format!("{byte:08b}")).collect(),
        }
    };
    let (start, len) = network.split_once('/').unwrap();
    let start: IpAddr = start.parse().unwrap();
    let Ok(address) = text.split(',').next().unwrap().trim_matches(' ').parse::<IpAddr>() else { return false };
    let address = if start.is_ipv4() { address.to_canonical() } else { address };
    let len: usize = len.parse().unwrap();
    address.is_ipv4() == start.is_ipv4() && bits(address)[..len] == bits(start)[..len]
}

fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Answer {
    let whole = |left: i128, right: i128| match operator {
        Operator::Add => Some(left + right),
        Operator::Subtract => Some(left - right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide if right != 0 => Some(left / right),
        Operator::Remainder if right != 0 => Some(left % right),
        _ => None,
    };
    match (left, right, operator) {
        (Value::Int(left), Value::Int(right), _) => {
            // The least number has no remainder by -1 in 64 bits, as it has no quotient.
            if *left == i64::MIN && *right == -1 && operator == Operator::Remainder {
                return Err(());
            }
            let result = whole((*left).into(), (*right).into()).ok_or(())?;
            i64::try_from(result).map(Value::Int).map_err(drop)
        }
        (Value::Uint(left), Value::Uint(right), _) => {
            let result = whole((*left).into(), (*right).into()).ok_or(())?;
            u64::try_from(result).map(Value::Uint).map_err(drop)
        }
        (Value::Double(left), Value::Double(right), Operator::Add) => Ok(Value::Double(left + right)),
        (Value::Double(left), Value::Double(right), Operator::Subtract) => Ok(Value::Double(left - right)),
        (Value::Double(left), Value::Double(right), Operator::Multiply) => Ok(Value::Double(left * right)),
        (Value::Text(left), Value::Text(right), Operator::Add) => Ok(Value::Text(left.clone() + right)),
        (Value::Time(left), Value::Time(right), Operator::Subtract) => {
            left.checked_sub(*right).map(Value::Duration).ok_or(())
        }
        (Value::Time(left), Value::Duration(right), Operator::Add) => {
            left.checked_add(*right).map(Value::Time).ok_or(())
        }
        (Value::Time(left), Value::Duration(right), Operator::Subtract) => {
            left.checked_sub(*right).map(Value::Time).ok_or(())
        }
        _ => Err(()),
    }
}
