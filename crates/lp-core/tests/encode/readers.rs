//! Readers of the forms that have none in a crate, plain and slow.

/// The value of a TSV, or `None` for `\N`.
pub(crate) fn tsv_value(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte != b'\\' {
            bytes.push(*byte);
            continue;
        }
        rest = &behind[1..];
        bytes.push(match behind[0] {
            b't' => b'\t',
            b'n' => b'\n',
            b'r' => b'\r',
            b'\\' => b'\\',
            b'x' => {
                let hex = std::str::from_utf8(&behind[1..3]).unwrap();
                rest = &behind[3..];
                u8::from_str_radix(hex, 16).unwrap()
            }
            other => panic!("\\{}", char::from(other)),
        });
    }
    Some(String::from_utf8(bytes).unwrap())
}

/// A value of CSV with its escapes replaced.
pub(crate) fn csv_value(text: &str) -> String {
    let escapes = regex::Regex::new(r"\\x([0-9a-fA-F]{2})|\\u\{([0-9a-fA-F]+)\}").unwrap();
    let char = |found: &regex::Captures<'_>| {
        let code = found.get(1).or_else(|| found.get(2)).unwrap().as_str();
        char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap().to_string()
    };
    escapes.replace_all(text, char).into_owned()
}

/// The pairs of a line of logfmt.
pub(crate) fn logfmt_pairs(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (key, behind) = rest.split_once('=').unwrap();
        assert!(!key.is_empty() && !key.contains([' ', '"']), "{line}");
        let value;
        if behind.starts_with('"') {
            let mut end = 1;
            while behind.as_bytes()[end] != b'"' {
                end += if behind.as_bytes()[end] == b'\\' { 2 } else { 1 };
            }
            // The escapes are those of JSON.
            value = serde_json::from_str(&behind[..=end]).unwrap();
            rest = &behind[end + 1..];
        } else {
            let end = behind.find(' ').unwrap_or(behind.len());
            value = behind[..end].to_owned();
            assert!(!value.is_empty() && !value.contains(['"', '=']), "{line}");
            rest = &behind[end..];
        }
        pairs.push((key.to_owned(), value));
        if !rest.is_empty() {
            rest = rest.strip_prefix(' ').unwrap();
            assert!(!rest.is_empty(), "{line}");
        }
    }
    pairs
}

/// The names of an object's members, repeated ones too.
pub(crate) fn names_of_json(line: &str) -> Vec<String> {
    let bytes = line.as_bytes();
    let (mut names, mut depth, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at;
                at += 1;
                while bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                if depth == 1 && bytes.get(at + 1) == Some(&b':') {
                    names.push(serde_json::from_str(&line[start..=at]).unwrap());
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}
