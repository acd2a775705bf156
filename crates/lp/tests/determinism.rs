//! The output is the same bytes, and the account the same, whatever the number of threads, the size of the chunks and
//! the way a reader gives its bytes; and both are what a naive reading of the lines says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "determinism/broken.rs"]
mod broken;
#[path = "determinism/hiccups.rs"]
mod hiccups;
#[path = "../../lp-core/tests/lines/mod.rs"]
mod lines;
#[path = "determinism/naive.rs"]
mod naive;
#[path = "determinism/records.rs"]
mod records;

use std::io::{Read, Write};

use broken::Broken;
use hiccups::{Hiccups, steps};
use lp::{Access, Batch, Cause, Input, OnError, Pipeline, Report, RunError};
use naive::{Line, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

#[derive(Clone, Copy, Debug)]
struct Settings {
    common: bool,
    decode: bool,
    on_error: OnError,
    max_record: u32,
}

impl Settings {
    fn format(self) -> Access {
        if self.common { Access::common() } else { Access::combined() }
    }

    fn pipeline(self, threads: usize, chunk_size: usize) -> Pipeline {
        Pipeline::new(self.format())
            .decode(self.decode)
            .on_error(self.on_error)
            .max_record(self.max_record)
            .threads(threads)
            .chunk_size(chunk_size)
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    let max_record = prop_oneof![1 => Just(Batch::DEFAULT_LIMIT), 1 => 1_u32..=400, 1 => 60_u32..=130];
    let on_error = select(vec![OnError::Keep, OnError::Keep, OnError::Drop, OnError::Fail]);
    (any::<bool>(), any::<bool>(), on_error, max_record).prop_map(|(common, decode, on_error, max_record)| Settings {
        common,
        decode,
        on_error,
        max_record,
    })
}

/// What a run did: its output, and its report or the reason of its end.
struct Run {
    output: Vec<u8>,
    result: Result<Report, RunError>,
}

impl Run {
    fn new(pipeline: &Pipeline, inputs: Vec<Input>) -> Self {
        let mut output = Vec::new();
        let result = pipeline.run(inputs, &mut output, &mut ());
        Self { output, result }
    }

    fn report(&self) -> &Report {
        match &self.result {
            Ok(report) => report,
            Err(error) => &error.report,
        }
    }
}

const THREADS: [usize; 3] = [1, 2, 7];

proptest! {
    #[test]
    fn every_run_is_what_the_lines_say(
        logs in vec(lines::log(0..25), 1..4),
        settings in settings(),
        chunk_sizes in [1_usize..=200, 1_usize..=5000, 1_usize..=5000],
        steps in steps(),
    ) {
        let want = naive::run(&logs, settings);
        for (threads, chunk_size) in THREADS.into_iter().zip(chunk_sizes) {
            let inputs = logs.iter().enumerate().map(|(number, log)| {
                Input::reader(format!("log {number}"), Hiccups::new(log.clone(), steps.clone()))
            });
            let run = Run::new(&settings.pipeline(threads, chunk_size), inputs.collect());
            assert_is(&run, &want);
        }
    }

    #[test]
    fn compressed_logs_give_the_same(log in lines::log(0..60), chunk_size in 1_usize..=5000, steps in steps()) {
        let settings = Settings { common: false, decode: true, on_error: OnError::Keep, max_record: 300 };
        let want = naive::run(std::slice::from_ref(&log), settings);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&log).unwrap();
        for compressed in [gzip.finish().unwrap(), zstd::encode_all(&log[..], 1).unwrap()] {
            for threads in THREADS {
                let reader = Hiccups::new(compressed.clone(), steps.clone());
                let run = Run::new(&settings.pipeline(threads, chunk_size), vec![Input::reader("log 0", reader)]);
                assert_is(&run, &want);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_stands_before_a_failure_is_read(
        logs in vec(lines::log(0..10), 3), settings in settings(), chunk_size in 1_usize..=5000, steps in steps(),
    ) {
        let want = naive::run(&logs, settings);
        for threads in THREADS {
            let readers = logs.iter().map(|log| Hiccups::new(log.clone(), steps.clone()));
            let inputs = readers.enumerate().map(|(number, reader)| {
                let name = format!("log {number}");
                if number == 1 { Input::reader(name, reader.chain(Broken)) } else { Input::reader(name, reader) }
            });
            let run = Run::new(&settings.pipeline(threads, chunk_size), inputs.collect());
            assert_is(&run, &want);
            let failures: Vec<String> = run.report().failures.iter().map(|failure| failure.to_string()).collect();
            let was_read = matches!(want.outcome, Outcome::End) || want.ledgers.len() > 2;
            let place = if logs[1].is_empty() { String::new() } else { format!("after {} bytes: ", logs[1].len()) };
            prop_assert_eq!(failures, if was_read { vec![format!("log 1: {place}broken")] } else { vec![] });
        }
    }
}

proptest! {
    /// Records of several lines, logs of two formats, and compiled formats.
    #[test]
    fn every_run_is_what_the_records_say(
        logs in vec(records::log(0..20), 1..3),
        settings in records::settings(),
        chunk_sizes in [1_usize..=200, 1_usize..=5000, 1_usize..=5000],
        steps in steps(),
    ) {
        let logs: Vec<Vec<u8>> = logs.into_iter().map(|log| log.0).collect();
        let want = settings.run(&logs);
        for (threads, chunk_size) in [1, 2, 3].into_iter().zip(chunk_sizes) {
            let inputs = logs.iter().enumerate().map(|(number, log)| {
                Input::reader(format!("log {number}"), Hiccups::new(log.clone(), steps.clone()))
            });
            let run = Run::new(&settings.pipeline(threads, chunk_size), inputs.collect());
            assert_is(&run, &want);
        }
    }

    /// It belongs to no record, whatever the format.
    #[test]
    fn a_byte_order_mark_changes_no_record(
        log in records::log(0..20), settings in records::settings(),
        threads in 1_usize..4, chunk_size in 1_usize..=5000, steps in steps(),
    ) {
        let pipeline = settings.pipeline(threads, chunk_size);
        let run = |log: &[u8]| Run::new(&pipeline, vec![Input::reader("log", Hiccups::new(log.to_vec(), steps.clone()))]);
        let (want, marked) = (run(&log.0), run(&[b"\xEF\xBB\xBF", &log.0[..]].concat()));
        prop_assert_eq!(String::from_utf8_lossy(&marked.output), String::from_utf8_lossy(&want.output));
        prop_assert_eq!(marked.result.is_ok(), want.result.is_ok());
        let (mut ledger, want) = (marked.report().inputs[0].1.clone(), &want.report().inputs[0].1);
        prop_assert!(ledger.is_balanced());
        if marked.result.is_ok() {
            prop_assert_eq!(ledger.bytes_skipped, 3);
            ledger.bytes_skipped = 0;
            ledger.bytes_read -= 3;
        }
        prop_assert_eq!(&ledger, want);
    }

    /// The records of the complete part and of the rest are those of the whole; and a batch that is full is no end.
    #[test]
    fn records_may_be_cut_where_they_are_complete(
        log in records::log(0..20), kind in records::kinds(), at: prop::sample::Index, capacity in 1_usize..5,
    ) {
        let log = log.0;
        let want = records::seen(&*kind.format, &log, usize::MAX);
        prop_assert_eq!(&records::seen(&*kind.format, &log, capacity), &want, "in batches of {}", capacity);
        let known = at.index(log.len() + 1);
        let complete = kind.format.complete(&log[..known]);
        prop_assert!(complete <= known);
        let (before, after) = log.split_at(complete);
        let mut seen = records::seen(&*kind.format, before, usize::MAX);
        seen.extend(records::seen(&*kind.format, after, usize::MAX));
        prop_assert_eq!(&seen, &want, "cut at {} of the first {} bytes", complete, known);
    }
}

/// What a chunker may take for the end of a record, or the beginning of one.
#[test]
fn records_that_are_hard_to_cut() {
    let combined = "203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 157 \"-\" \"curl/8.4.0\"\n";
    let python = "2025-11-06 10:30:15,123 - INFO - x";
    let more = "a line that starts no record\n".repeat(20);
    let many = "\n".repeat(9000);
    let cases = [
        // The second line starts a record until its last byte is read.
        ("a time before the message", 4096, "2025-11-06 10:30:15,123 a\n2025-11-06 10:30:15,123 +0100\n".to_owned()),
        // Each line behind an access log's is a record; those behind a program's are one.
        ("combined and python", 200, format!("{combined}{more}{python}\n{more}{combined}{more}")),
        // Behind an access log's line there is one record.
        ("python and combined", 200, format!("{python}\n{more}{combined}{more}{combined}")),
        // Whose record it is, is more than what is kept of it says.
        ("combined and python", 20, format!("{python}\n{combined}{python}\n{more}")),
        ("python and combined", 20, format!("{python}\n{combined}{python}\n{more}")),
        // More lines than are parsed at a time.
        ("combined and python", 1 << 20, format!("{combined}{python}\n{many}{python}\n{python}\n{many}")),
        // The record goes on where its first line and the limit end together.
        ("dashed", python.len() as u32, format!("{python}\r\n{more}{python}\r\n")),
        ("text behind the message", 17, "INFO:a:b (a.py:1)\r\n".to_owned() + &more),
    ];
    for (name, max_record, log) in cases {
        let settings = records::Settings::named(name, max_record);
        let want = settings.run(&[log.clone().into_bytes()]);
        for (threads, chunk_size, step) in [(1, 1, 1), (2, 100, 7), (1, 4096, 1000), (2, 1 << 20, 1 << 20)] {
            let reader = Hiccups::new(log.clone().into_bytes(), vec![step]);
            let run = Run::new(&settings.pipeline(threads, chunk_size), vec![Input::reader("log 0", reader)]);
            assert_is(&run, &want);
        }
    }
}

/// The first bytes are read apart from the others, to see whether they are compressed.
#[test]
fn the_first_bytes_are_not_lost_where_the_next_cannot_be_read() {
    let settings = Settings { common: false, decode: true, on_error: OnError::Keep, max_record: Batch::DEFAULT_LIMIT };
    for log in [&b"x"[..], b"(", b"\x1F", b"\x1F\x8B", b"(\n", b"\n"] {
        let want = naive::run(&[log.to_vec()], settings);
        let run = Run::new(&settings.pipeline(1, 4096), vec![Input::reader("log 0", log.chain(Broken))]);
        assert_eq!(run.report().failures.len(), 1);
        assert_is(&run, &want);
    }
}

/// More output from a chunk than a worker keeps: it is handed on in parts.
#[test]
fn a_chunk_with_a_large_output_is_what_its_lines_say() {
    let line = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 157 \"-\" \"curl/8.4.0\"\n";
    // A record of an empty line is much longer than the line.
    let short = [&b"\n".repeat(20_000)[..], line, &b"\r\n".repeat(20_000), line].concat();
    let bad_last = [&line.repeat(20_000)[..], b"bad\n", line].concat();
    for (log, chunk_size, on_error) in [
        (&short, 64 << 10, OnError::Keep),
        (&short, 64 << 10, OnError::Drop),
        (&bad_last, 4 << 20, OnError::Keep),
        (&bad_last, 4 << 20, OnError::Fail),
    ] {
        let settings = Settings { common: false, decode: true, on_error, max_record: Batch::DEFAULT_LIMIT };
        let want = naive::run(&[log.clone(), log.clone()], settings);
        for threads in THREADS {
            let inputs = (0..2).map(|number| Input::reader(format!("log {number}"), std::io::Cursor::new(log.clone())));
            let run = Run::new(&settings.pipeline(threads, chunk_size), inputs.collect());
            assert_is(&run, &want);
        }
    }
}

fn assert_is(run: &Run, want: &naive::Run) {
    assert_output(&run.output, &want.lines);
    let report = run.report();
    assert_eq!(report.bytes_written(), run.output.len() as u64);
    assert_eq!(report.total().written, want.lines.len() as u64);
    match (&run.result, &want.outcome) {
        (Ok(report), Outcome::End) => {
            let names: Vec<&str> = report.inputs.iter().map(|(name, _)| name.as_str()).collect();
            let want_names: Vec<String> = (0..want.ledgers.len()).map(|number| format!("log {number}")).collect();
            assert_eq!(names, want_names);
            for ((name, ledger), want) in report.inputs.iter().zip(&want.ledgers) {
                assert!(ledger.is_balanced(), "{name}: {ledger:?}");
                assert_eq!(ledger, want, "{name}");
            }
        }
        (Err(RunError { cause: Cause::BadRecord(bad), report }), Outcome::BadRecord(message)) => {
            assert_eq!(bad.to_string(), *message);
            assert_eq!(report.inputs.len(), want.ledgers.len());
            let ledgers = report.inputs.iter().map(|(_, ledger)| ledger).zip(&want.ledgers);
            for (number, (ledger, want)) in ledgers.enumerate() {
                assert!(ledger.is_balanced(), "log {number}: {ledger:?}");
                assert_eq!(*ledger, *want, "log {number}");
            }
        }
        (result, outcome) => panic!("{result:?}, but the lines say {outcome:?}"),
    }
}

fn assert_output(output: &[u8], want: &[Line]) {
    let lines: Vec<&[u8]> = output.split_inclusive(|&byte| byte == b'\n').collect();
    for (line, want) in lines.iter().zip(want) {
        let object: Value = serde_json::from_slice(line).expect("every line is JSON");
        match want {
            Line::Text(text) => {
                assert_eq!(String::from_utf8_lossy(line), String::from_utf8_lossy(text))
            }
            // As text, because the order of the keys counts.
            Line::Cut(value) => assert_eq!(object.to_string(), value.to_string()),
        }
    }
    assert_eq!(lines.len(), want.len());
}
