//! The grammar of JSON's numbers.

/// Whether the bytes are a number as [JSON](https://www.rfc-editor.org/rfc/rfc8259#section-6) writes it.
#[inline(always)]
#[must_use]
pub fn is_number(bytes: &[u8]) -> bool {
    fn digits(bytes: &[u8]) -> Option<&[u8]> {
        let count = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then(|| &bytes[count..])
    }
    fn number(bytes: &[u8]) -> Option<&[u8]> {
        let rest = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let mut rest = if let [b'0', rest @ ..] = rest { rest } else { digits(rest)? };
        if let [b'.', fraction @ ..] = rest {
            rest = digits(fraction)?;
        }
        if let [b'e' | b'E', exponent @ ..] = rest {
            rest = digits(exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent))?;
        }
        Some(rest)
    }
    number(bytes).is_some_and(<[u8]>::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_those_of_serde(text in "[-+0-9.eE]{0,8}") {
            let want = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(is_number(text.as_bytes()), want, "{:?}", text);
        }
    }
}
