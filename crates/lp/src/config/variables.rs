//! `${NAME}`, `${NAME:-default}`, and `$${` for a `${` that is meant as such.

use std::ops::Range;

use super::environment::{Environment, Variable};
use super::text::Text;

/// Why the variables of a text cannot be replaced.
pub(super) struct Fault {
    /// Bytes of the text.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) hint: &'static str,
}

/// What is said of a `${` that may not have been meant as a variable.
const LITERAL: &str = "a `${` that is to stay is written `$${`";

/// The text with its variables replaced by their values, and what is wrong with them. A variable that has none stays.
pub(super) fn replace(text: &Text, environment: &dyn Environment) -> (Text, Vec<Fault>) {
    let value = text.as_str();
    let (mut replaced, mut faults) = (text.rebuild(), Vec::new());
    let mut at = 0;
    while let Some(found) = value[at..].find("${") {
        let start = at + found;
        if value[at..start].ends_with('$') {
            // One of both signs.
            replaced.keep(at..start);
            replaced.keep(start + 1..start + 2);
            at = start + 2;
            continue;
        }
        replaced.keep(at..start);
        let Some(len) = value[start..].find('}') else {
            let message = "this `${` is never closed".to_owned();
            faults.push(Fault { at: start..start + 2, message, hint: LITERAL });
            at = start;
            break;
        };
        let whole = start..start + len + 1;
        at = whole.end;
        let inner = &value[start + 2..whole.end - 1];
        let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
        let mut fault = |message: String, hint| faults.push(Fault { at: whole.clone(), message, hint });
        if !is_name(name) {
            fault("this is no name of a variable".to_owned(), LITERAL);
            continue;
        }
        match (environment.variable(name), default) {
            (Variable::Set(value), _) => replaced.replace(whole, &value),
            (_, Some(default)) => replaced.replace(whole, default),
            (Variable::Unknown, None) => replaced.keep_unknown(whole),
            (Variable::Unset, None) => fault(
                format!("the variable `{name}` is not set"),
                "`${NAME:-default}` gives it a default, and `$${` is a `${` that is to stay",
            ),
            (Variable::NotText, None) => fault(format!("the value of `{name}` is not UTF-8"), "set it to a text"),
        }
    }
    replaced.keep(at..value.len());
    (replaced.finish(), faults)
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|char: char| char.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;

    use super::super::environment::Unknown;
    use super::*;

    struct Home;

    impl Environment for Home {
        fn variable(&self, name: &str) -> Variable {
            match name {
                "HOME" => Variable::Set("/home/jane".to_owned()),
                "EMPTY" => Variable::Set(String::new()),
                "BYTES" => Variable::NotText,
                _ => Variable::Unset,
            }
        }

        fn secret(&self, _path: &Path) -> io::Result<Option<Vec<u8>>> {
            Ok(None)
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, here, elsewhere, faults) in [
            ("", "", "", ""),
            ("no $ {variable}", "no $ {variable}", "no $ {variable}", ""),
            ("${HOME}/a", "/home/jane/a", "${HOME}/a", ""),
            ("a${EMPTY}b${HOME:-x}", "ab/home/jane", "a${EMPTY}bx", ""),
            ("${NONE:-default}", "default", "default", ""),
            ("${NONE:-}", "", "", ""),
            ("${NONE:-a:-b}", "a:-b", "a:-b", ""),
            ("$${HOME} $$$${x}", "${HOME} $$${x}", "${HOME} $$${x}", ""),
            ("${NONE}", "", "${NONE}", "0..7 the variable `NONE` is not set"),
            ("a${BYTES}", "a", "a${BYTES}", "1..9 the value of `BYTES` is not UTF-8"),
            ("${BYTES:-b}", "b", "b", ""),
        ] {
            let quoted = format!("'{text}'");
            let text = Text::new(&quoted, 0..quoted.len(), text);
            let (replaced, found) = replace(&text, &Home);
            assert_eq!(replaced.as_str(), here, "{text}");
            assert!(replaced.is_known());
            let found: Vec<String> =
                found.into_iter().map(|Fault { at, message, .. }| format!("{at:?} {message}")).collect();
            assert_eq!(found.join("\n"), faults, "{text}");
            let (replaced, found) = replace(&text, &Unknown);
            assert_eq!(replaced.as_str(), elsewhere, "{text}");
            assert!(found.is_empty());
        }
    }

    #[test]
    fn what_is_no_variable() {
        for (text, at) in [("a ${HOME", 2..4), ("${}", 0..3), ("${1}", 0..4), ("${a b}", 0..6), ("${:-x}", 0..6)] {
            let quoted = format!("'{text}'");
            let (_, faults) = replace(&Text::new(&quoted, 0..quoted.len(), text), &Unknown);
            assert_eq!(faults.len(), 1, "{text}");
            assert_eq!(faults[0].at, at, "{text}");
        }
    }

    #[test]
    fn places_stay_right() {
        let raw = "'a${HOME}b$${c!'";
        let text = Text::new(raw, 0..raw.len(), &raw[1..raw.len() - 1]);
        let (replaced, _) = replace(&text, &Home);
        assert_eq!(replaced.as_str(), "a/home/janeb${c!");
        let at = |char| replaced.as_str().find(char).unwrap();
        assert_eq!(replaced.span_of(at('b')..at('b') + 1), 9..10);
        assert_eq!(replaced.span_of(at('!')..at('!') + 1), 14..15);
        assert_eq!(replaced.span_of(1..3).start, 2);
        assert_eq!(replaced.span_of(0..11), 1..9);
    }
}
