//! Text of a log that must not speak to a terminal, nor break the form that it stands in.

use super::Output;

/// Which bytes of UTF-8 begin a character that needs a look.
pub(super) struct Special([bool; 256]);

impl Special {
    /// Controls, separators of lines, marks that turn the direction of text; and these bytes of ASCII.
    pub(super) const fn new(also: &[u8]) -> Self {
        let mut special = [false; 256];
        let mut byte = 0;
        while byte < 0x20 {
            special[byte] = true;
            byte += 1;
        }
        special[0x7F] = true;
        // The first bytes of U+0080 to U+00BF and of U+2000 to U+2FFF.
        special[0xC2] = true;
        special[0xE2] = true;
        let mut place = 0;
        while place < also.len() {
            special[also[place] as usize] = true;
            place += 1;
        }
        Self(special)
    }

    /// Whether a character of the text may need a look.
    pub(super) fn is_in(&self, text: &str) -> bool {
        text.bytes().any(|byte| self.0[usize::from(byte)])
    }

    /// Appends the text. `replace` is asked for each character that needs a look, and returns whether it has written
    /// something in its place.
    pub(super) fn write(&self, text: &str, out: &mut Output, mut replace: impl FnMut(char, &mut Output) -> bool) {
        self.write_before(text, out, |char, _, out| replace(char, out));
    }

    /// As [`write`](Self::write); `replace` is also given the text behind the character.
    pub(super) fn write_before(
        &self,
        text: &str,
        out: &mut Output,
        mut replace: impl FnMut(char, &str, &mut Output) -> bool,
    ) {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| self.0[usize::from(byte)]) {
            let (clean, special) = rest.split_at_checked(at).unwrap_or((rest, ""));
            out.extend(clean.as_bytes());
            let mut chars = special.chars();
            let Some(char) = chars.next() else { return };
            rest = chars.as_str();
            if !replace(char, rest, out) {
                push(char, out);
            }
        }
        out.extend(rest.as_bytes());
    }
}

/// Whether a terminal would do something else with the character than show it.
pub(super) fn is_unsafe(char: char) -> bool {
    char.is_control() || matches!(char, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a terminal shows the character where it stands, and as nothing but itself: it is no control, does not turn the
/// direction of what follows, and can be seen.
///
/// What cannot be seen are the [default ignorable] characters: joiners, fillers, selectors, tags.
///
/// [default ignorable]: https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
#[must_use]
pub fn is_printable(char: char) -> bool {
    let is_ignorable = matches!(char,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}');
    // Separators of lines and paragraphs, and the marks of ruby text.
    let is_mark = matches!(char, '\u{2028}'..='\u{2029}' | '\u{FFF9}'..='\u{FFFB}');
    !char.is_control() && !is_ignorable && !is_mark
}

/// Appends a character.
pub(super) fn push(char: char, out: &mut Output) {
    out.extend(char.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends an unsafe character as people know it: `\n`, `\x1b`, `\u{9b}`.
pub(super) fn escape(char: char, out: &mut Output) {
    match char {
        '\n' => out.extend(b"\\n"),
        '\r' => out.extend(b"\\r"),
        '\t' => out.extend(b"\\t"),
        char if char.is_ascii() => out.extend(&[b'\\', b'x', hex(char as u32 >> 4), hex(char as u32)]),
        char => char.escape_unicode().for_each(|char| push(char, out)),
    }
}

/// The hexadecimal digit of the lowest four bits.
pub(super) const fn hex(number: u32) -> u8 {
    b"0123456789abcdef"[(number & 15) as usize]
}

/// Appends text on one line, all that is unsafe as escapes.
pub(super) fn line(text: &str, out: &mut Output) {
    const SPECIAL: Special = Special::new(b"");
    SPECIAL.write(text, out, |char, out| {
        let is_unsafe = is_unsafe(char);
        if is_unsafe {
            escape(char, out);
        }
        is_unsafe
    });
}
