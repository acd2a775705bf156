//! What the tests of all logs need.

#![allow(dead_code, reason = "each test uses a part")]

pub(crate) const MEGABYTE: usize = 1_000_000;

/// The lines without their newlines, the last of which must be there.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| &line[..line.len() - 1])
}

/// The records, each with its newlines, where `starts_record` tells the first line of one.
pub(crate) fn records(text: &[u8], starts_record: impl Fn(&[u8]) -> bool) -> Vec<&[u8]> {
    let mut records = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for line in lines(text) {
        if starts_record(line) && end > start {
            records.push(&text[start..end]);
            start = end;
        }
        end += line.len() + 1;
    }
    records.push(&text[start..end]);
    records
}

/// Share of the records for which the condition holds, in percent.
pub(crate) fn percent<T>(records: &[T], condition: impl Fn(&T) -> bool) -> f64 {
    let matching = records.iter().filter(|record| condition(record)).count();
    100.0 * matching as f64 / records.len() as f64
}

pub(crate) fn contains(text: &[u8], part: &str) -> bool {
    text.windows(part.len()).any(|window| window == part.as_bytes())
}

/// Whether the text has the shape, in which `0` stands for any digit.
pub(crate) fn has_shape(text: &[u8], shape: &str) -> bool {
    text.len() == shape.len()
        && text.iter().zip(shape.bytes()).all(|(&byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        })
}

/// Fails if a gap of a template was not filled, because its name was misspelt.
pub(crate) fn assert_no_gap_is_left(text: &[u8]) {
    for line in lines(text) {
        for inside in line.split(|&byte| byte == b'{').skip(1) {
            let name = inside.split(|&byte| byte == b'}').next().unwrap_or_default();
            // nginx logs the stack of PHP, which ends in `{main}`.
            let is_gap = name.is_ascii()
                && name != b"main"
                && !name.is_empty()
                && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".|_".contains(byte))
                && inside.contains(&b'}');
            assert!(!is_gap, "{}", line.escape_ascii());
        }
    }
}
