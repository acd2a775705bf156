//! Where is posted to, and how much of that may be told.

use ureq::http::Uri;

use super::super::SinkError;

/// A URL with the scheme `http` or `https` and a host. All else of it may be secret.
#[derive(Clone)]
pub(super) struct Url(Uri);

impl Url {
    pub(super) fn parse(url: &str) -> Result<Self, SinkError> {
        let wrong = |why: String| SinkError::Url { why };
        let uri: Uri = url.parse().map_err(|error| match url.contains("://") {
            true => wrong(format!("cannot be understood: {error}")),
            false => wrong(NO_SCHEME.to_owned()),
        })?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong(NO_SCHEME.to_owned()));
        }
        match uri.authority() {
            Some(authority) if authority.host().is_empty() => Err(wrong("has no host".to_owned())),
            // The parser takes any text for a port.
            Some(authority) if authority.as_str().ends_with(':') || has_bad_port(authority) => {
                Err(wrong("has no right port".to_owned()))
            }
            Some(_) => Ok(Self(uri)),
            None => Err(wrong("has no host".to_owned())),
        }
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    /// The scheme, the host and the port: the rest, as of a chat's webhook, lets anybody post who knows it.
    pub(super) fn shown(&self) -> String {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let host = self.0.host().unwrap_or_default();
        match self.0.port_u16() {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }
    }

    /// A text of the server's, without what it repeats of the URL.
    pub(super) fn hide_in(&self, text: &str) -> String {
        let all = self.0.path_and_query().map_or("", |all| all.as_str());
        let parts = [all, self.0.path(), self.0.query().unwrap_or_default()];
        // A path of a sign or two is no secret.
        let parts = parts.into_iter().filter(|part| part.len() > 2);
        parts.fold(text.to_owned(), |text, part| text.replace(part, "***"))
    }
}

const NO_SCHEME: &str = "begins with neither https:// nor http://";

fn has_bad_port(authority: &ureq::http::uri::Authority) -> bool {
    let behind = authority.as_str().rsplit('@').next().unwrap_or_default();
    behind.len() > authority.host().len() && authority.port_u16().is_none_or(|port| port == 0)
}
