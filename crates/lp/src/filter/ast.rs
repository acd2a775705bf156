//! The syntax tree of an expression, and how it is written.

use std::fmt;
use std::ops::Range;

/// An expression, and where it stands in its text.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) at: Range<usize>,
    /// How many expressions stand within each other from here on, this one counted.
    depth: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum ExprKind {
    Literal(Literal),
    /// A name as it stands: a field, or a constant.
    Name(String),
    /// `of.name`.
    Select(Box<Expr>, String),
    /// `of[key]`.
    Index(Box<Expr>, Box<Expr>),
    /// `name(arguments)` or `receiver.name(arguments)`.
    Call(Call),
    List(Vec<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// Two or more between `&&`.
    All(Vec<Expr>),
    /// Two or more between `||`.
    Any(Vec<Expr>),
    /// A condition, what is meant where it holds, and what else.
    If(Box<[Expr; 3]>),
}

#[derive(Clone, PartialEq, Debug)]
pub(super) struct Call {
    pub(super) receiver: Option<Box<Expr>>,
    pub(super) name: String,
    pub(super) name_at: Name,
    pub(super) arguments: Vec<Expr>,
}

/// Where a name stands; all places are the same to a comparison of trees.
#[derive(Clone, Debug)]
pub(super) struct Name(pub(super) Range<usize>);

impl PartialEq for Name {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
}

/// An operator between two operands, `&&` and `||` apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// What binds more strongly has a higher number.
    pub(super) const fn precedence(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => precedence::SUM,
            Self::Multiply | Self::Divide | Self::Remainder => precedence::PRODUCT,
            _ => precedence::RELATION,
        }
    }
}

/// How strongly things bind.
pub(super) mod precedence {
    pub(in super::super) const CONDITIONAL: u8 = 0;
    pub(in super::super) const ANY: u8 = 1;
    pub(in super::super) const ALL: u8 = 2;
    pub(in super::super) const RELATION: u8 = 3;
    pub(in super::super) const SUM: u8 = 4;
    pub(in super::super) const PRODUCT: u8 = 5;
    pub(in super::super) const UNARY: u8 = 6;
    pub(in super::super) const MEMBER: u8 = 7;
}

impl Expr {
    /// How many expressions may stand within each other, so that nothing that goes through a tree needs much stack.
    pub(super) const MAX_DEPTH: usize = 128;

    /// `None` where it is too deep.
    pub(super) fn new(kind: ExprKind, at: Range<usize>) -> Option<Self> {
        let mut inner = 0;
        kind.each(&mut |part| inner = inner.max(part.depth));
        (inner < Self::MAX_DEPTH).then_some(Self { kind, at, depth: inner + 1 })
    }

    /// How strongly what it is written as binds.
    const fn precedence(&self) -> u8 {
        match &self.kind {
            ExprKind::If(_) => precedence::CONDITIONAL,
            ExprKind::Any(_) => precedence::ANY,
            ExprKind::All(_) => precedence::ALL,
            ExprKind::Binary(operator, ..) => operator.precedence(),
            ExprKind::Not(_) | ExprKind::Negate(_) => precedence::UNARY,
            _ => precedence::MEMBER,
        }
    }

    /// Whether the first word of what it is written as is a number.
    fn begins_with_number(&self) -> bool {
        match &self.kind {
            ExprKind::Literal(_) => true,
            ExprKind::Select(of, _) | ExprKind::Index(of, _) => of.begins_with_number(),
            ExprKind::Call(call) => call.receiver.as_deref().is_some_and(Self::begins_with_number),
            _ => false,
        }
    }
}

/// The same expression, wherever it stands.
impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl ExprKind {
    /// Calls `with` for each part.
    pub(super) fn each<'a>(&'a self, with: &mut impl FnMut(&'a Expr)) {
        match self {
            Self::Literal(_) | Self::Name(_) => {}
            Self::Select(part, _) | Self::Not(part) | Self::Negate(part) => with(part),
            Self::Index(first, second) | Self::Binary(_, first, second) => {
                with(first);
                with(second);
            }
            Self::Call(call) => call.receiver.as_deref().into_iter().chain(&call.arguments).for_each(with),
            Self::List(parts) | Self::All(parts) | Self::Any(parts) => parts.iter().for_each(with),
            Self::If(parts) => parts.iter().for_each(with),
        }
    }
}

/// The expression in its shortest form, which reads as the same tree.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(literal) => literal.fmt(f),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Select(of, name) => write!(f, "{}.{name}", Within(of, precedence::MEMBER)),
            ExprKind::Index(of, key) => write!(f, "{}[{key}]", Within(of, precedence::MEMBER)),
            ExprKind::Call(call) => {
                if let Some(receiver) = &call.receiver {
                    write!(f, "{}.", Within(receiver, precedence::MEMBER))?;
                }
                write!(f, "{}({})", call.name, Joined(&call.arguments, ", ", precedence::CONDITIONAL))
            }
            ExprKind::List(parts) => write!(f, "[{}]", Joined(parts, ", ", precedence::CONDITIONAL)),
            ExprKind::Not(operand) => write!(f, "!{}", Within(operand, precedence::UNARY)),
            // A minus before a number is part of it.
            ExprKind::Negate(operand) if operand.begins_with_number() => write!(f, "-({operand})"),
            ExprKind::Negate(operand) => write!(f, "-{}", Within(operand, precedence::UNARY)),
            ExprKind::Binary(operator, left, right) => {
                let binds = operator.precedence();
                write!(f, "{} {} {}", Within(left, binds), operator.text(), Within(right, binds + 1))
            }
            ExprKind::All(parts) => Joined(parts, " && ", precedence::ALL + 1).fmt(f),
            ExprKind::Any(parts) => Joined(parts, " || ", precedence::ANY + 1).fmt(f),
            ExprKind::If(parts) => {
                let [condition, then, otherwise] = &**parts;
                let (condition, then) = (Within(condition, precedence::ANY), Within(then, precedence::ANY));
                write!(f, "{condition} ? {then} : {otherwise}")
            }
        }
    }
}

/// An expression, in parentheses if it binds less strongly than what is around it demands.
struct Within<'a>(&'a Expr, u8);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.precedence() < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

struct Joined<'a>(&'a [Expr], &'static str, u8);

impl fmt::Display for Joined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, part) in self.0.iter().enumerate() {
            write!(f, "{}{}", if number == 0 { "" } else { self.1 }, Within(part, self.2))?;
        }
        Ok(())
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Uint(value) => write!(f, "{value}u"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Text(text) => {
                f.write_str("\"")?;
                for char in text.chars() {
                    match char {
                        '"' | '\\' => write!(f, "\\{char}")?,
                        '\n' => f.write_str("\\n")?,
                        char if char.is_control() => write!(f, "\\u{:04x}", u32::from(char))?,
                        char => write!(f, "{char}")?,
                    }
                }
                f.write_str("\"")
            }
        }
    }
}
