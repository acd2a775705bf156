//! Values that are not for everybody: out of a variable, or out of a file that `file:` names.

use std::path::Path;

use super::environment::Secret;
use super::reader::Reader;
use super::text::Text;

/// Before the path of the file that holds a secret.
const FILE: &str = "file:";

/// Whether it stands in the configuration itself, for everybody who may read that.
pub(super) fn is_written_out(text: &Text) -> bool {
    text.is_known() && !text.has_variables() && !text.as_str().starts_with(FILE)
}

/// What a text means, or the file that it names. `None` if that is a mistake, of which nothing is told that has the value
/// in it; `Some(None)` if it is not known here. `what` is what it is, for people.
pub(super) fn read(reader: &mut Reader<'_>, text: &Text, what: &str, why_not_empty: &str) -> Option<Option<Secret>> {
    if !text.is_known() {
        return Some(None);
    }
    let secret = match text.as_str().strip_prefix(FILE) {
        None => text.as_str().as_bytes().to_vec(),
        Some(path) => match reader.environment.secret(Path::new(path)) {
            Ok(None) => return Some(None),
            Ok(Some(bytes)) => without_line_end(bytes),
            Err(error) => {
                reader.mistake(text.span(), format!("the {what} cannot be read: {error}"), "");
                return None;
            }
        },
    };
    if secret.is_empty() {
        reader.mistake(text.span(), format!("the {what} is empty"), why_not_empty);
        return None;
    }
    Some(Some(Secret::new(secret)))
}

/// Editors and `echo` end a file with a line feed.
fn without_line_end(mut secret: Vec<u8>) -> Vec<u8> {
    if secret.last() == Some(&b'\n') {
        secret.pop();
        if secret.last() == Some(&b'\r') {
            secret.pop();
        }
    }
    secret
}
