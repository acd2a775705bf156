//! Compressed inputs, whole and damaged.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::super::lp::{Ended, lines, parse, records};

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 3).unwrap()
}

/// Runs over these bytes as a file, whose name says nothing, and as the standard input.
fn run(bytes: &[u8]) -> [Ended; 2] {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, bytes).unwrap();
    [parse([file.path()]).run(), parse(["-"]).stdin(bytes).run()]
}

#[test]
fn whole_ones_are_recognised_by_their_first_bytes() {
    for (what, bytes) in [
        ("gzip", gzip(&lines(0..2000))),
        ("gzip of two members", [gzip(&lines(0..900)), gzip(&lines(900..2000))].concat()),
        ("gzip of an empty member and another", [gzip(""), gzip(&lines(0..2000))].concat()),
        ("zstd", zstd(&lines(0..2000))),
        ("zstd of two frames", [zstd(&lines(0..900)), zstd(&lines(900..2000))].concat()),
    ] {
        for ended in run(&bytes) {
            ended.assert_quiet_success();
            assert_eq!(ended.stdout(), records(0..2000), "{what}");
        }
    }
}

#[test]
fn a_line_may_go_from_one_member_to_the_next() {
    let text = lines(0..10);
    let (first, second) = text.split_at(150);
    for bytes in [[gzip(first), gzip(second)].concat(), [zstd(first), zstd(second)].concat()] {
        for ended in run(&bytes) {
            ended.assert_quiet_success();
            assert_eq!(ended.stdout(), records(0..10));
        }
    }
}

#[test]
fn empty_ones_give_nothing() {
    for bytes in [gzip(""), zstd("")] {
        for ended in run(&bytes) {
            ended.assert_quiet_success();
            assert_eq!(ended.stdout(), "");
        }
    }
}

/// All that could be decompressed is there, and the message says how much that is.
#[test]
fn damaged_ones_give_what_was_readable_and_a_message() {
    // So much text that it has several blocks.
    let mut state = 1_u64;
    let text: String = (0..10_000)
        .map(|number| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            lines(number..number + 1).replace("curl/8.4.0", &format!("{state:x}"))
        })
        .collect();
    let want = parse(["-"]).stdin(&text).run();
    let (gzipped, zstded) = (gzip(&text), zstd(&text));
    let changed = |bytes: &[u8], from_end: usize| {
        let mut bytes = bytes.to_vec();
        let at = bytes.len() - from_end;
        bytes[at] ^= 0x55;
        bytes
    };
    for (what, bytes, all, texts) in [
        ("cut gzip", gzipped[..gzipped.len() / 2].to_vec(), false, ["gzip data ends early", "decompressed bytes"]),
        ("gzip without its end", gzipped[..gzipped.len() - 1].to_vec(), true, ["gzip data ends early", "bytes"]),
        ("gzip with a wrong checksum", changed(&gzipped, 8), true, ["bad gzip data", "bytes"]),
        ("gzip and garbage", [&gzipped[..], b"garbage, no member"].concat(), true, ["bad gzip data", "bytes"]),
        ("cut zstd", zstded[..zstded.len() / 2].to_vec(), false, ["zstd data ends early", "bytes"]),
        ("zstd and garbage", [&zstded[..], b"garbage, no frame"].concat(), true, ["zstd data", "bytes"]),
    ] {
        for ended in run(&bytes) {
            ended.assert_failure(&texts);
            let output = ended.stdout();
            if all {
                assert!(output == want.stdout(), "{what}: not all");
            } else {
                // The last line may have been cut.
                let whole: Vec<&str> = output.lines().take_while(|line| !line.contains("parse_error")).collect();
                assert!(whole.len() > 100, "{what}: only {} records", whole.len());
                assert!(output.lines().count() - whole.len() <= 1, "{what}");
                assert!(want.stdout().lines().zip(whole).all(|(want, got)| want == got), "{what}");
            }
        }
    }
}

#[test]
fn garbage_behind_the_first_bytes_is_a_message() {
    for (name, bytes) in [
        ("gzip", b"\x1F\x8B\x08garbage that is no header and no member".to_vec()),
        ("gzip", b"\x1F\x8B\x08".to_vec()),
        ("zstd", b"\x28\xB5\x2F\xFDgarbage that is no frame".to_vec()),
        ("zstd", b"\x28\xB5\x2F\xFD".to_vec()),
    ] {
        for ended in run(&bytes) {
            ended.assert_failure(&[name]);
            assert_eq!(ended.stdout(), "");
        }
    }
}

/// What only begins like something compressed is text.
#[test]
fn a_part_of_the_first_bytes_is_text() {
    for text in ["(", "(\n", "\x1F", "\x1F\n", "(\u{7f}\n"] {
        for ended in run(text.as_bytes()) {
            ended.assert_quiet_success();
            assert_eq!(ended.stdout().lines().count(), 1, "{text:?}");
        }
    }
}
