//! Decoding of escapes, against a decoder that goes byte by byte.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp_fuzz::{mutate, naive};

fuzz_target!(|text: &[u8]| {
    let before = b"kept";
    let mut decoded = before.to_vec();
    lp::unescape(text, &mut decoded);
    let decoded = decoded.strip_prefix(before).expect("it appends");
    assert_eq!(decoded, naive::unescape(text));
    assert!(decoded.len() <= text.len());
    if !text.contains(&b'\\') {
        assert_eq!(decoded, text);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, 0)
});
