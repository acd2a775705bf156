//! Webhooks of a configuration, where lp is built with them.

use crate::config::Webhook;
use crate::outlet::Takes;

#[cfg(feature = "webhook")]
pub(super) use with::{check_header, check_url, open};
#[cfg(not(feature = "webhook"))]
pub(super) use without::{check_header, check_url, open};

/// Whether lines are posted many together. An event is posted when it happens; a request for each record would take longer than the records
/// come in.
pub(super) fn is_batch(webhook: &Webhook, takes: &Takes) -> bool {
    webhook.batch.unwrap_or(*takes == Takes::Records)
}

#[cfg(feature = "webhook")]
mod with {
    use lp_core::encode::Encoding;

    use crate::config::Webhook;
    use crate::outlet::Takes;
    use crate::sink::{self, Sink, SinkError, WebhookOptions};

    pub(in super::super) fn check_url(url: &str) -> Result<(), SinkError> {
        WebhookOptions::new(url).map(|_| ())
    }

    pub(in super::super) fn check_header(name: &str, value: &[u8]) -> Result<(), SinkError> {
        sink::header(name, value).map(|_| ())
    }

    pub(in super::super) fn open(
        webhook: &Webhook,
        takes: &Takes,
        encoding: &Encoding,
    ) -> Result<Box<dyn Sink>, SinkError> {
        // What is not known is not a URL; where outlets are opened the environment is known.
        let url = webhook.url.value.as_ref().and_then(|url| std::str::from_utf8(url.as_bytes()).ok());
        let mut options = WebhookOptions::new(url.unwrap_or_default())?;
        if let Some(content_type) = content_type(encoding) {
            options = options.header("Content-Type", content_type)?;
        }
        for (name, value) in &webhook.headers {
            options = options.header(name, value.value.as_ref().map_or(&[], |value| value.as_bytes()))?;
        }
        if let Some(timeout) = webhook.timeout {
            options = options.timeout(timeout);
        }
        if let Some(attempts) = webhook.attempts {
            options = options.attempts(attempts);
        }
        Ok(Box::new(options.batch(super::is_batch(webhook, takes)).open()))
    }

    /// What the bodies are; the webhook knows it of JSON.
    fn content_type(encoding: &Encoding) -> Option<&'static [u8]> {
        match encoding {
            Encoding::Json => None,
            Encoding::Csv => Some(b"text/csv; charset=utf-8"),
            Encoding::Tsv => Some(b"text/tab-separated-values; charset=utf-8"),
            // In whatever encoding they were logged.
            Encoding::Raw => Some(b"text/plain"),
            _ => Some(b"text/plain; charset=utf-8"),
        }
    }
}

#[cfg(not(feature = "webhook"))]
mod without {
    use lp_core::encode::Encoding;

    use crate::config::Webhook;
    use crate::outlet::Takes;
    use crate::sink::{Sink, SinkError};

    pub(in super::super) fn check_url(_url: &str) -> Result<(), SinkError> {
        Err(without_feature())
    }

    pub(in super::super) fn check_header(_name: &str, _value: &[u8]) -> Result<(), SinkError> {
        Ok(())
    }

    pub(in super::super) fn open(
        _webhook: &Webhook,
        _takes: &Takes,
        _encoding: &Encoding,
    ) -> Result<Box<dyn Sink>, SinkError> {
        Err(without_feature())
    }

    fn without_feature() -> SinkError {
        SinkError::Url { why: "cannot be posted to: this is built without the feature `webhook`".to_owned() }
    }
}
