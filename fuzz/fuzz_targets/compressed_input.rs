//! Inputs that are compressed, or look like it, whole and broken: what can be read is read, and no more memory is
//! taken than promised.
#![no_main]

use std::io::{self, Read, Write};

use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::{Access, Input, Observer, OnError, Pipeline};
use lp_fuzz::choices::Choices;
use lp_fuzz::peak::{self, Counting};
use lp_fuzz::reader::{Scripted, Sink};
use lp_fuzz::whole::whole;
use lp_fuzz::{GZIP, ZSTD, is_marked, is_zstd, mutate, split};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SETTINGS: usize = 32;
/// How a frame begins that a reader of Zstandard must skip.
const SKIPPED: &[u8] = b"\x5A\x2A\x4D\x18";
/// More than this is not decompressed to be compared: nobody knows how much a few bytes become.
const COMPARED: usize = 256 << 10;
/// The longest record.
const LIMIT: u32 = 4096;

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let slow = settings.byte();
    let repeated = if slow >= 252 { text.repeat(64) } else { Vec::new() };
    let stored = stored(&mut settings, if repeated.is_empty() { text } else { &repeated });
    let threads = if slow < 240 { 1 } else { 2 };
    let fails = settings.once_in(16);
    let sizes: Vec<usize> = (0..settings.up_to(4)).map(|_| settings.pick(&[1, 2, 0, 3, 10, 100, 1000])).collect();
    let chunk_size = settings.pick(&[Pipeline::DEFAULT_CHUNK_SIZE, 1, 100, 4096]);

    let readable = readable(Scripted::new(&stored[..]).fails(fails));
    let reader = Scripted::new(&stored[..]).sizes(sizes).fails(fails);
    let pipeline = Pipeline::new(Access::combined()).max_record(LIMIT).chunk_size(chunk_size).threads(threads);
    let mut progress = Progress { now: 0, most: stored.len() as u64 };
    let mut sink = Sink::new();
    let mut nowhere = io::sink();
    let kept: &mut (dyn Write + Send) = if readable.is_some() { &mut sink } else { &mut nowhere };
    let (peak, report) = peak::during(|| pipeline.run([Input::reader("stored", reader)], kept, &mut progress));
    let report = report.expect("no input ends a run");

    assert_eq!(report.inputs.len(), 1);
    let ledger = &report.inputs[0].1;
    assert!(ledger.is_balanced(), "{ledger:?}");
    // What is read and what is carried over, for each thread and two more; and as often the output of a batch of very
    // short records, which is far longer than they are. The sink's own memory grows by being copied.
    let promised = (threads + 2) * (2 * (chunk_size + LIMIT as usize) + (8 << 20)) + 2 * sink.bytes.capacity();
    assert!(peak <= promised, "{peak} bytes of memory, {promised} promised");

    let Some(Readable { bytes, complete }) = readable else { return };
    // What is made of that is a test's.
    if is_marked(&bytes) {
        return;
    }
    assert_eq!(report.failures.is_empty(), complete, "{:?}", report.failures);
    // Before damaged data a decompressor may keep what it had of one step.
    assert!(ledger.bytes_read + 512 > bytes.len() as u64, "{} bytes can be read, {ledger:?}", bytes.len());
    let read = &bytes[..bytes.len().min(ledger.bytes_read as usize)];
    let whole_lines = if complete { read.len() } else { lp::whole_lines(read) };
    let expected = whole(&Access::combined(), &read[..whole_lines], LIMIT, OnError::Keep, true);
    assert!(sink.bytes.starts_with(&expected.output));
    if complete {
        assert_eq!(*ledger, expected.ledger);
        assert_eq!(sink.bytes.len(), expected.output.len());
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});

/// The bytes of the input, as they stand in a file: whole, or damaged.
fn stored(settings: &mut Choices<'_>, text: &[u8]) -> Vec<u8> {
    let container = settings.up_to(12);
    let pieces = settings.up_to(7) + 1;
    let checksum = settings.once_in(2);
    let gzip = |text| gzip(text, pieces);
    let zstd = |text| zstd(text, pieces, checksum);
    let (first, second) = text.split_at(text.len() / 2);
    let mut stored = match container {
        0 => text.to_vec(),
        1 => [GZIP, text].concat(),
        2 => [ZSTD, text].concat(),
        3 => gzip(text),
        4 => zstd(text),
        5 => [gzip(first), gzip(second)].concat(),
        6 => [zstd(first), zstd(second)].concat(),
        7 => [&gzip(first), second].concat(),
        8 => [&zstd(first), second].concat(),
        9 => [skipped(first), zstd(second)].concat(),
        10 => [zstd(first), skipped(first), zstd(second)].concat(),
        11 => [SKIPPED, text].concat(),
        // It ends before one can tell what it is.
        _ => [GZIP, ZSTD, SKIPPED][settings.up_to(2)][..settings.up_to(2)].to_vec(),
    };
    if settings.once_in(4) {
        stored.truncate(settings.up_to(u16::MAX.into()) % (stored.len() + 1));
    }
    for _ in 0..settings.up_to(5).saturating_sub(2) {
        let (at, flipped) = (settings.up_to(u16::MAX.into()), settings.byte());
        if let Some(len) = stored.len().checked_sub(1) {
            stored[at % (len + 1)] ^= flipped;
        }
    }
    stored
}

/// Compressed in so many blocks, as a server does that flushes its log now and then.
fn gzip(text: &[u8], pieces: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    flushed(&mut encoder, text, pieces);
    encoder.finish().expect("a vector takes everything")
}

fn zstd(text: &[u8], pieces: usize, checksum: bool) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("level 1 exists");
    encoder.include_checksum(checksum).expect("it may have a checksum");
    flushed(&mut encoder, text, pieces);
    encoder.finish().expect("a vector takes everything")
}

fn skipped(text: &[u8]) -> Vec<u8> {
    [SKIPPED, &(text.len() as u32).to_le_bytes(), text].concat()
}

fn flushed(encoder: &mut impl Write, text: &[u8], pieces: usize) {
    for piece in text.chunks(text.len().div_ceil(pieces).max(1)) {
        encoder.write_all(piece).expect("a vector takes everything");
        encoder.flush().expect("a vector takes everything");
    }
}

/// What can be had of an input.
struct Readable {
    /// All of it, or, where it cannot be read to its end, nearly all: a decompressor that has the next bytes may see that
    /// they are bad before it has given out what the last ones meant.
    bytes: Vec<u8>,
    /// It can be read to its end.
    complete: bool,
}

/// Reads byte by byte, as a decompressor that meets an error does not say what else it wrote in that read. `None` where
/// it is too much to compare.
fn readable(mut reader: Scripted) -> Option<Readable> {
    let mut stored = Vec::new();
    let arrives = reader.read_to_end(&mut stored).is_ok();
    let mut bytes = Vec::new();
    let valid = if stored.starts_with(GZIP) {
        members(&stored, &mut bytes)?
    } else if is_zstd(&stored) {
        let decoder = || zstd::Decoder::with_buffer(&stored[..]).expect("there is memory for a decoder");
        let valid = bytewise(decoder(), &mut bytes)?;
        // Given room for all of a damaged frame at once, the library may see what it else does not.
        if io::copy(&mut decoder(), &mut io::sink()).is_ok() != valid {
            return None;
        }
        valid
    } else {
        bytes = stored;
        true
    };
    Some(Readable { bytes, complete: arrives && valid })
}

/// Members of gzip with any number of zeros behind each, as `gzip -d` takes them. Whether they are whole.
fn members(mut stored: &[u8], bytes: &mut Vec<u8>) -> Option<bool> {
    loop {
        let mut member = GzDecoder::new(stored);
        if !bytewise(&mut member, bytes)? {
            return Some(false);
        }
        stored = member.into_inner();
        while let [0, rest @ ..] = stored {
            stored = rest;
        }
        match stored {
            [] => return Some(true),
            [0x1F, ..] => {}
            _ => return Some(false),
        }
    }
}

/// Whether it could be read to its end.
fn bytewise(mut decoder: impl Read, bytes: &mut Vec<u8>) -> Option<bool> {
    let mut byte = [0];
    while bytes.len() <= COMPARED {
        match decoder.read(&mut byte) {
            Ok(0) => return Some(true),
            Ok(_) => bytes.push(byte[0]),
            Err(_) => return Some(false),
        }
    }
    None
}

/// Holds the progress that is told against what there is.
struct Progress {
    now: u64,
    most: u64,
}

impl Observer for Progress {
    fn progress(&mut self, bytes: u64) {
        assert!(self.now <= bytes && bytes <= self.most, "{bytes} of {} bytes", self.most);
        self.now = bytes;
    }
}
