//! A run's output and accounts do not depend on reads, chunks and threads.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::access::Access;
use lp::format::START_BYTES;
use lp::{Batch, Cause, ChunkRead, Chunker, Format, Input, Ledger, OnError, Pipeline};
use lp_fuzz::choices::Choices;
use lp_fuzz::naive::Layout;
use lp_fuzz::reader::{Scripted, Sink};
use lp_fuzz::whole::{Whole, whole};
use lp_fuzz::{GZIP, is_marked, is_zstd, mutate, split};

const SETTINGS: usize = 28;
/// What is repeated is repeated up to here: enough for a chunk whose output is handed on in parts.
const REPEATED: usize = 12 << 10;

struct Run {
    format: Access,
    on_error: OnError,
    decode: bool,
    limit: u32,
    chunk_size: usize,
    threads: usize,
    /// The most bytes that a read gives, in turn.
    sizes: Vec<usize>,
    /// The last input ends with a failure.
    fails: bool,
    /// The sink takes so many bytes.
    room: usize,
    piece: usize,
}

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let slow = settings.byte();
    let repeated;
    let text = if slow >= 252 && !text.is_empty() {
        repeated = text.repeat(REPEATED.div_ceil(text.len()));
        &repeated[..]
    } else {
        text
    };
    // The beginnings of the other inputs, in ascending order.
    let mut cuts: Vec<usize> =
        (0..settings.up_to(5).saturating_sub(3)).map(|_| settings.up_to(u16::MAX.into()) % (text.len() + 1)).collect();
    cuts.sort_unstable();
    // Threads take far longer to start than to do what there is to do.
    let threads = if slow < 224 { 1 } else { 2 + usize::from(slow % 2) };
    let run = Run::new(&mut settings, threads);

    let mut inputs = Vec::new();
    let mut rest = text;
    for cut in cuts.into_iter().rev() {
        let (before, after) = rest.split_at(cut);
        inputs.insert(0, after);
        rest = before;
    }
    inputs.insert(0, rest);
    // Compressed inputs are another target's, and what is made of marks a test's.
    if inputs.iter().any(|input| input.starts_with(GZIP) || is_zstd(input) || is_marked(input)) {
        return;
    }
    check_run(&run, &inputs);
    check_chunks(&run, rest);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});

impl Run {
    fn new(settings: &mut Choices<'_>, threads: usize) -> Self {
        let layout = settings.pick(&[Layout::Combined, Layout::Common]);
        Self {
            format: layout.format(),
            on_error: settings.pick(&[OnError::Keep, OnError::Keep, OnError::Drop, OnError::Fail]),
            decode: settings.pick(&[true, true, false]),
            limit: match settings.up_to(3) {
                0 | 1 => Batch::DEFAULT_LIMIT,
                2 => settings.byte().into(),
                _ => 64 + u32::from(settings.byte()),
            },
            chunk_size: match settings.up_to(3) {
                0 => Pipeline::DEFAULT_CHUNK_SIZE,
                1 => settings.byte().into(),
                2 => 64 + usize::from(settings.byte()),
                _ => settings.up_to(4095),
            },
            threads,
            fails: settings.once_in(16),
            room: if settings.once_in(16) { settings.up_to(u16::MAX.into()) } else { usize::MAX },
            piece: settings.pick(&[usize::MAX, usize::MAX, 1000, 1]),
            sizes: (0..settings.up_to(8)).map(|_| settings.pick(&[1, 2, 0, 3, 7, 64, 200, 1000])).collect(),
        }
    }

    fn reader(&self, input: &[u8], last: bool) -> Scripted {
        Scripted::new(input).sizes(self.sizes.clone()).fails(self.fails && last)
    }

    fn limit(&self) -> u32 {
        self.limit.max(1)
    }
}

fn check_run(run: &Run, inputs: &[&[u8]]) {
    let expected: Vec<Whole> =
        inputs.iter().map(|input| whole(&run.format, input, run.limit, run.on_error, run.decode)).collect();
    // The run ends with the first input that has a bad record, if it is to end there at all.
    let bad = expected.iter().position(|input| input.bad.is_some());
    let read = &expected[..bad.map_or(expected.len(), |bad| bad + 1)];
    let output: Vec<u8> = read.iter().flat_map(|input| &input.output).copied().collect();

    let readers = inputs
        .iter()
        .enumerate()
        .map(|(number, input)| Input::reader(format!("input {number}"), run.reader(input, number + 1 == inputs.len())));
    let mut sink = Sink::with_room(run.room, run.piece);
    let result = Pipeline::new(run.format)
        .on_error(run.on_error)
        .decode(run.decode)
        .max_record(run.limit)
        .chunk_size(run.chunk_size)
        .threads(run.threads)
        .run(readers, &mut sink, &mut ());

    if output.len() > run.room {
        assert!(sink.bytes == output[..run.room], "what the sink took is the beginning of the output");
        let error = result.expect_err("the sink is full");
        assert!(matches!(error.cause, Cause::Sink(_)), "{error}");
        return;
    }
    assert!(
        sink.bytes == output,
        "written:\n{}expected:\n{}",
        String::from_utf8_lossy(&sink.bytes),
        String::from_utf8_lossy(&output),
    );
    match (bad, result) {
        (Some(bad), Err(error)) => {
            let Cause::BadRecord(record) = error.cause else { panic!("{}", error.cause) };
            let (number, why) = expected[bad].bad.expect("it is the bad one");
            assert_eq!(record.input, format!("input {bad}"));
            assert_eq!((record.number, record.error), (number, why));
            let total = error.report.total();
            let mut wanted = Ledger::default();
            for input in &expected[..=bad] {
                wanted.add(&input.ledger);
            }
            assert!(total.is_balanced(), "{total:?}");
            assert_eq!(total, wanted);
            assert_eq!(error.report.bytes_written(), output.len() as u64);
        }
        (None, Ok(report)) => {
            assert_eq!(report.inputs.len(), expected.len());
            let mut total = Ledger::default();
            for (number, ((name, ledger), expected)) in report.inputs.iter().zip(&expected).enumerate() {
                assert_eq!(*name, format!("input {number}"));
                assert!(ledger.is_balanced(), "{ledger:?}");
                assert_eq!(*ledger, expected.ledger);
                total.add(ledger);
            }
            assert_eq!(report.total(), total);
            assert_eq!(report.bytes_written(), output.len() as u64);
            assert_eq!(report.failures.len(), usize::from(run.fails));
            let read = inputs.last().map_or(0, |input| input.len() as u64);
            assert!(report.failures.iter().all(|failure| failure.offset == read));
        }
        (Some(_), Ok(_)) => panic!("a bad record did not end the run"),
        (None, Err(error)) => panic!("the run failed: {error}"),
    }
}

/// The chunks follow one another without a gap, hold whole records, and are no larger than promised.
fn check_chunks(run: &Run, input: &[u8]) {
    let most = run.limit() as usize + 3 + START_BYTES + run.chunk_size.max(1);
    let (already, rest) = input.split_at(input.len().min(3));
    let mut chunker = Chunker::new(run.reader(rest, true), already, run.chunk_size, run.limit());
    let mut buffer = Default::default();
    let mut offset = 0;
    loop {
        let chunk = match chunker.next(buffer, &run.format) {
            ChunkRead::Chunk(chunk) => chunk,
            ChunkRead::End(_) => {
                assert!(!run.fails);
                break;
            }
            ChunkRead::Failed(..) => {
                assert!(run.fails);
                break;
            }
        };
        let len = chunk.bytes().len();
        assert_eq!(chunk.offset(), offset as u64);
        assert!(chunk.bytes() == &input[offset..][..len]);
        assert!(0 < len && len <= most, "{len} of at most {most} bytes");
        offset += len + chunk.cut() as usize;
        assert!(offset <= input.len());
        assert_eq!(run.format.complete(chunk.bytes()) < len, chunk.cut() > 0 || !input[..offset].ends_with(b"\n"));
        assert!(chunk.cut() == 0 || chunk.original_len().is_some());
        assert!(offset == input.len() || input[..offset].ends_with(b"\n"), "a chunk ends within a record");
        buffer = chunk.into_buffer().expect("nobody shares it");
    }
    assert_eq!(offset, input.len());
    assert_eq!(chunker.bytes_read(), input.len() as u64);
}
