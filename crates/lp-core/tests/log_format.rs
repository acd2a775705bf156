//! Any `log_format` against a naive parser, against the values that a line was printed from, and combined's own text
//! against the parser that is made for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod mutation;
#[path = "log_format/naive.rs"]
mod naive;
#[path = "log_format/texts.rs"]
mod texts;
#[path = "log_format/times.rs"]
mod times;

use lp_core::format::access::Access;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::{Batch, Field, Format, Reason, Record, Slot, Span};
use naive::{Kind, Naive, Piece, Value};
use proptest::prelude::*;

const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";
const COMMON: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent";

fn values(record: &Record<'_>, fields: usize) -> Vec<Value> {
    let value = |field: Field| match (record.span(field), record.get(field), record.integer(field)) {
        (Span::DASH, None, None) => Value::Dash,
        (Span::ABSENT, None, None) => Value::Absent,
        (_, Some(text), Some(number)) => Value::Number(text.to_vec(), number),
        (_, Some(text), None) => Value::Bytes(text.to_vec()),
        other => panic!("{other:?}"),
    };
    (0..fields as u16).map(Field::new).map(value).collect()
}

/// Parses a line alone.
fn with_record<T>(format: &LogFormat, line: &[u8], check: impl FnOnce(&Record<'_>) -> T) -> T {
    let mut batch = Batch::new();
    // A carriage return at the end of the line is the line's own; another is the terminator's.
    let input = [line, b"\r\n"].concat();
    assert_eq!(format.parse(&input, &mut batch), input.len());
    assert_eq!(batch.len(), 1);
    let record = batch.record(&input, 0).unwrap();
    assert_eq!((record.raw(), record.truncated()), (line, None));
    check(&record)
}

/// The record says what the naive parser says, or is rejected where that finds no way to read the line.
fn assert_same(format: &texts::Format, line: &[u8]) {
    let text = format.text();
    let parser = LogFormat::compile_generic(&text, format.escape).unwrap();
    let fields = parser.schema().fields().len();
    let want = Naive::new(&format.pieces, format.escape).read(line);
    with_record(&parser, line, |record| {
        let error = record.error().map(|error| (error.reason(), error.slot(), error.at()));
        match want {
            Some(want) if want.has_broken_list && error.is_some() => {}
            Some(want) if want.bad_times.is_empty() => {
                assert_eq!(error, None);
                let time = record.timestamp().map(|time| (time, record.fraction_digits()));
                assert_eq!((time, record.severity()), (want.time, want.severity));
                assert_eq!(values(record, fields), want.fields);
            }
            Some(want) => {
                let (reason, slot, at) = error.expect("a time that is none");
                assert!(matches!(reason, Reason::InvalidTime | Reason::TimeOutOfRange), "{reason:?}");
                assert_eq!((slot, at as usize), (Slot::Timestamp, want.bad_times[0]));
            }
            None => {
                let (_, _, at) = error.unwrap_or_else(|| panic!("it does not fit: {:?}", values(record, fields)));
                assert!(at as usize <= line.len());
            }
        }
    });
}

proptest! {
    #[test]
    fn a_naive_parser_reads_the_same((format, line) in texts::format_and_line()) {
        assert_same(&format, &line);
    }

    /// Values that cannot be taken for what is between them: what is parsed is what was printed.
    #[test]
    fn what_is_printed_is_parsed((format, printed) in texts::plain_format().prop_flat_map(|format| {
        let values = texts::values(&format, false);
        (Just(format), values)
    })) {
        let line = format.print(&printed);
        let parser = LogFormat::compile(&format.text(), format.escape).unwrap();
        with_record(&parser, &line, |record| {
            assert_eq!(record.error(), None);
            let mut field = 0;
            let mut next = || {
                field += 1;
                record.get(Field::new(field - 1)).map(<[u8]>::to_vec)
            };
            for (kind, printed) in format.kinds().zip(&printed) {
                match kind {
                    Kind::Clf | Kind::Iso | Kind::Msec => continue,
                    Kind::Request => {
                        let (parts, other) = ([next(), next(), next()], next());
                        let parts: Vec<Vec<u8>> = parts.into_iter().flatten().collect();
                        assert_eq!(if parts.is_empty() { other.unwrap() } else { parts.join(&b' ') }, *printed);
                    }
                    _ => assert_eq!(next(), Some(printed.clone())),
                }
            }
            assert_eq!(next(), None, "nothing is left over");
            let has_time = format.kinds().any(|kind| matches!(kind, Kind::Clf | Kind::Iso | Kind::Msec));
            assert_eq!(record.timestamp().is_some(), has_time);
        });
    }

    /// The records of a log are those of its lines, in whatever parts it is parsed, and however short they are cut.
    #[test]
    fn a_record_is_its_line(
        (format, first) in texts::format_and_line(), second in proptest::collection::vec(any::<u8>(), 0..40),
        limit in 1_u32..200, capacity in 1_usize..4,
    ) {
        let parser = LogFormat::compile(&format.text(), format.escape).unwrap();
        let fields = parser.schema().fields().len();
        let log = [&first[..], b"\n", &second, b"\r\n\n", &first, b"\n", &first].concat();
        let mut batch = Batch::with_limit(limit).with_capacity(capacity);
        let mut alone = Batch::with_limit(limit);
        let mut lines = log.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut start = 0;
        while start < log.len() {
            let rest = &log[start..];
            let taken = parser.parse(rest, &mut batch);
            assert!(taken == rest.len() || batch.is_full());
            for record in batch.records(rest) {
                let line = [lines.next().unwrap(), b"\r\n"].concat();
                parser.parse(&line, &mut alone);
                let want = alone.record(&line, 0).unwrap();
                assert_eq!(record.raw(), &line[..(line.len() - 2).min(limit as usize)]);
                assert_eq!((record.raw(), record.truncated()), (want.raw(), want.truncated()));
                assert_eq!((record.timestamp(), record.severity()), (want.timestamp(), want.severity()));
                assert_eq!(record.error(), want.error());
                assert_eq!(values(&record, fields), values(&want, fields));
            }
            start += taken;
        }
        assert!(lines.next().is_none_or(<[u8]>::is_empty));
    }

    #[test]
    fn any_text_compiles_or_says_where_it_is_wrong(text in "([ -~]|\\$[a-z_]{1,4}|\\$\\{[a-z]{0,3}\\}?|\u{e9}|\n){0,12}") {
        if let Err(error) = LogFormat::compile(&text, Escape::Default) {
            prop_assert!(text.get(error.at()).is_some(), "{:?} of {text:?}", error.at());
        }
    }
}

/// Also at the bound of a list's items, behind which the value before it takes what is too much.
#[test]
fn a_naive_parser_reads_the_same_lists() {
    let literal = |text: &str| Piece::Literal(text.to_owned());
    let variable = Piece::Variable;
    let pieces = vec![
        variable("my_variable", Kind::Text),
        literal(" "),
        variable("upstream_response_time", Kind::Decimals),
        literal(" end"),
    ];
    for escape in [Escape::Default, Escape::Json] {
        let format = texts::Format { pieces: pieces.clone(), escape };
        for items in 60..70 {
            for separator in [", ", " : "] {
                let list = vec!["0.1"; items].join(separator);
                assert_same(&format, format!("x {list} end").as_bytes());
                assert_same(&format, format!("x {list}{separator}end").as_bytes());
            }
        }
    }
}

/// Where the line is well formed, both parsers of one text say the same.
fn assert_is_access(text: &str, access: Access, log: &[u8]) -> usize {
    let generic = LogFormat::compile_generic(text, Escape::Default).unwrap();
    assert_eq!(generic.schema(), access.schema());
    let (mut want, mut got) = (Batch::new(), Batch::new());
    access.parse(log, &mut want);
    generic.parse(log, &mut got);
    assert_eq!(got.len(), want.len());
    let fields = access.schema().fields().len();
    let mut count = 0;
    for (got, want) in got.records(log).zip(want.records(log)).filter(|(_, want)| want.error().is_none()) {
        let of = |record: &Record<'_>| {
            let spans: Vec<Span> = (0..fields as u16).map(|field| record.span(Field::new(field))).collect();
            (
                record.raw().to_vec(),
                record.error(),
                record.timestamp(),
                record.severity(),
                spans,
                values(record, fields),
            )
        };
        assert_eq!(of(&got), of(&want), "{want:?}");
        count += 1;
    }
    count
}

#[test]
fn combined_is_combined() {
    let log = corpus::access::generate(7, 1 << 20);
    assert!(assert_is_access(COMBINED, Access::combined(), &log) > 4000);
    assert!(assert_is_access(COMMON, Access::common(), &log) > 4000);
}
