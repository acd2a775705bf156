//! Parse a buffer and look at the records: no pipeline, no threads, no allocation per record.
//!
//! `cargo run --release --example embed < examples/logs/access.log`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::io::Read;

use lp_core::format::access::{self, Access};
use lp_core::{Batch, Format, Severity};

fn main() -> Result<(), Box<dyn Error>> {
    let mut log = Vec::new();
    std::io::stdin().read_to_end(&mut log)?;

    // The batch is the only thing that allocates, and it keeps its memory for the next buffer.
    let format = Access::combined();
    let mut batch = Batch::new();
    format.parse(&log, &mut batch);

    let (mut bytes, mut failed) = (0, 0);
    for record in batch.records(&log) {
        bytes += record.integer(access::RESPONSE_SIZE).unwrap_or(0);
        if record.severity() >= Some(Severity::ERROR) {
            failed += 1;
            let path = record.get(access::PATH).unwrap_or_default();
            let time = record.timestamp().map(|time| time.to_string()).unwrap_or_default();
            println!("{time} {}", path.escape_ascii());
        }
        if let Some(error) = record.error() {
            println!("record {}, byte {}: {}", record.number() + 1, error.at(), error.reason());
        }
    }
    println!("{} records, {failed} failed, {bytes} bytes sent", batch.len());
    Ok(())
}
