//! What lp tells of itself at `/metrics`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context;

/// The metrics of one moment, as text.
pub(super) struct Metrics(String);

impl Metrics {
    /// Those that are served at this address.
    pub(super) fn scrape(address: SocketAddr) -> anyhow::Result<Self> {
        let scrape = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            // Of HTTP 1.0 the answer ends with the connection.
            write!(stream, "GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = scrape().with_context(|| format!("cannot get the metrics from {address}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the metrics are cut off")?;
        anyhow::ensure!(head.split(' ').nth(1) == Some("200"), "no metrics: {head}");
        Ok(Self(body.to_owned()))
    }

    /// The sum of all series of this name; 0 if there is none.
    pub(super) fn sum(&self, name: &str) -> f64 {
        self.samples().filter(|(series, _)| series.split('{').next() == Some(name)).map(|(_, value)| value).sum()
    }

    /// The largest of all series of this name; 0 if there is none.
    pub(super) fn max(&self, name: &str) -> f64 {
        let of_name = self.samples().filter(|(series, _)| series.split('{').next() == Some(name));
        of_name.map(|(_, value)| value).fold(0.0, f64::max)
    }

    /// How many records a sink has been given.
    pub(super) fn records_to(&self, sink: &str) -> u64 {
        let name = format!("lp_output_records_total{{sink=\"{sink}\"}}");
        self.samples().find(|(series, _)| *series == name).map_or(0, |(_, value)| value as u64)
    }

    /// Each series with its value.
    fn samples(&self) -> impl Iterator<Item = (&str, f64)> {
        let samples = self.0.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '));
        samples.filter_map(|(series, value)| Some((series, value.parse().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found() {
        let text = "# TYPE lag gauge\nlag{path=\"a b\"} 3\nlag{path=\"c\"} 4.5\nlag_seconds{path=\"a b\"} 9\n\
                    lp_output_records_total{sink=\"records\"} 7\nqueue 2\n";
        let metrics = Metrics(text.to_owned());
        assert_eq!((metrics.sum("lag"), metrics.max("lag"), metrics.sum("queue")), (7.5, 4.5, 2.0));
        assert_eq!((metrics.sum("other"), metrics.max("other")), (0.0, 0.0));
        assert_eq!((metrics.records_to("records"), metrics.records_to("alerts")), (7, 0));
    }
}
