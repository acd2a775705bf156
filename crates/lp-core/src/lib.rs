//! Log bytes to typed records and back to bytes, without a copy.
//!
//! The core of lp: it parses a slice of log text into a [`Batch`] of [`Record`]s, which are places in that slice with a
//! time, a severity and typed fields, and encodes records as JSON lines. It does no I/O, starts no thread, looks at no
//! clock, and once its buffers have grown it allocates nothing. No input makes it panic, and no line is lost: what does
//! not parse is a record too, with a [`ParseError`].
//!
//! ```
//! use lp_core::format::access::{self, Access};
//! use lp_core::{Batch, Format, Severity};
//!
//! let log = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET /api?x=1 HTTP/1.1\" 502 157 \"-\" \"curl/8.4.0\"\n";
//! let mut batch = Batch::new();
//! Access::combined().parse(log, &mut batch);
//!
//! let record = batch.records(log).next().unwrap();
//! assert_eq!(record.severity(), Some(Severity::ERROR));
//! assert_eq!(record.get(access::PATH), Some(&b"/api?x=1"[..]));
//! assert_eq!(record.integer(access::STATUS_CODE), Some(502));
//! assert_eq!(record.timestamp().unwrap().to_string(), "2025-11-06T10:30:15Z");
//! ```

#![deny(missing_docs)]

mod batch;
mod digits;
pub mod encode;
mod error;
mod escape;
pub mod format;
mod lines;
mod record;
mod scan;
mod schema;
mod severity;
mod span;
mod status;
mod timestamp;

pub use batch::{Batch, Draft, Integers, Severities, Times};
pub use error::{ParseError, Reason, Slot};
pub use escape::unescape;
pub use format::Format;
pub use lines::{Lines, MultiLine, MultiLines, last_record_start, whole_lines};
pub use record::{Record, Records};
pub use scan::Level;
pub use schema::{Field, FieldDef, Kind, Schema, SchemaError};
pub use severity::{Severity, UnknownSeverity};
pub use span::Span;
pub use status::{STATUS_CLASSES, status_class};
pub use timestamp::{TimeFormat, TimeFormatError, Timestamp, Zone};
