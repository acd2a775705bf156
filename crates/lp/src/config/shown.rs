//! What of a configuration is shown in messages: its lines without their secrets, and short quotes of its texts.

use std::ops::Range;

use super::webhook::CREDENTIALS;
use crate::excerpt::Excerpt;
use crate::visible::cells;

/// The value of this key is a secret.
const SECRET: &str = "hash_key";

/// The values of these keys may be secrets, and of headers with credentials. Fields may have the same names.
const MAY_BE_SECRET: [&str; 2] = ["url", "headers"];

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// A line of a configuration, without its indentation and without secrets, and marks under these bytes of it.
pub(super) fn excerpt(line: &str, place: Range<usize>) -> String {
    let secret = secret(line).unwrap_or(line.len());
    let hidden = if secret < line.len() { HIDDEN } else { "" };
    // A tab is as wide as it is shown: one column.
    let text = line[..secret].replace('\t', " ") + hidden;
    let indent = line[..secret].len() - line[..secret].trim_start().len();
    let shown = |at: usize| if at > secret { text.len() } else { at }.saturating_sub(indent);
    Excerpt { text: &text.as_bytes()[indent..], place: shown(place.start)..shown(place.end) }.to_string()
}

/// Where a secret begins. The rest of the line is taken for it: nobody knows where it ends if the line is not TOML.
fn secret(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let sure = lower.find(SECRET);
    let others = MAY_BE_SECRET.iter().chain(&CREDENTIALS);
    let keys = others.flat_map(|key| lower.match_indices(key)).filter(|(at, key)| is_key(&lower, *at, key));
    let key = sure.into_iter().chain(keys.map(|(at, _)| at)).min()?;
    let value = key + line[key..].find('=')? + 1;
    Some(line.len() - line[value..].trim_start().len())
}

/// Whether this is a key with a value, or the beginning of one as in `headers.Cookie`, and no name in a condition.
fn is_key(line: &str, at: usize, key: &str) -> bool {
    let before = line[..at].trim_end_matches(['"', '\'']).trim_end();
    let behind = line[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
    let is_compared = behind.starts_with("==");
    (before.is_empty() || before.ends_with(['{', ',', '.'])) && behind.starts_with(['=', '.']) && !is_compared
}

/// A text of the configuration within a message: with nothing in it that a terminal obeys, and not long.
pub(super) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    let end = text.char_indices().nth(MOST).map_or(text.len(), |(end, _)| end);
    let dots = if end < text.len() { "..." } else { "" };
    let cells = cells(&text.as_bytes()[..end]);
    format!("`{}{dots}`", cells.into_iter().map(|cell| cell.text).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_under_their_place() {
        assert_eq!(excerpt("    abc", 4..7), "  abc\n  ^^^");
        assert_eq!(excerpt("\ta\tbc", 3..5), "  a bc\n    ^^");
        assert_eq!(excerpt("  ", 2..2), "  \n  ^");
        assert_eq!(excerpt("", 0..0), "  \n  ^");
    }

    #[test]
    fn secrets_are_not_shown() {
        assert_eq!(excerpt("hash_key = \"s3cret\"", 11..19), "  hash_key = ***\n             ^^^");
        assert_eq!(excerpt("x = { hash_key=s3cret, y = 1 }", 23..24), "  x = { hash_key=***\n                    ^");
        assert_eq!(excerpt("x = { hash_key=s3cret, y = 1 }", 17..18), "  x = { hash_key=***\n                    ^");
        assert_eq!(excerpt("hash_key", 0..8), "  hash_key\n  ^^^^^^^^");
        for (line, shown) in [
            ("url = \"https://s3cret\"", "url = ***"),
            ("x = { type = 'webhook', url='https://s3cret' }", "x = { type = 'webhook', url=***"),
            ("headers = { X = 's3cret' }", "headers = ***"),
            ("headers.X = 's3cret'", "headers.X = ***"),
            ("headers . \"X\" = 's3cret'", "headers . \"X\" = ***"),
            ("Authorization = 's3cret'", "Authorization = ***"),
            ("\"X-API-Key\" = 's3cret'", "\"X-API-Key\" = ***"),
            ("where = 'url == \"/\"'", "where = 'url == \"/\"'"),
            ("where = 'a in [b, url == \"/\"]'", "where = 'a in [b, url == \"/\"]'"),
            ("curl = 1", "curl = 1"),
        ] {
            assert!(excerpt(line, 0..1).starts_with(&format!("  {shown}\n")), "{}", excerpt(line, 0..1));
        }
    }

    #[test]
    fn quotes_are_short_and_plain() {
        assert_eq!(quoted("a\n\u{1b}[0m"), "`a\\n\\u{1b}[0m`");
        assert_eq!(quoted(&"é".repeat(41)), format!("`{}...`", "é".repeat(40)));
    }
}
