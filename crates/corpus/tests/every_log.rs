//! What every log has in common: its bytes are those of its seed, in whatever pieces it is written, and end with a record.

mod common;

use std::ops::Range;

use corpus::access::AccessLog;
use corpus::json_lines::JsonLines;
use corpus::nginx_error::NginxErrorLog;
use corpus::python::PythonLog;
use corpus::{Generator, Log, Summary};

use self::common::{MEGABYTE, has_shape, records};

struct Case {
    name: &'static str,
    generate: fn(u64, usize) -> Vec<u8>,
    in_pieces: fn(u64, usize) -> (Vec<u8>, Summary, Summary),
    /// Of the first megabyte of seed 1.
    hash: u64,
    /// The shape of what a record begins with.
    start: &'static str,
    /// Bytes of a record, in the mean.
    record: Range<f64>,
}

const CASES: [Case; 4] = [
    Case {
        name: "access",
        generate: corpus::access::generate,
        in_pieces: in_pieces::<AccessLog>,
        hash: 0xfc84_86a0_a895_86f6,
        start: "",
        record: 170.0..195.0,
    },
    Case {
        name: "python",
        generate: corpus::python::generate,
        in_pieces: in_pieces::<PythonLog>,
        hash: 0xd566_b7fd_5248_bbe3,
        start: "0000-00-00 00:00:00,000 - ",
        record: 114.0..124.0,
    },
    Case {
        name: "nginx_error",
        generate: corpus::nginx_error::generate,
        in_pieces: in_pieces::<NginxErrorLog>,
        hash: 0xf04b_36ae_f533_a382,
        start: "0000/00/00 00:00:00 [",
        record: 265.0..290.0,
    },
    Case {
        name: "json_lines",
        generate: corpus::json_lines::generate,
        in_pieces: in_pieces::<JsonLines>,
        hash: 0xf5a7_e4cb_ff71_fc65,
        start: "{",
        record: 300.0..325.0,
    },
];

/// A log of a size, what its pieces add up to, and what the generator says of all.
fn in_pieces<L: Log>(seed: u64, bytes: usize) -> (Vec<u8>, Summary, Summary) {
    let mut generator = Generator::<L>::new(seed);
    let mut pieces = Vec::new();
    let mut summary = Summary::default();
    while pieces.len() < bytes {
        let missing = bytes - pieces.len();
        summary += generator.write_lines(&mut pieces, missing.min(10_000));
    }
    (pieces, summary, generator.summary())
}

impl Case {
    fn records<'a>(&self, text: &'a [u8]) -> Vec<&'a [u8]> {
        records(text, |line| line.get(..self.start.len()).is_some_and(|start| has_shape(start, self.start)))
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Fails when the corpus changes. That is no bug, but benchmark results from before and after are
/// then not comparable, and record counts written down elsewhere are wrong.
#[test]
fn a_seed_gives_the_same_bytes_for_ever() {
    for Case { name, generate, hash: want, .. } in CASES {
        let text = generate(1, MEGABYTE);
        let hash = hash(&text);
        assert_eq!(hash, want, "{name}: {hash:#018x}");
        assert_ne!(text, generate(2, MEGABYTE), "{name}");
    }
}

#[test]
fn pieces_add_up_to_the_whole() {
    for Case { name, generate, in_pieces, .. } in CASES {
        let (pieces, summed, said) = in_pieces(3, MEGABYTE);
        assert!(pieces == generate(3, MEGABYTE), "{name}");
        assert_eq!(summed, said, "{name}");
    }
}

#[test]
fn writes_whole_records_and_no_more_than_needed() {
    for case in CASES {
        assert!((case.generate)(1, 0).is_empty());
        for bytes in [1, 100, 1000, 100_000] {
            let text = (case.generate)(1, bytes);
            assert!(text.len() >= bytes);
            assert_eq!(text.last(), Some(&b'\n'));
            let last_record = case.records(&text).last().map_or(0, |record| record.len());
            assert!(text.len() - last_record < bytes, "{}", case.name);
        }
    }
}

#[test]
fn records_have_their_usual_length() {
    for case in CASES {
        for seed in 0..10 {
            let text = (case.generate)(seed, 4 * MEGABYTE);
            let mean = text.len() as f64 / case.records(&text).len() as f64;
            assert!(case.record.contains(&mean), "{}, seed {seed}: {mean}", case.name);
        }
    }
}
