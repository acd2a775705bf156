//! Records to bytes.
//!
//! A [`Layout`] says what of the records goes out, an [`Encoding`] in which form; the two make an [`Encoder`]. The one that
//! lp uses unless it is told otherwise, all as JSON, can be had directly: [`JsonEncoder`].
//!
//! ```
//! use lp_core::encode::{Encoding, Layout, Output};
//! use lp_core::format::access::Access;
//! use lp_core::{Batch, Format};
//!
//! let log = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /x HTTP/1.1\" 502 157 \"-\" \"curl/8.4.0\"\n";
//! let mut batch = Batch::new();
//! Access::combined().parse(log, &mut batch);
//!
//! let layout = Layout::of(Access::combined().schema()).select(&[("path", "url"), ("status_code", "status")])?;
//! let mut output = Output::new();
//! Encoding::Logfmt.encoder(&layout)?.encode(&batch, log, &[0], &mut output);
//! assert_eq!(output.as_bytes(), b"url=/x status=502\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod column;
mod columns;
mod csv;
mod encoding;
mod json;
mod layout;
mod logfmt;
mod members;
mod output;
mod preset;
mod raw;
mod redact;
mod rfc3339;
mod separated;
mod template;
mod terminal;
mod text;
mod tsv;
mod value;
mod visible;

pub use encoding::{Encoding, EncodingError, UnknownEncoding};
pub use json::JsonEncoder;
pub use layout::{Layout, LayoutError, Place};
pub use output::Output;
pub use preset::Preset;
pub use redact::{REDACTED, Redact};
pub use template::{Template, TemplateError};
pub use terminal::{Screen, Terminal};
pub use visible::is_printable;

use crate::batch::Batch;

/// Writes records in some form.
pub trait Encoder: Send + Sync {
    /// What stands once before the first record, such as the names of columns.
    fn header(&self) -> &[u8] {
        b""
    }

    /// Appends the records with these numbers, in this order. `input` must be what the batch was parsed from.
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output);
}
