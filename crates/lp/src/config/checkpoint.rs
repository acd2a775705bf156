//! `[checkpoint]`: where it is kept how far the followed files have been read.

use std::time::Duration;

use super::table::Table;
use super::text::Text;

/// Where it is kept how far the followed files have been read.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The path of the file.
    pub path: Text,
    /// How often it is kept, if something has changed.
    pub every: Duration,
}

impl Checkpoint {
    /// What follows its path in the names of the files that are kept beside it.
    pub(super) const BESIDE: [&str; 3] = [".previous", ".lock", ".new"];

    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        const SHORTEST: Duration = Duration::from_millis(100);
        const LONGEST: Duration = Duration::from_secs(3600);
        table.require("path", "\"/var/lib/lp/checkpoint\"");
        let path = table.filled_text("path").unwrap_or_else(|| Text::implied(String::new(), table.span()));
        let every = table.duration_within("every", SHORTEST..=LONGEST, "it may be 100ms to 1h");
        table.set_apart(&["path", "every"]);
        table.finish();
        Self { path, every: every.unwrap_or(Duration::from_secs(1)) }
    }
}
