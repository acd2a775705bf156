//! The log pipeline: reads inputs, parses them on any number of threads, and writes the records in input order.
//!
//! This is what another program embeds to process logs as lp does; for the parsing alone, [`lp_core`] (re-exported
//! here) does no I/O and starts no threads. A [`Pipeline`] takes [`Input`]s to a writer:
//!
//! ```
//! use lp::{Access, Input, Pipeline};
//!
//! let log: &[u8] = b"203.0.113.7 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 157 \"-\" \"curl/8.4.0\"\n";
//! let mut json = Vec::new();
//! let report = Pipeline::new(Access::combined())
//!     .threads(2)
//!     .run([Input::reader("example", log)], &mut json, &mut ())?;
//! assert_eq!(report.total().records, 1);
//! assert!(json.starts_with(br#"{"timestamp":"2025-11-06T10:30:15Z","severity":"INFO""#));
//! # Ok::<(), lp::RunError>(())
//! ```

#![deny(missing_docs)]

mod accounts;
pub mod assembly;
mod chunk;
mod clock;
mod collector;
pub mod config;
pub mod custom_format;
mod error;
mod escape;
pub mod event;
pub mod excerpt;
mod feed;
pub mod filter;
pub mod follow;
mod gzip;
mod identity;
mod ledger;
mod long_record;
mod nearest;
pub mod nginx_conf;
mod observer;
mod outlet;
mod parallel;
mod pipeline;
pub mod quantity;
mod reading;
pub mod redact;
mod shape;
pub mod sink;
mod source;
pub mod stage;
mod stages;
pub mod stats;
mod turn;
pub mod visible;
mod work;
mod zone;

pub use chunk::{Chunk, Chunker, Read as ChunkRead};
pub use error::{BadRecord, Cause, Refused, RunError};
pub use filter::{Filter, FilterError, Names, Predicate};
pub use ledger::{Ledger, OutletReport, Report, StageReport};
pub use lp_core::format::access::{self, Access};
pub use lp_core::*;
pub use lp_tail as tail;
pub use observer::{Notice, Observer, Status};
pub use outlet::{Outlet, Takes, Which};
pub use pipeline::{OnError, Pipeline};
pub use reading::Limits;
pub use shape::Shape;
pub use source::{Compression, Input, InputError, Source};
pub use zone::{ZoneError, zone};
