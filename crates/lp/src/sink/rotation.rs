//! When a file is rotated.

use std::num::NonZeroU64;
use std::time::{Duration, SystemTime};

use super::Keep;

/// When a file is put aside under another name and a new one begun, and how long the old ones are kept.
///
/// The old file is named for the time when it was put aside, in UTC: `errors.ndjson` becomes
/// `errors-20251106T103015Z.ndjson` in the same folder, the second one of that second `errors-20251106T103015Z-2.ndjson`,
/// and so on. (`ls` shows that one before the first; the order is by time, then by number.)
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rotation {
    size: Option<NonZeroU64>,
    age: Option<Duration>,
    keep: Option<Keep>,
}

impl Rotation {
    /// A shorter age than this counts as this: the names of rotated files tell seconds apart.
    pub const MIN_AGE: Duration = Duration::from_secs(1);

    /// Before the file becomes larger than `size` bytes, or when what is in it is `age` old, whichever is first. `None`
    /// where neither is given.
    ///
    /// A record that is larger than `size` gets a file of its own. The age counts from the first write into the file.
    /// For a file that was there before the sink, it counts from the file's creation, or from its last change where the
    /// file system does not tell of the creation; so a program that is often started anew rotates in time, and at most
    /// too early by the time for which the file was empty.
    #[must_use]
    pub fn new(size: Option<NonZeroU64>, age: Option<Duration>) -> Option<Self> {
        let age = age.map(|age| age.max(Self::MIN_AGE));
        (size.is_some() || age.is_some()).then_some(Self { size, age, keep: None })
    }

    /// With only some of the rotated files kept, the others being deleted. Without it all are.
    #[must_use]
    pub const fn keep(self, keep: Keep) -> Self {
        Self { keep: Some(keep), ..self }
    }

    /// How many bytes more a file may have.
    pub(super) fn room(&self, size: u64) -> u64 {
        self.size.map_or(u64::MAX, |most| most.get().saturating_sub(size))
    }

    /// Whether a file is too old now whose first record was written at `since`.
    pub(super) fn is_due(&self, since: SystemTime, now: SystemTime) -> bool {
        // A time in the future has no age.
        self.age.is_some_and(|age| now.duration_since(since).is_ok_and(|passed| passed >= age))
    }

    pub(super) const fn kept(&self) -> Option<Keep> {
        self.keep
    }
}
