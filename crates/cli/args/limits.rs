//! How long records may be.

use clap::Args;
use lp::{Batch, Limits, quantity};

/// What is too long is cut.
#[derive(Args, Debug)]
pub(crate) struct LimitArgs {
    /// Cut records that are longer than this: bytes, or with a unit such as 64KiB
    #[arg(long, value_name = "BYTES", default_value = "1MiB", value_parser = max_record)]
    max_record: u32,

    /// Cut records of more lines than this: a message with its traceback
    #[arg(long, value_name = "N", default_value_t = Batch::DEFAULT_LINE_LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    max_lines: u32,
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits::new(self.max_record, self.max_lines)
    }
}

fn max_record(text: &str) -> Result<u32, String> {
    let bytes = quantity::size(text).map_err(|_| "a number of bytes is wanted, such as 65536 or 64KiB")?;
    u32::try_from(bytes)
        .ok()
        .filter(|bytes| (1..=Batch::MAX_LIMIT).contains(bytes))
        .ok_or_else(|| "a record may have 1 byte to 1 GiB".to_owned())
}
