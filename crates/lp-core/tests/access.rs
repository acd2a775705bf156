//! The access log parsers against each other, against a regular expression, and through JSON and back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "access/json.rs"]
mod json;
mod lines;
mod seen;
#[path = "access/well_formed.rs"]
mod well_formed;

use lp_core::format::access::Access;
use lp_core::{Batch, Format, Level};
use proptest::prelude::*;
use seen::{Limits, Seen, records};

/// Every level, with a batch that takes all and with a small one, against the careful parser.
fn assert_all_parsers_agree(log: &[u8], limit: u32, capacity: usize) {
    let small = Limits { bytes: limit, capacity, ..Limits::NONE };
    let unlimited = Limits { capacity: usize::MAX, ..small };
    for format in [Access::combined(), Access::common()] {
        let careful = format.careful();
        let want = records(&careful, log, unlimited);
        assert_eq!(records(&careful, log, small), want, "careful, {small:?}");
        for level in Level::available() {
            let fast = format.with_level(level);
            assert_eq!(records(&fast, log, unlimited), want, "{}", level.name());
            assert_eq!(records(&fast, log, small), want, "{}, {small:?}", level.name());
        }
    }
}

fn limit() -> impl Strategy<Value = u32> {
    prop_oneof![1 => Just(Batch::DEFAULT_LIMIT), 1 => 1_u32..=400, 1 => 60_u32..=130]
}

proptest! {
    #[test]
    fn the_fast_path_equals_the_careful_parser(
        log in lines::log(0..20), limit in limit(), capacity in 1_usize..8,
    ) {
        assert_all_parsers_agree(&log, limit, capacity);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// A log of several windows of the index, whose edges fall anywhere.
    #[test]
    fn the_fast_path_equals_the_careful_parser_across_windows(
        first in lines::line(), log in lines::log(1..8), last in lines::line(), limit in limit(),
    ) {
        let repeated = [&log[..], b"\n"].concat().repeat(80_000 / (log.len() + 1));
        assert_all_parsers_agree(&[&first[..], b"\n", &repeated, &last].concat(), limit, 7);
    }

    /// A line that is about as long as a window, or longer.
    #[test]
    fn the_fast_path_equals_the_careful_parser_on_long_lines(
        before in lines::log(0..3), line in lines::ordinary(), after in lines::log(0..3),
        at: prop::sample::Index, length in prop_oneof![32_000_usize..33_500, 65_000_usize..70_000], limit in limit(),
    ) {
        let (start, end) = line.split_at(at.index(line.len()));
        let long = [start, &vec![b'x'; length], end].concat();
        assert_all_parsers_agree(&[&before[..], b"\n", &long, b"\n", &after].concat(), limit, 2);
    }

    #[test]
    fn what_a_batch_held_before_does_not_matter(before in lines::log(0..20), log in lines::log(0..20)) {
        let mut batch = Batch::new();
        for first in [Access::combined(), Access::common()] {
            for second in [Access::combined(), Access::common()] {
                first.parse(&before, &mut batch);
                second.parse(&log, &mut batch);
                let seen: Vec<_> = batch.records(&log).map(|record| Seen::new(record, &second, 0)).collect();
                prop_assert_eq!(seen, records(&second, &log, Limits::NONE));
            }
        }
    }
}

/// A line after one that differs from it in a single byte, for every byte: what was kept of the first must not be
/// taken for the second's.
#[test]
fn the_fast_path_sees_every_byte_that_differs_from_the_line_before() {
    for line in [
        &b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /x HTTP/1.1\" 200 157 \"-\" \"curl\" x\n"[..],
        b"::1 - bob [06/Nov/2025:10:30:59 -0800] \"GET / HTTP/1.1\" 404 12345678 \"/\\\"r\" \"\"\r\n",
        b"10.0.0.1, ::1 - - [06/Nov/2025:10:30:59 -0800] \"GET / HTTP/1.1\" 404 -\n",
    ] {
        let mut log = Vec::new();
        for place in 0..line.len() {
            for byte in 0..=255 {
                log.extend_from_slice(line);
                log.extend_from_slice(line);
                let end = log.len();
                log[end - line.len() + place] = byte;
            }
        }
        assert_all_parsers_agree(&log, Batch::DEFAULT_LIMIT, 4096);
    }
}
