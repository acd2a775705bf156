//! One line of the truth: the JSON object that nginx wrote beside a line of the log.

use std::collections::BTreeMap;

/// The values of the variables, byte for byte.
pub(crate) struct Truth(BTreeMap<String, Vec<u8>>);

impl Truth {
    /// Reads a line such as `{"remote_addr":"::1","request":"GET / HTTP/1.1"}`: an object of strings.
    ///
    /// `escape=json` leaves bytes as they are that are not UTF-8. So the line is read as Latin-1, where each byte is a
    /// character, and the characters of the values are bytes again.
    pub(crate) fn parse(line: &[u8]) -> Result<Self, String> {
        let latin1: String = line.iter().copied().map(char::from).collect();
        let values: BTreeMap<String, String> = serde_json::from_str(&latin1).map_err(|error| error.to_string())?;
        let bytes = |text: String| text.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>();
        let values = values.into_iter().map(|(name, text)| match bytes(text) {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(format!("{name} has an escape that is not of a byte")),
        });
        Ok(Self(values.collect::<Result<_, _>>()?))
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<&[u8], String> {
        self.0.get(name).map(Vec::as_slice).ok_or_else(|| format!("no {name}"))
    }

    /// The value as text, for variables and tests where other bytes than UTF-8 do not matter.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.0[name]).into_owned()
    }

    pub(crate) fn is_utf8(&self) -> bool {
        self.0.values().all(|value| str::from_utf8(value).is_ok())
    }
}

/// The format in which nginx writes the truth.
pub(crate) fn format(variables: &[&str]) -> String {
    let members: Vec<_> = variables.iter().map(|name| format!(r#""{name}":"${name}""#)).collect();
    format!("{{{}}}", members.join(","))
}

#[test]
fn json_strings_are_read_as_bytes() {
    let value = |json: &[u8]| {
        let truth = Truth::parse(&[b"{\"a\":", json, b"}"].concat())?;
        truth.bytes("a").map(<[u8]>::to_vec)
    };
    assert_eq!(value(br#""a\"\\\b\f\n\r\t""#), Ok(b"a\"\\\x08\x0c\n\r\t".to_vec()));
    assert_eq!(value(br#""\u0000\u001F""#), Ok(b"\x00\x1f".to_vec()));
    assert_eq!(value(b"\"\xff\xc3\xa9\x7f\""), Ok(b"\xff\xc3\xa9\x7f".to_vec()));
    assert!(value(b"\"open").is_err());
    assert!(value(br#""\u0100""#).is_err());
    assert!(value(br#""\x41""#).is_err());
}
