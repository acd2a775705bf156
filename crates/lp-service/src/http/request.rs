//! The head of a request.

use super::response::{Response, Status};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    path: String,
    accept: String,
    is_head: bool,
}

/// The most header fields of a request.
const MOST_FIELDS: usize = 64;

impl Request {
    /// Reads the head of a request, as far as it has come. `None` if there must be more.
    ///
    /// # Errors
    ///
    /// The answer, if it is no request, or not for this server.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, Response> {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut head = httparse::Request::new(&mut fields);
        match head.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => {
                return Err(Response::text(Status::HeadTooLarge, "too many fields"));
            }
            Err(error) => return Err(Response::text(Status::BadRequest, &error.to_string())),
        }
        let is_head = match head.method {
            Some("GET") => false,
            Some("HEAD") => true,
            _ => return Err(Response::text(Status::MethodNotAllowed, "only GET and HEAD are answered")),
        };
        let path = path(head.path.unwrap_or_default()).to_owned();
        // RFC 9110, section 5.3: several fields of one name are one list.
        let accept = head.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("accept"));
        let accept: Vec<_> = accept.map(|field| String::from_utf8_lossy(field.value)).collect();
        Ok(Some(Self { path, accept: accept.join(","), is_head }))
    }

    /// The path, without a query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether no body is wanted.
    #[must_use]
    pub const fn is_head(&self) -> bool {
        self.is_head
    }

    /// How much the client would like this type of media, `0.0` (not at all) to `1.0`: RFC 9110, section 12.5.1. Parameters other
    /// than `q` are not looked at.
    #[must_use]
    pub fn likes(&self, media: &str) -> f32 {
        let ranges = self.accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_meant = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(media));
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let weight = weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0_f32));
            is_meant.then_some(weight.clamp(0.0, 1.0))
        });
        ranges.fold(0.0, f32::max)
    }
}

/// The path in the target of a request: `/metrics?x=y` or `http://host/metrics`.
fn path(target: &str) -> &str {
    let target = match target.split_once("://") {
        // Every server must understand these: RFC 9112, section 3.2.2.
        Some((_, rest)) if !target.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => target,
    };
    target.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(head: &str) -> Request {
        Request::read(head.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn paths() {
        for (target, path) in [
            ("/metrics", "/metrics"),
            ("/metrics?a=http://b/c", "/metrics"),
            ("http://localhost:9180/metrics?x", "/metrics"),
            ("http://localhost", "/"),
            ("*", "*"),
            ("/", "/"),
        ] {
            assert_eq!(request(&format!("GET {target} HTTP/1.1\r\n\r\n")).path(), path, "{target}");
        }
    }

    #[test]
    fn what_is_no_request_has_an_answer() {
        let status = |head: &str| Request::read(head.as_bytes()).map_err(|answer| answer.status());
        assert_eq!(status("GET / HTTP/1.1\r\nHost: x\r\n"), Ok(None));
        assert_eq!(status(""), Ok(None));
        assert_eq!(status("\x16\x03\x01\x02"), Err(Status::BadRequest));
        assert_eq!(status("GET / HTTP/2.0\r\n\r\n"), Err(Status::BadRequest));
        assert_eq!(status("GET /\x07 HTTP/1.1\r\n\r\n"), Err(Status::BadRequest));
        assert_eq!(status("POST / HTTP/1.1\r\n\r\n"), Err(Status::MethodNotAllowed));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65));
        assert_eq!(status(&many), Err(Status::HeadTooLarge));
    }

    #[test]
    fn what_a_client_likes() {
        // What Prometheus 2.42 says.
        let prometheus = "Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                          text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let request = request(&format!("GET / HTTP/1.1\r\n{prometheus}\r\naccept: text/html ; q=x\r\n\r\n"));
        assert_eq!(request.likes("application/openmetrics-text"), 1.0);
        assert_eq!(request.likes("text/plain"), 0.5);
        assert_eq!((request.likes("text/html"), request.likes("image/png")), (0.0, 0.0));
    }
}
