//! What came of a request.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::http::header::RETRY_AFTER;
use ureq::http::{Response, StatusCode};
use ureq::{Body, Error};

use super::url::Url;

/// A request that was not delivered.
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    /// What happened, for people.
    pub(super) reason: String,
    pub(super) again: Again,
}

/// Whether it may be tried again.
pub(super) enum Again {
    Never,
    /// After this time if the server asks for it.
    After(Option<Duration>),
}

/// How much is read of an answer's body. If that is all of it, the connection is used again.
const MOST_READ: u64 = 4096;

/// How many characters of it are told.
pub(super) const MOST_TOLD: usize = 200;

/// What an answer says.
pub(super) fn judge(mut answer: Response<Body>, url: &Url) -> Result<(), Failure> {
    let status = answer.status();
    let wanted = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = beginning(answer.body_mut());
    if status.is_success() {
        return Ok(());
    }
    let name = status.canonical_reason().map(|name| format!(" {name}")).unwrap_or_default();
    let mut reason = format!("the server answers {}{name}", status.as_u16());
    if status.is_redirection() {
        reason += ", and redirects are not followed";
    }
    let text = url.hide_in(&body);
    let text: String = text.trim().chars().take(MOST_TOLD).collect();
    if !text.is_empty() {
        reason = format!("{reason}: {text:?}");
    }
    let again = if is_passing(status) { Again::After(wanted.map(Duration::from_secs)) } else { Again::Never };
    Err(Failure { kind: ErrorKind::Other, reason, again })
}

/// Whether the same request may be answered otherwise later.
fn is_passing(status: StatusCode) -> bool {
    const PASSING: [StatusCode; 3] =
        [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || PASSING.contains(&status)
}

/// The beginning of a body, as far as it comes.
fn beginning(body: &mut Body) -> String {
    let mut bytes = Vec::new();
    // The status counts. What has been read before a failure is kept.
    let _ = body.as_reader().take(MOST_READ).read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Why there is no answer. Nothing that is said has the URL or a header in it.
pub(super) fn failure(error: Error, timeout: Duration) -> Failure {
    let later = Again::After(None);
    let (kind, reason, again) = match error {
        Error::Timeout(_) => (ErrorKind::TimedOut, format!("no answer within {timeout:?}"), later),
        Error::HostNotFound => (ErrorKind::Other, "the name of the host cannot be resolved".to_owned(), later),
        Error::Io(error) => match error.kind() {
            kind @ (ErrorKind::ConnectionRefused | ErrorKind::TimedOut) => (kind, error.to_string(), later),
            // This is how TLS tells of a certificate, or of a server that does not speak it.
            ErrorKind::InvalidData => (ErrorKind::Other, format!("no secure connection: {error}"), later),
            // Not what the system calls it: a broken pipe would mean that nobody wants the output.
            _ => (ErrorKind::Other, error.to_string(), later),
        },
        Error::Protocol(_) | Error::LargeResponseHeader(..) => {
            (ErrorKind::Other, format!("the server does not answer as HTTP demands: {error}"), later)
        }
        Error::Rustls(error) => (ErrorKind::Other, format!("no secure connection: {error}"), later),
        Error::ConnectProxyFailed(_) => (ErrorKind::Other, "the proxy refuses to connect".to_owned(), later),
        Error::BadUri(_) | Error::Http(_) => (ErrorKind::Other, "it cannot be asked for".to_owned(), Again::Never),
        error => (ErrorKind::Other, error.to_string(), later),
    };
    Failure { kind, reason, again }
}
