//! Changes to an input that keep it a log: whole lines and words come and go.

use std::ops::Range;

use crate::choices::Choices;
use crate::lines;

/// Changes the input in the first `size` bytes of `data`, whose first `settings` bytes are no text; returns its new
/// size, at most `max_size`. For `libfuzzer_sys::fuzz_mutator!`.
///
/// Half of the changes are libFuzzer's own, which know the dictionary. The first setting is drawn anew each time: a
/// target chooses by it what is slow, which libFuzzer would otherwise come to prefer, as it takes what is done more
/// often for something new.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32, settings: usize) -> usize {
    let random = random(seed);
    let mut choices = Choices::new(&random);
    let first = choices.byte();
    let size = if size < settings || choices.once_in(2) {
        libfuzzer_sys::fuzzer_mutate(data, size, max_size)
    } else if settings > 0 && choices.once_in(8) {
        data[choices.up_to(settings - 1)] = choices.byte();
        size
    } else {
        change_text(&mut choices, data, size, max_size, settings)
    };
    if settings > 0 && size > 0 {
        data[0] = first;
    }
    size
}

fn change_text(choices: &mut Choices<'_>, data: &mut [u8], size: usize, max_size: usize, settings: usize) -> usize {
    let mut text = data[settings..size].to_vec();
    for _ in 0..=choices.up_to(3) {
        change(choices, &mut text);
    }
    text.truncate(max_size.saturating_sub(settings));
    data[settings..][..text.len()].copy_from_slice(&text);
    settings + text.len()
}

fn change(choices: &mut Choices<'_>, text: &mut Vec<u8>) {
    let at = choices.up_to(text.len());
    match choices.up_to(9) {
        0 => put(text, line_at(text, at).start..line_at(text, at).start, &lines::line(choices)),
        1 => put(text, line_at(text, at), &lines::line(choices)),
        2 => put(text, line_at(text, at), b""),
        3 => {
            let line = text[line_at(text, at)].to_vec();
            let start = line_at(text, choices.up_to(text.len())).start;
            put(text, start..start, &line);
        }
        4 | 5 => put(text, word_at(text, at), &lines::fragment(choices)),
        6 | 7 => put(text, at..at, &lines::fragment(choices)),
        8 => {
            let end = at + choices.up_to((text.len() - at).min(40));
            put(text, at..end, b"");
        }
        _ => {
            // Into the middle of a word of another line: the lines' ends, quotes and times meet what they never meet.
            let word = text[word_at(text, at)].to_vec();
            put(text, word_at(text, choices.up_to(text.len())), &word);
        }
    }
}

fn put(text: &mut Vec<u8>, range: Range<usize>, with: &[u8]) {
    text.splice(range, with.iter().copied());
}

/// The line that holds the byte `at`, its end included.
fn line_at(text: &[u8], at: usize) -> Range<usize> {
    let start = text[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let end = text[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |end| at + end + 1);
    start..end
}

/// The bytes around `at` up to the separators on both sides.
fn word_at(text: &[u8], at: usize) -> Range<usize> {
    let separates = |byte: &u8| b" \"[]\n".contains(byte);
    let start = text[..at].iter().rposition(separates).map_or(0, |end| end + 1);
    let end = text[at..].iter().position(separates).map_or(text.len(), |end| at + end);
    start..end
}

/// Bytes that depend on the seed alone (xorshift64*).
fn random(seed: u32) -> [u8; 1024] {
    let mut state = (u64::from(seed) << 1 | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut bytes = [0; 1024];
    for eight in bytes.as_chunks_mut::<8>().0 {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        *eight = state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes();
    }
    bytes
}
