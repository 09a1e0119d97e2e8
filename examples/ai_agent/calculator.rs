//! A tool that calculates: + - * / and brackets.

use std::{fmt, iter::Peekable, str::Chars};

use perfmon::monitor_tool;

/// Why there is no result.
#[derive(Debug, PartialEq)]
pub(crate) enum CannotCalculate {
    Unexpected(Option<char>),
    DivisionByZero,
}

impl fmt::Display for CannotCalculate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected(Some(found)) => write!(f, "cannot calculate with {found:?}"),
            Self::Unexpected(None) => f.write_str("the calculation ends too early"),
            Self::DivisionByZero => f.write_str("cannot divide by zero"),
        }
    }
}

impl std::error::Error for CannotCalculate {}

type Result = std::result::Result<f64, CannotCalculate>;

/// The value of an expression such as `(3 + 4) / 2`.
#[monitor_tool("calculator", p99 = "10ms")]
pub(crate) fn calculate(expression: &str) -> Result {
    let mut rest = expression.chars().peekable();
    let value = sum(&mut rest)?;
    match next(&mut rest) {
        None => Ok(value),
        found => Err(CannotCalculate::Unexpected(found)),
    }
}

fn sum(rest: &mut Peekable<Chars<'_>>) -> Result {
    let mut value = product(rest)?;
    while let Some(sign) = next(rest).filter(|sign| ['+', '-'].contains(sign)) {
        rest.next();
        let other = product(rest)?;
        value = if sign == '+' { value + other } else { value - other };
    }
    Ok(value)
}

fn product(rest: &mut Peekable<Chars<'_>>) -> Result {
    let mut value = factor(rest)?;
    while let Some(sign) = next(rest).filter(|sign| ['*', '/'].contains(sign)) {
        rest.next();
        let other = factor(rest)?;
        if sign == '/' && other == 0.0 {
            return Err(CannotCalculate::DivisionByZero);
        }
        value = if sign == '*' { value * other } else { value / other };
    }
    Ok(value)
}

fn factor(rest: &mut Peekable<Chars<'_>>) -> Result {
    if next(rest) == Some('(') {
        rest.next();
        let value = sum(rest)?;
        return match next(rest) {
            Some(')') => {
                rest.next();
                Ok(value)
            }
            found => Err(CannotCalculate::Unexpected(found)),
        };
    }
    let found = next(rest);
    let mut number = String::new();
    while let Some(digit) = rest.next_if(|c| c.is_ascii_digit() || *c == '.') {
        number.push(digit);
    }
    number.parse().map_err(|_| CannotCalculate::Unexpected(found))
}

/// What comes next behind blanks, not taken yet.
fn next(rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    while rest.next_if(|c| c.is_whitespace()).is_some() {}
    rest.peek().copied()
}
