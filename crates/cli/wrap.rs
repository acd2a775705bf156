//! Text for people in lines that fit a terminal.

use std::fmt::Write as _;

use lp::excerpt::COLUMNS;
use lp::visible::{columns, visible};

/// Words behind a title, in as many lines as it takes; each line behind the first begins where the words do.
///
/// A word that does not fit a line is broken, and what is no printable character is shown as an escape. Each line ends
/// with a line feed.
pub(crate) fn titled(title: &str, indent: usize, words: &str) -> String {
    let words = visible(words.as_bytes());
    let room = COLUMNS - indent;
    let mut out = format!("{title:indent$}");
    let mut used = 0;
    for word in words.split(' ') {
        let wide = columns(word);
        if used > 0 && used + 1 + wide > room {
            let _ = write!(out, "\n{:indent$}", "");
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        for char in word.chars() {
            let wide = columns(char.encode_utf8(&mut [0; 4]));
            if used + wide > room {
                let _ = write!(out, "\n{:indent$}", "");
                used = 0;
            }
            out.push(char);
            used += wide;
        }
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        assert_eq!(titled("a", 4, "b c"), "a   b c\n");
        assert_eq!(titled("a", 4, "b\x1B"), "a   b\\u{1b}\n");
        let text = titled("title", 10, &format!("{} {}", "word ".repeat(40).trim_end(), "日".repeat(100)));
        assert!(text.lines().all(|line| columns(line) <= COLUMNS), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("          ")));
        assert_eq!(text.matches("word").count(), 40);
        assert_eq!(text.matches('日').count(), 100);
    }
}
