//! Words to a syntax tree: CEL's grammar, by precedence climbing.
//!
//! What is recursive here is bounded by [`Expr::MAX_DEPTH`]: the tree's depth, and how many operands are open while it is
//! made.

use std::ops::Range;

use super::ast::{Call, Expr, ExprKind, Literal, Name, Operator, precedence};
use super::error::{FilterError, FilterErrorKind};
use super::lexer::{Lexer, Token};

/// The most bytes of an expression.
pub(super) const MAX_BYTES: usize = 64 << 10;
/// The most elements of a list, and arguments of a function.
const MAX_ELEMENTS: usize = 10_000;

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Expr, FilterError> {
    if text.len() > MAX_BYTES {
        return Err(FilterError::new(&(0..text.len()), FilterErrorKind::TooLarge("an expression has at most 64 KiB")));
    }
    let mut lexer = Lexer::new(text);
    let (token, at) = lexer.next()?;
    let mut parser = Parser { lexer, token, at, end: 0, open: 0 };
    let expr = parser.expr()?;
    match parser.token {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator")),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The next word, and where it stands.
    token: Token,
    at: Range<usize>,
    /// Where the word before it ends.
    end: usize,
    /// Operands and signs that are open: no tree is less deep.
    open: usize,
}

impl Parser<'_> {
    /// Goes on to the next word; returns this one.
    fn take(&mut self) -> Result<Token, FilterError> {
        self.end = self.at.end;
        let (token, at) = self.lexer.next()?;
        self.at = at;
        Ok(std::mem::replace(&mut self.token, token))
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.token, Token::Sign(here) if here == sign)
    }

    /// Goes over a sign if it is the next word.
    fn accept(&mut self, sign: &str) -> Result<bool, FilterError> {
        let is = self.is(sign);
        if is {
            self.take()?;
        }
        Ok(is)
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), FilterError> {
        if self.accept(sign)? { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> FilterError {
        let found = match &self.token {
            Token::End => return FilterError::syntax(self.at.clone(), format!("{wanted} is missing at the end")),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Name(name) => format!("`{name}`"),
            Token::Text(_) => "a text".to_owned(),
            Token::Int(_) | Token::Uint(_) | Token::Double(_) => "a number".to_owned(),
        };
        FilterError::syntax(self.at.clone(), format!("{wanted} is missing before {found}"))
    }

    /// Of what begins at `start` and ends with the last word.
    fn make(&self, kind: ExprKind, start: usize) -> Result<Expr, FilterError> {
        let at = start..self.end;
        Expr::new(kind, at.clone()).ok_or_else(|| too_deep(&at))
    }

    /// Counts an operand or sign that is open while `read` goes on.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, FilterError>) -> Result<T, FilterError> {
        if self.open == Expr::MAX_DEPTH {
            return Err(too_deep(&self.at));
        }
        self.open += 1;
        let result = read(self)?;
        self.open -= 1;
        Ok(result)
    }

    fn expr(&mut self) -> Result<Expr, FilterError> {
        let start = self.at.start;
        let condition = self.binary(precedence::ANY)?;
        if !self.accept("?")? {
            return Ok(condition);
        }
        let then = self.binary(precedence::ANY)?;
        self.expect(":")?;
        let otherwise = self.nested(Self::expr)?;
        self.make(ExprKind::If(Box::new([condition, then, otherwise])), start)
    }

    /// What is made by operators that bind at least that strongly.
    fn binary(&mut self, least: u8) -> Result<Expr, FilterError> {
        self.nested(|parser| parser.operands(least))
    }

    fn operands(&mut self, least: u8) -> Result<Expr, FilterError> {
        let start = self.at.start;
        let mut left = self.unary()?;
        loop {
            let kind = if let Some(operator) = self.operator().filter(|operator| operator.precedence() >= least) {
                self.take()?;
                let right = self.binary(operator.precedence() + 1)?;
                ExprKind::Binary(operator, Box::new(left), Box::new(right))
            } else if self.is("&&") && precedence::ALL >= least {
                ExprKind::All(self.chain("&&", left, precedence::ALL + 1)?)
            } else if self.is("||") && precedence::ANY >= least {
                ExprKind::Any(self.chain("||", left, precedence::ANY + 1)?)
            } else {
                return Ok(left);
            };
            left = self.make(kind, start)?;
        }
    }

    fn operator(&self) -> Option<Operator> {
        Some(match &self.token {
            Token::Name(name) if name == "in" => Operator::In,
            Token::Sign(sign) => match *sign {
                "==" => Operator::Equal,
                "!=" => Operator::NotEqual,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterOrEqual,
                "+" => Operator::Add,
                "-" => Operator::Subtract,
                "*" => Operator::Multiply,
                "/" => Operator::Divide,
                "%" => Operator::Remainder,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// All that stands between one logical operator, from the first one on.
    fn chain(&mut self, sign: &str, first: Expr, least: u8) -> Result<Vec<Expr>, FilterError> {
        let mut parts = vec![first];
        while self.accept(sign)? {
            parts.push(self.binary(least)?);
        }
        Ok(parts)
    }

    fn unary(&mut self) -> Result<Expr, FilterError> {
        let start = self.at.start;
        if self.accept("!")? {
            let operand = Box::new(self.nested(Self::unary)?);
            return self.make(ExprKind::Not(operand), start);
        }
        if self.accept("-")? {
            if let Token::Int(_) | Token::Double(_) = self.token {
                return self.member(start, true);
            }
            let operand = Box::new(self.nested(Self::unary)?);
            return self.make(ExprKind::Negate(operand), start);
        }
        self.member(start, false)
    }

    /// Something with what is selected from it or called on it.
    fn member(&mut self, start: usize, is_negative: bool) -> Result<Expr, FilterError> {
        let mut of = self.primary(start, is_negative)?;
        loop {
            let kind = if self.accept(".")? {
                let name_at = self.at.clone();
                let Token::Name(name) = &self.token else { return Err(self.unexpected("a name")) };
                let name = name.clone();
                self.take()?;
                if self.accept("(")? {
                    let arguments = self.elements(")")?;
                    let receiver = Some(Box::new(of));
                    ExprKind::Call(Call { receiver, name, name_at: Name(name_at), arguments })
                } else if name == "in" {
                    return Err(FilterError::syntax(name_at, "`in` is an operator and cannot be a name here"));
                } else {
                    ExprKind::Select(Box::new(of), name)
                }
            } else if self.accept("[")? {
                let key = self.expr()?;
                self.expect("]")?;
                ExprKind::Index(Box::new(of), Box::new(key))
            } else {
                return Ok(of);
            };
            of = self.make(kind, start)?;
        }
    }

    fn primary(&mut self, start: usize, is_negative: bool) -> Result<Expr, FilterError> {
        let at = self.at.clone();
        let literal = match &self.token {
            Token::Sign("(") => {
                self.take()?;
                let expr = self.expr()?;
                self.expect(")")?;
                return Ok(expr);
            }
            Token::Sign("[") => {
                self.take()?;
                let elements = self.elements("]")?;
                return self.make(ExprKind::List(elements), start);
            }
            Token::Sign("{") => return Err(FilterError::syntax(at, "maps (`{…}`) are not known here")),
            Token::Name(_) => return self.name(start),
            Token::Int(digits) => {
                let value = if is_negative { 0_i64.checked_sub_unsigned(*digits) } else { i64::try_from(*digits).ok() };
                let too_large =
                    || FilterError::syntax(at, "the number is too large; up to 2⁶⁴−1 it is written with a `u`");
                Literal::Int(value.ok_or_else(too_large)?)
            }
            Token::Uint(value) => Literal::Uint(*value),
            Token::Double(value) => Literal::Double(if is_negative { -value } else { *value }),
            Token::Text(text) => Literal::Text(text.clone()),
            Token::Sign(_) | Token::End => return Err(self.unexpected("a value")),
        };
        self.take()?;
        self.make(ExprKind::Literal(literal), start)
    }

    /// A name, a literal that looks like one, or a function with its arguments.
    fn name(&mut self, start: usize) -> Result<Expr, FilterError> {
        let name_at = self.at.clone();
        let Token::Name(name) = self.take()? else { return Err(self.unexpected("a name")) };
        let kind = match &*name {
            "true" => ExprKind::Literal(Literal::Bool(true)),
            "false" => ExprKind::Literal(Literal::Bool(false)),
            "null" => ExprKind::Literal(Literal::Null),
            "in" => return Err(FilterError::syntax(name_at, "a value is missing before `in`")),
            _ if RESERVED.contains(&&*name) => {
                let what = format!("`{name}` is a reserved word; as a name it is written record[{name:?}]");
                return Err(FilterError::syntax(name_at, what));
            }
            _ if self.accept("(")? => {
                let arguments = self.elements(")")?;
                ExprKind::Call(Call { receiver: None, name, name_at: Name(name_at), arguments })
            }
            _ => ExprKind::Name(name),
        };
        self.make(kind, start)
    }

    /// Expressions between commas, and the bracket behind them.
    fn elements(&mut self, close: &'static str) -> Result<Vec<Expr>, FilterError> {
        let mut elements = Vec::new();
        while !self.is(close) {
            if elements.len() == MAX_ELEMENTS {
                let kind = FilterErrorKind::TooLarge("a list has at most 10,000 elements");
                return Err(FilterError::new(&self.at, kind));
            }
            elements.push(self.expr()?);
            if !self.accept(",")? {
                break;
            }
        }
        self.expect(close)?;
        Ok(elements)
    }
}

fn too_deep(at: &Range<usize>) -> FilterError {
    FilterError::new(at, FilterErrorKind::TooLarge("at most 128 expressions stand within each other"))
}

/// Words that CEL keeps for the languages around it.
const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];
