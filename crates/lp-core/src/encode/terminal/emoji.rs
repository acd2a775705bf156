//! Emoji that are made of several characters: a family, a heart on fire, a hand of some colour.
//!
//! What joins them cannot be seen, and is an escape wherever else it stands.

/// The most emoji that are joined to one: a family of four. What cannot be seen must not go on for ever.
const MOST: usize = 4;

/// The zero width joiner.
const JOINER: char = '\u{200D}';
/// Asks for the emoji where a character may be shown as text, too.
const AS_EMOJI: char = '\u{FE0F}';

/// The length in bytes of the emoji that a text begins with, if it is one of several characters of which some cannot be seen.
pub(super) fn composed(text: &str) -> Option<usize> {
    let mut end = single(text)?;
    for _ in 1..MOST {
        let joined = text[end..].strip_prefix(JOINER).and_then(single);
        let Some(len) = joined else { break };
        end += JOINER.len_utf8() + len;
    }
    text[..end].contains([JOINER, AS_EMOJI]).then_some(end)
}

/// The length of an emoji that is not joined to others.
fn single(text: &str) -> Option<usize> {
    let base = text.chars().next().filter(|char| is_emoji(*char))?.len_utf8();
    let modifier = text[base..].chars().next().filter(|&char| matches!(char, AS_EMOJI | '\u{1F3FB}'..='\u{1F3FF}'));
    Some(base + modifier.map_or(0, char::len_utf8))
}

/// Whether a character is or may be shown as an emoji, or stands among those.
const fn is_emoji(char: char) -> bool {
    matches!(char, '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_of_several_characters() {
        for (text, want) in [
            ("👨‍👩‍👧‍👦!", "👨‍👩‍👧‍👦"),
            ("❤️‍🔥", "❤️‍🔥"),
            ("👩🏽‍💻 at work", "👩🏽‍💻"),
            ("🏳️‍🌈", "🏳️‍🌈"),
            ("❤️", "❤️"),
            // Nothing of it is invisible.
            ("👩", ""),
            ("👍🏽", ""),
            ("a\u{200D}b", ""),
            ("👩\u{200D}", ""),
            ("👩\u{200D}x", ""),
            ("👩\u{200D}\u{200D}👩", ""),
            ("\u{200D}👩", ""),
            ("a\u{FE0F}", ""),
            ("", ""),
        ] {
            assert_eq!(composed(text).map_or("", |len| &text[..len]), want, "{text:?}");
        }
        let many = ["👩"; 9].join("\u{200D}");
        assert_eq!(composed(&many), Some(4 * 4 + 3 * 3));
    }
}
