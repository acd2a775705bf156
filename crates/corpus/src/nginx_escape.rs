//! nginx's escaping of variables in a log: `log_format … escape=default`.

/// Appends the bytes as nginx logs them: `"`, `\`, control characters and everything outside ASCII
/// become `\xHH` with upper-case digits.
pub(crate) fn push_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' {
            out.push(byte);
        } else {
            let high = DIGITS[usize::from(byte >> 4)];
            let low = DIGITS[usize::from(byte & 15)];
            out.extend_from_slice(&[b'\\', b'x', high, low]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::push_escaped;

    #[test]
    fn escapes_what_nginx_escapes() {
        let mut out = Vec::new();
        push_escaped(&mut out, "a b~\"\\\n\x7fé".as_bytes());
        assert_eq!(out, br"a b~\x22\x5C\x0A\x7F\xC3\xA9");
    }
}
