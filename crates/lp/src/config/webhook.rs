//! Sinks with `type = "webhook"`.

use std::num::NonZeroU32;
use std::ops::Range;
use std::time::Duration;

use super::environment::Secret;
use super::secret;
use super::table::Table;
use super::text::Text;

/// What is posted to.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// The URL, which is secret where posting needs nothing else, as with those of chats.
    pub url: Hidden,
    /// The headers of each request.
    pub headers: Vec<(String, Hidden)>,
    /// How long an attempt may take, where it is given.
    pub timeout: Option<Duration>,
    /// How often a request is tried, where it is given.
    pub attempts: Option<NonZeroU32>,
    /// Whether records are posted many together. `None` where it is not said.
    pub batch: Option<bool>,
}

/// A value that may be secret, and where it or its source stands.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// The value. `None` if it is not known here.
    pub value: Option<Secret>,
    /// The bytes of the configuration.
    pub span: Range<usize>,
}

/// The keys that only these sinks have.
pub(super) const KEYS: [&str; 5] = ["url", "headers", "timeout", "attempts", "batch"];

/// Headers whose values let somebody in.
pub(super) const CREDENTIALS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-api-key"];

const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);

impl Webhook {
    pub(super) fn read(table: &mut Table<'_, '_>) -> Self {
        table.require("url", "\"${WEBHOOK_URL}\"");
        let url = Hidden { value: table.text("url").and_then(|text| url(table, &text)), span: table.value_span("url") };
        let headers = table.text_members("headers", "{ Authorization = \"file:/run/secrets/token\" }");
        let headers = headers.into_iter().map(|(name, value)| header(table, &name, &value)).collect();
        let timeout = table.duration("timeout");
        if timeout.is_some_and(|timeout| timeout > LONGEST_TIMEOUT) {
            let span = table.value_span("timeout");
            table.reader.mistake(span, "`timeout` is longer than an hour", "everything else waits as long");
        }
        let attempts = table.integer("attempts", 1..=100);
        let attempts = attempts.and_then(|attempts| NonZeroU32::new(u32::try_from(attempts).ok()?));
        Self { url, headers, timeout, attempts, batch: table.flag("batch") }
    }
}

fn url(table: &mut Table<'_, '_>, text: &Text) -> Option<Secret> {
    let url = secret::read(table.reader, text, "URL", "give the URL to post to")??;
    table.reader.url(text, &url);
    Some(url)
}

fn header(table: &mut Table<'_, '_>, name: &Text, text: &Text) -> (String, Hidden) {
    let is_credential = CREDENTIALS.iter().any(|credential| name.as_str().eq_ignore_ascii_case(credential));
    let value = if is_credential && secret::is_written_out(text) {
        let hint = "for example `\"Bearer ${NAME}\"`, or `\"file:/run/secrets/token\"` with all of the value";
        table.reader.mistake(text.span(), "a credential must not stand in the configuration", hint);
        None
    } else {
        secret::read(table.reader, text, "value of the header", "leave the header out or give it a value").flatten()
    };
    table.reader.header(name, value.as_ref());
    (name.as_str().to_owned(), Hidden { value, span: text.span() })
}
