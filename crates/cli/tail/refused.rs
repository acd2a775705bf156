//! What is named to be followed and never can be.

use std::fs;
use std::path::Path;

use lp::tail::is_compressed_name;

/// Why what is at a path is nothing to follow, if that is so. What is not there may come.
pub(super) fn why(path: &Path) -> Option<&'static str> {
    if path.file_name().is_some_and(is_compressed_name) {
        return Some("a compressed file does not grow; `lp parse` reads it");
    }
    let metadata = fs::metadata(path).ok()?;
    if metadata.is_dir() {
        return Some("it is a folder; name the files in it, or a pattern such as 'logs/*.log'");
    }
    (!metadata.is_file()).then_some("it is no regular file; `lp parse` reads pipes and devices")
}
