//! `[http]`: where metrics and health are served.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::table::Table;
use super::text::Text;

/// The port in examples.
const PORT: u16 = 9180;

/// Where metrics and health are served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Http {
    /// The address; the port 0 is any that is free. `None` if it is not known here.
    pub listen: Option<SocketAddr>,
    /// The most paths that have metrics of their own; with 0 no metric has a path.
    pub paths: usize,
}

impl Http {
    /// How many paths have metrics of their own if nothing is said.
    pub const PATHS: usize = 100;

    pub(super) fn read(mut table: Table<'_, '_>) -> Self {
        table.require("listen", "\"127.0.0.1:9180\"");
        let mut listen = None;
        if let Some(text) = table.text("listen").filter(Text::is_known) {
            listen = text.as_str().parse().ok();
            if listen.is_none() {
                let message = format!("{} is no address with a port", table.reader.written(&text));
                table.reader.mistake(text.span(), message, right(text.as_str()));
            }
        }
        let paths = table.integer("paths", 0..=100_000).and_then(|paths| usize::try_from(paths).ok());
        table.set_apart(&["listen", "paths"]);
        table.finish();
        Self { listen, paths: paths.unwrap_or(Self::PATHS) }
    }
}

/// What may be meant by a text that is no address with a port.
fn right(text: &str) -> String {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse::<u16>().ok()),
        None => ("", text.parse().ok()),
    };
    let whole = text.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    match (whole, host, port) {
        // Its last part may be one of the address, or a port.
        (Some(whole), _, Some(port)) if host.parse::<Ipv6Addr>().is_ok() && !text.starts_with('[') => {
            format!("is it `[{host}]:{port}` or `{}`?", SocketAddr::new(whole, PORT))
        }
        (Some(whole), ..) => format!("for example `{}`", SocketAddr::new(whole, PORT)),
        (None, "" | "*", Some(port)) => {
            format!("`127.0.0.1:{port}` is for this machine only, `0.0.0.0:{port}` and `[::]:{port}` are for all")
        }
        (None, _, Some(port)) => {
            format!("it is an address of this machine in numbers, such as `127.0.0.1:{port}` or `[::1]:{port}`")
        }
        (None, _, None) => format!("for example `127.0.0.1:{PORT}` or `[::1]:{PORT}`"),
    }
}
