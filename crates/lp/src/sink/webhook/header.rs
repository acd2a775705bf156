//! A header of a request.

use ureq::http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING};
use ureq::http::{HeaderName, HeaderValue};

use super::super::SinkError;

/// Those that say how the request is sent, which is not for others to decide.
const OWN: [HeaderName; 5] = [CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING];

/// A header, if it is one that may be set.
pub(crate) fn header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), SinkError> {
    let wrong = |why| SinkError::Header { name: name.to_owned(), why };
    let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("is no name of a header"))?;
    if OWN.contains(&known) {
        return Err(wrong("is set by lp itself"));
    }
    let mut value = HeaderValue::from_bytes(value).map_err(|_| wrong("cannot have this value: it holds controls"))?;
    // Whoever shows headers does not show this one.
    value.set_sensitive(true);
    Ok((known, value))
}
