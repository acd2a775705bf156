//! nginx's variables: which of them are numbers, times or lists, and under which name they are shown.
//!
//! The names of all variables are in nginx's [alphabetical index]; any other name may be one that a configuration has
//! defined (`map`, `set`), and is a text.
//!
//! [alphabetical index]: https://nginx.org/en/docs/varindex.html

/// What a variable holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    /// Words with `, ` or ` : ` between them.
    List,
    Request,
    Integer,
    Status,
    Decimal,
    /// A number, or whatever the client has sent in its place.
    Claimed,
    /// Numbers with `, ` or ` : ` between them, one for each server that was asked.
    Decimals,
    TimeLocal,
    TimeIso,
    Msec,
}

impl Kind {
    pub(super) fn of(variable: &str) -> Self {
        match variable {
            "request" => Self::Request,
            "status" => Self::Status,
            "time_local" => Self::TimeLocal,
            "time_iso8601" => Self::TimeIso,
            "msec" => Self::Msec,
            "remote_addr"
            | "realip_remote_addr"
            | "proxy_protocol_addr"
            | "proxy_add_x_forwarded_for"
            | "http_x_forwarded_for"
            | "upstream_addr" => Self::List,
            "body_bytes_sent"
            | "bytes_sent"
            | "bytes_received"
            | "request_length"
            | "connection"
            | "connection_requests"
            | "connections_active"
            | "connections_reading"
            | "connections_writing"
            | "connections_waiting"
            | "pid"
            | "server_port"
            | "remote_port"
            | "realip_remote_port"
            | "proxy_port"
            | "proxy_protocol_port"
            | "proxy_protocol_server_port"
            | "tcpinfo_rtt"
            | "tcpinfo_rttvar"
            | "tcpinfo_snd_cwnd"
            | "tcpinfo_rcv_space" => Self::Integer,
            "request_time" | "connection_time" | "session_time" | "gzip_ratio" => Self::Decimal,
            "content_length" => Self::Claimed,
            "upstream_status" => Self::Decimals,
            name if name.starts_with("upstream_")
                && (name.ends_with("_time") || name.ends_with("_length") || name.contains("_bytes_")) =>
            {
                Self::Decimals
            }
            _ => Self::Text,
        }
    }

    /// Whether nginx logs the variable as nothing where there is none, however it escapes: the port of a client that came
    /// by a Unix socket.
    pub(super) fn may_be_empty(variable: &str) -> bool {
        variable.ends_with("_port")
    }

    pub(super) const fn is_time(self) -> bool {
        matches!(self, Self::TimeLocal | Self::TimeIso | Self::Msec)
    }
}

/// The name under which a variable is shown.
pub(super) fn shown_name(variable: &str) -> &str {
    match variable {
        "remote_addr" => "client_ip",
        "remote_user" => "user",
        "status" => "status_code",
        "body_bytes_sent" => "response_size",
        "http_referer" => "referer",
        "http_user_agent" => "user_agent",
        other => other,
    }
}
