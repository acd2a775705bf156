//! One line of the truth: the JSON object that nginx wrote beside a line of the combined log.

use std::collections::BTreeMap;

/// The variables that nginx logs, by name.
pub(super) const VARIABLES: [&str; 10] = [
    "remote_addr",
    "remote_user",
    "time_iso8601",
    "msec",
    "request",
    "status",
    "body_bytes_sent",
    "http_referer",
    "http_user_agent",
    "request_id",
];

/// The values of the variables, byte for byte.
pub(super) struct Truth(BTreeMap<String, Vec<u8>>);

impl Truth {
    /// Reads a line such as `{"remote_addr":"::1","request":"GET / HTTP/1.1"}`: an object of strings
    /// without spaces between them.
    ///
    /// A JSON library would refuse these lines: `escape=json` leaves bytes as they are that are not
    /// UTF-8.
    pub(super) fn parse(line: &[u8]) -> Result<Self, String> {
        let mut rest = line;
        let mut values = BTreeMap::new();
        let mut separator = b'{';
        while take(&mut rest, separator) {
            let name = string(&mut rest)?;
            if !take(&mut rest, b':') {
                return Err("no colon after a name".to_owned());
            }
            let name = String::from_utf8(name).map_err(|error| error.to_string())?;
            values.insert(name, string(&mut rest)?);
            separator = b',';
        }
        if rest != b"}" {
            return Err(format!("not the end of the object: {}", rest.escape_ascii()));
        }
        match VARIABLES.iter().find(|name| !values.contains_key(**name)) {
            Some(missing) => Err(format!("no {missing}")),
            None => Ok(Self(values)),
        }
    }

    pub(super) fn bytes(&self, name: &str) -> &[u8] {
        &self.0[name]
    }

    /// The value as text, for variables and tests where other bytes than UTF-8 do not matter.
    pub(super) fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.bytes(name)).into_owned()
    }

    pub(super) fn is_utf8(&self) -> bool {
        self.0.values().all(|value| str::from_utf8(value).is_ok())
    }
}

/// Takes a quoted string off the front of `rest`.
fn string(rest: &mut &[u8]) -> Result<Vec<u8>, String> {
    if !take(rest, b'"') {
        return Err("no opening quote".to_owned());
    }
    let mut value = Vec::new();
    while !take(rest, b'"') {
        let byte = next(rest)?;
        value.push(if byte == b'\\' { escaped(rest)? } else { byte });
    }
    Ok(value)
}

/// Takes what follows a backslash off the front of `rest`.
fn escaped(rest: &mut &[u8]) -> Result<u8, String> {
    match next(rest)? {
        byte @ (b'"' | b'\\') => Ok(byte),
        b'b' => Ok(0x08),
        b'f' => Ok(0x0c),
        b'n' => Ok(b'\n'),
        b'r' => Ok(b'\r'),
        b't' => Ok(b'\t'),
        // nginx writes the other control bytes so, and nothing else.
        b'u' => {
            let digits = [next(rest)?, next(rest)?, next(rest)?, next(rest)?];
            let digits = str::from_utf8(&digits).map_err(|error| error.to_string())?;
            u8::from_str_radix(digits, 16).map_err(|error| error.to_string())
        }
        other => Err(format!("unknown escape \\{}", other.escape_ascii())),
    }
}

fn next(rest: &mut &[u8]) -> Result<u8, String> {
    let (&byte, after) = rest.split_first().ok_or("the line ends inside a string")?;
    *rest = after;
    Ok(byte)
}

fn take(rest: &mut &[u8], wanted: u8) -> bool {
    match rest.split_first() {
        Some((&byte, after)) if byte == wanted => {
            *rest = after;
            true
        }
        _ => false,
    }
}

#[test]
fn json_strings_are_read_as_bytes() {
    let value = |mut json: &[u8]| string(&mut json);
    assert_eq!(value(br#""a\"\\\b\f\n\r\t""#), Ok(b"a\"\\\x08\x0c\n\r\t".to_vec()));
    assert_eq!(value(br#""\u0000\u001F""#), Ok(b"\x00\x1f".to_vec()));
    assert_eq!(value(b"\"\xff\xc3\xa9\x7f\""), Ok(b"\xff\xc3\xa9\x7f".to_vec()));
    assert!(value(b"\"open").is_err());
    assert!(value(br#""\u0100""#).is_err());
    assert!(value(br#""\x41""#).is_err());
}
