//! Text from a client, as nginx's logs have it.

use crate::nginx_escape::push_escaped;

/// Which of nginx's logs a text is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Log {
    /// Escapes what clients send.
    Access,
    /// Takes it as it came, quotes and bytes that are no UTF-8 included.
    Error,
}

/// What a client sent. Escaped once and not for each line, of which there are many.
pub(crate) struct Text {
    sent: Box<[u8]>,
    escaped: Box<[u8]>,
}

impl Text {
    pub(crate) fn new(sent: &[u8]) -> Self {
        let mut escaped = Vec::with_capacity(sent.len());
        push_escaped(&mut escaped, sent);
        Self { sent: sent.into(), escaped: escaped.into() }
    }

    pub(crate) fn in_log(&self, log: Log) -> &[u8] {
        match log {
            Log::Access => &self.escaped,
            Log::Error => &self.sent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Log, Text};

    #[test]
    fn only_the_access_log_escapes() {
        let text = Text::new("/é\"".as_bytes());
        assert_eq!(text.in_log(Log::Access), br"/\xC3\xA9\x22");
        assert_eq!(text.in_log(Log::Error), "/é\"".as_bytes());
    }
}
