//! The classes of HTTP statuses.

/// The classes: the statuses from a hundred times its place on.
pub const STATUS_CLASSES: [&str; 10] = ["0xx", "1xx", "2xx", "3xx", "4xx", "5xx", "6xx", "7xx", "8xx", "9xx"];

/// The class of a status of up to three digits: `5xx` for 502. A log may have any of them; of a larger number there is none.
#[must_use]
pub fn status_class(status: u64) -> Option<&'static str> {
    STATUS_CLASSES.get(usize::try_from(status / 100).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_three_digits_has_a_class() {
        let classes = [0, 99, 100, 502, 599, 999, 1000].map(status_class);
        assert_eq!(classes, [Some("0xx"), Some("0xx"), Some("1xx"), Some("5xx"), Some("5xx"), Some("9xx"), None]);
    }
}
