//! A receiver that is posted to over HTTP.

mod answer;
mod header;
mod url;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use ureq::http::header::CONTENT_TYPE;
use ureq::http::{HeaderMap, HeaderValue};
use ureq::{Agent, Proxy};

use super::{Block, Sink, SinkError};
use answer::{Again, Failure};
use url::Url;

pub(crate) use header::header;

/// The most bytes of one request, unless a single record has more.
const MOST_BYTES: u64 = 1 << 20;

const TIMEOUT: Duration = Duration::from_secs(10);

/// A timeout that is added to the clock must not overflow it.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

const ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// Between the first attempt and the second; it doubles each time, and is never longer than the timeout.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// For the body of an answer, once it is known what the answer is.
const BODY_TIMEOUT: Duration = Duration::from_secs(1);

/// How a webhook is posted to.
///
/// ```
/// use std::time::Duration;
///
/// use lp::sink::WebhookOptions;
///
/// let options = WebhookOptions::new("https://alerts.example.com/hook?key=s3cret")?
///     .header("Authorization", b"Bearer s3cret")?
///     .timeout(Duration::from_secs(3));
/// // What is secret is never shown.
/// assert!(!format!("{options:?}").contains("s3cret"));
/// let webhook = options.open();
/// # Ok::<(), lp::sink::SinkError>(())
/// ```
#[derive(Clone)]
pub struct WebhookOptions {
    url: Url,
    headers: HeaderMap,
    timeout: Duration,
    attempts: NonZeroU32,
    batch: bool,
}

impl WebhookOptions {
    /// One request for each line, as receivers of alerts expect them; 3 attempts of 10 seconds each.
    ///
    /// # Errors
    ///
    /// [`SinkError::Url`] if it is not a URL with the scheme `http` or `https` and a host.
    pub fn new(url: &str) -> Result<Self, SinkError> {
        let url = Url::parse(url)?;
        Ok(Self { url, headers: HeaderMap::new(), timeout: TIMEOUT, attempts: ATTEMPTS, batch: false })
    }

    /// Sends this header, too, and no other of its name. `Content-Type` is `application/json` where it is not given,
    /// and `application/x-ndjson` in batches.
    ///
    /// # Errors
    ///
    /// [`SinkError::Header`] if that is no header, or one that says how the request is sent.
    pub fn header(mut self, name: &str, value: &[u8]) -> Result<Self, SinkError> {
        let (name, value) = header(name, value)?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// How long an attempt may take: from looking up the name of the host to the end of the answer. At most an hour.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(LONGEST_TIMEOUT), ..self }
    }

    /// How often a request is tried, the first time included.
    #[must_use]
    pub fn attempts(self, attempts: NonZeroU32) -> Self {
        Self { attempts, ..self }
    }

    /// Whether the records of a block are posted together, up to 1 MiB in a request, and not each line alone.
    #[must_use]
    pub fn batch(self, batch: bool) -> Self {
        Self { batch, ..self }
    }

    /// The webhook. Nothing is sent yet.
    #[must_use]
    pub fn open(mut self) -> Webhook {
        let content_type = if self.batch { "application/x-ndjson" } else { "application/json" };
        self.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
        // To a proxy without TLS the records and the credentials would be readable.
        let proxy = if self.url.is_https() { Proxy::try_from_env() } else { None };
        let config = Agent::config_builder()
            .proxy(proxy)
            .user_agent(concat!("lp/", env!("CARGO_PKG_VERSION")))
            // A redirect would take headers and records to somebody else.
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(self.timeout))
            .timeout_recv_body(Some(self.timeout.min(BODY_TIMEOUT)))
            .build();
        Webhook { agent: config.new_agent(), options: self }
    }
}

impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().collect();
        f.debug_struct("WebhookOptions")
            .field("url", &self.url.shown())
            .field("headers", &headers)
            .field("timeout", &self.timeout)
            .field("attempts", &self.attempts)
            .field("batch", &self.batch)
            .finish()
    }
}

/// Posts records or events over HTTP, each line alone or many together.
///
/// - What is answered with a status of 2xx is delivered. After 408, 425, 429, 5xx, no answer in time or a failure of the
///   network it is tried again, after half a second and then twice as long each time, or after as many seconds as the
///   server asks for (`Retry-After`), but never longer than the timeout. Anything else is an error at once: redirects
///   are not followed.
/// - [`write`](Sink::write) waits for all of that, and nothing is held back: what it does not say to be written was not
///   delivered. A request that the receiver has taken and not answered in time is posted again, so it may be there twice.
/// - In batches the [header](Block::with_header) stands at the start of each request.
/// - An `https` URL is reached through the proxy that the environment names (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, and
///   `NO_PROXY`), an `http` one directly. Certificates must be signed by an authority that Mozilla trusts.
pub struct Webhook {
    agent: Agent,
    options: WebhookOptions,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Webhook {
    /// What goes into the next request; some of what is left.
    fn part<'b>(&self, block: &Block<'b>) -> &'b [u8] {
        let fitting = if self.options.batch { block.fitting(MOST_BYTES) } else { &[] };
        if fitting.is_empty() { block.first() } else { fitting }
    }

    fn body<'b>(&self, header: &[u8], part: &'b [u8]) -> Cow<'b, [u8]> {
        let part = if self.options.batch { part } else { part.strip_suffix(b"\n").unwrap_or(part) };
        if header.is_empty() { Cow::Borrowed(part) } else { Cow::Owned([header, part].concat()) }
    }

    /// Posts until it is delivered, or there is no hope.
    fn deliver(&self, body: &[u8]) -> Result<(), SinkError> {
        let mut pause = FIRST_PAUSE;
        let mut attempts = 1;
        loop {
            let Err(Failure { kind, reason, again }) = self.post(body) else { return Ok(()) };
            match again {
                Again::After(wanted) if attempts < self.options.attempts.get() => {
                    thread::sleep(wanted.unwrap_or(pause).min(self.options.timeout));
                    pause = pause.saturating_mul(2);
                    attempts += 1;
                }
                again => {
                    let (name, passing) = (self.options.url.shown(), matches!(again, Again::After(_)));
                    return Err(SinkError::Undelivered { name, attempts, kind, passing, reason });
                }
            }
        }
    }

    fn post(&self, body: &[u8]) -> Result<(), Failure> {
        let mut request = self.agent.post(self.options.url.uri());
        if let Some(headers) = request.headers_mut() {
            headers.clone_from(&self.options.headers);
        }
        match request.send(body) {
            Ok(answer) => answer::judge(answer, &self.options.url),
            Err(error) => Err(answer::failure(error, self.options.timeout)),
        }
    }
}

impl Sink for Webhook {
    fn parts_blocks(&self) -> bool {
        true
    }

    /// Each attempt has its timeout.
    fn times_out(&self) -> bool {
        true
    }

    fn write(&mut self, block: &mut Block<'_>) -> Result<(), SinkError> {
        while !block.is_empty() {
            let part = self.part(block);
            self.deliver(&self.body(block.header(), part))?;
            block.advance(part.len());
        }
        Ok(())
    }

    /// There is never anything left.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// As [`flush`](Self::flush): what the receiver does with it is its own affair.
    fn sync(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}
