//! Lua code between braces, as OpenResty's module takes it from a configuration.
//!
//! Its braces count, but not those in strings and comments. A string in quotes ends on its line; a quote that does not
//! is none. Long strings and long comments go to the bracket of the same level.

/// The length of the code up to and with the `}` that closes the block; `None` where it is not closed.
pub(super) fn block(code: &[u8]) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(n) = code.get(at..)?.iter().position(|byte| b"{}\"'[-".contains(byte)) {
        at += n;
        let rest = &code[at..];
        match rest[0] {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            quote @ (b'"' | b'\'') => at += string(&rest[1..], quote).unwrap_or(0),
            b'[' => {
                if let Some(opening) = long_bracket(rest) {
                    at += opening + long(&rest[opening..], opening)?;
                    continue;
                }
            }
            _ if rest.starts_with(b"--") => {
                at += match long_bracket(&rest[2..]) {
                    Some(opening) => 2 + opening + long(&rest[2 + opening..], opening)?,
                    None => memchr::memchr(b'\n', rest)?,
                };
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The length of a string behind its opening quote, the closing one included.
fn string(rest: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match rest.get(at)? {
            b'\n' => return None,
            b'\\' if rest.get(at + 1) == Some(&b'\n') => return None,
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// The length of `[[`, `[=[`, `[==[`, …, if `rest` begins with one.
fn long_bracket(rest: &[u8]) -> Option<usize> {
    let level = rest.strip_prefix(b"[")?.iter().take_while(|&&byte| byte == b'=').count();
    (rest.get(level + 1) == Some(&b'[')).then_some(level + 2)
}

/// The length of a long string behind its opening bracket of this length, the closing one included.
fn long(rest: &[u8], opening: usize) -> Option<usize> {
    let mut closing = vec![b'='; opening];
    closing[0] = b']';
    closing[opening - 1] = b']';
    memchr::memmem::find(rest, &closing).map(|n| n + opening)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brace_that_closes() {
        for code in [
            "}",
            "local t = { { 1 }, a[b[1]] - -1 } }",
            r#"local a = "}" }"#,
            r#"local a = "\"}" .. 'it"s }' }"#,
            "-- it's }\n }",
            "--[=x }\n }",
            "--]] }\n }",
            "--[[ }\n } ]] }",
            "--[==[ } ]=] } ]] ]==] }",
            "local a = [[ } ]] }",
            "local a = [=[ } ]] ]=] }",
            "a = [=a }",
            "a = \"x }",
            "a = \"\\\n }",
        ] {
            let text = [code, " } x; }"].concat();
            assert_eq!(block(text.as_bytes()), Some(code.len()), "{code}");
        }
        for code in ["", "{}", "[[ }", "--[[ } ]", "-- }", "\"}\"", "'}\\'}'", "\"\\"] {
            assert_eq!(block(code.as_bytes()), None, "{code}");
        }
    }
}
