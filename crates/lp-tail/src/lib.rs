//! Follows files for ever: it gives out what is appended to them, whatever rotates, truncates, replaces or deletes them.
//!
//! It knows bytes and positions, no records: whoever takes the bytes says up to where they are safe, and puts that into a
//! [`Checkpoint`], from which another [`Tail`] goes on.
//!
//! - A file is followed by what it is, not by its name: see [`Mark`]. One that is renamed is read to its end for as long as it
//!   is written to; one that is truncated or replaced is read from its beginning.
//! - Whoever puts one tail in the place of another hands the [open files](OpenFiles) over, so that deleted ones are read to their end too.
//! - What was truncated or deleted before it could be read is [told](Event::Lost).
//! - Nothing is read that is not asked for, so whoever does not keep up with the files holds no memory for it.

#![deny(missing_docs)]

mod checkpoint;
mod copies;
mod descriptors;
mod displaced;
mod encoding;
mod event;
mod failures;
mod file;
mod folders;
pub mod glob;
mod group;
mod look;
mod mark;
mod nuls;
mod open_files;
mod pace;
mod place;
mod prefixes;
mod reading;
mod resume;
mod retired;
mod rotated;
mod store;
mod succession;
mod system;
mod tail;
mod truncation;
mod turns;
mod unread;
mod wait;
mod watch;

pub use checkpoint::{Checkpoint, CheckpointError, KnownFile};
pub use encoding::check_encoding;
pub use event::{Event, FileId};
pub use group::{Group, Pattern, Start};
pub use mark::{Beginning, Mark, Probe};
pub use open_files::OpenFiles;
pub use rotated::is_compressed_name;
pub use store::{Change, Damaged, Found, Journal, Store, StoreError};
pub use tail::{Followed, Tail, TailError, TailOptions};
pub use wait::Waker;
