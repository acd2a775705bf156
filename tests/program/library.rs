//! The cases through the library: every way in, and every set of instructions.

use std::io::{self, Cursor, Read};

use bytes::BytesMut;
use lp::encode::{JsonEncoder, Output};
use lp::{Access, Batch, ChunkRead, Chunker, Format, Input, Level, Pipeline};

use super::cases::{Case, access, assert_records};

/// The options of a case.
struct Options {
    format: Access,
    decode: bool,
    max_record: u32,
}

impl Options {
    fn of(case: &Case) -> Self {
        let mut options = Self { format: Access::combined(), decode: true, max_record: Batch::DEFAULT_LIMIT };
        let mut args = case.args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            match arg {
                "--format" => {
                    options.format = match args.next() {
                        Some("nginx-combined") => Access::combined(),
                        Some("common") => Access::common(),
                        other => panic!("{}: format {other:?}", case.name),
                    }
                }
                "--no-decode" => options.decode = false,
                "--max-record" => options.max_record = args.next().unwrap().parse().unwrap(),
                other => panic!("{}: option {other}", case.name),
            }
        }
        options
    }

    fn encoder(&self) -> JsonEncoder {
        JsonEncoder::new(self.format.schema()).with_decode(self.decode)
    }

    fn batch(&self) -> Batch {
        Batch::with_limit(self.max_record)
    }
}

/// Gives one byte at a time.
struct Drop1(Cursor<Vec<u8>>);

impl Drop1 {
    fn new(bytes: &[u8]) -> Self {
        Self(Cursor::new(bytes.to_vec()))
    }
}

impl Read for Drop1 {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

const CHUNK_SIZES: [usize; 6] = [1, 2, 3, 7, 64, 4096];

#[test]
fn one_slice_gives_what_the_cases_say() {
    for case in access() {
        let options = Options::of(&case);
        let one_slice = |format: Access, encoder: &JsonEncoder, how: &str| {
            let mut batch = options.batch();
            let mut output = Output::new();
            assert_eq!(format.parse(&case.log, &mut batch), case.log.len());
            encoder.encode(&batch, &case.log, &mut output);
            assert_records(&case, output.as_bytes(), how);
        };
        for level in Level::available() {
            let encoder = options.encoder().with_level(level);
            one_slice(options.format.with_level(level), &encoder, level.name());
            one_slice(options.format.careful(), &encoder, "careful");
        }
    }
}

#[test]
fn chunks_give_what_the_cases_say() {
    for case in access() {
        let options = Options::of(&case);
        let encoder = options.encoder();
        for chunk_size in CHUNK_SIZES {
            let mut batch = options.batch();
            let mut output = Output::new();
            let mut chunker = Chunker::new(Drop1::new(&case.log), &[], chunk_size, options.max_record);
            let mut bytes = 0;
            let mut buffer = BytesMut::new();
            loop {
                let chunk = match chunker.next(buffer, &options.format) {
                    ChunkRead::Chunk(chunk) => chunk,
                    ChunkRead::End(_) => break,
                    ChunkRead::Failed(_, error) => panic!("{}: {error}", case.name),
                };
                assert_eq!(chunk.offset(), bytes, "{}: chunks follow one another", case.name);
                bytes += chunk.bytes().len() as u64 + chunk.cut();
                options.format.parse(chunk.bytes(), &mut batch);
                chunk.original_len().into_iter().for_each(|length| batch.set_original_len(length));
                encoder.encode(&batch, chunk.bytes(), &mut output);
                buffer = chunk.into_buffer().expect("nobody else has the chunk");
            }
            assert_eq!((bytes, chunker.bytes_read()), (case.log.len() as u64, case.log.len() as u64));
            assert_records(&case, output.as_bytes(), &format!("in chunks of {chunk_size}"));
        }
    }
}

#[test]
fn the_pipeline_gives_what_the_cases_say() {
    for case in access() {
        let options = Options::of(&case);
        for threads in [1, 2, 7] {
            for chunk_size in CHUNK_SIZES {
                let pipeline = Pipeline::new(options.format)
                    .decode(options.decode)
                    .max_record(options.max_record)
                    .threads(threads)
                    .chunk_size(chunk_size);
                let mut output = Vec::new();
                let input = Input::reader(&case.name, Drop1::new(&case.log));
                let report = pipeline.run([input], &mut output, &mut ()).unwrap();
                assert_records(&case, &output, &format!("in chunks of {chunk_size}, {threads} threads"));
                assert!(report.total().is_balanced(), "{}: {report:?}", case.name);
            }
        }
    }
}
