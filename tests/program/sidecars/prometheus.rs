//! A real Prometheus that scrapes the sidecar.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::super::http;
use super::eventually;
use super::metrics::Metrics;
use super::sidecar::Sidecar;
use super::web::Web;

const NEEDS_PROMETHEUS: &str = "this test needs Prometheus: apt-get install prometheus";

#[test]
#[ignore = "needs nginx and Prometheus: cargo test --test program -- --ignored"]
fn a_real_prometheus_reads_all_metrics() {
    let mut web = Web::start();
    let mut lp = Sidecar::new("8-metrics-exporter.yaml", web.logs());
    lp.start();
    let prometheus = Prometheus::start(lp.address());
    web.ask(0..120);
    web.stop();

    eventually("Prometheus knows of all records", || prometheus.value("sum(lp_input_records_total)") == Some(120.0));
    // Of ten requests three are answered by 5xx and four by 4xx.
    for (severity, count) in [("ERROR", 36.0), ("WARN", 48.0), ("INFO", 36.0)] {
        let query = format!("lp_records_total{{severity=\"{severity}\"}}");
        eventually(&query, || prometheus.value(&query) == Some(count));
    }
    eventually("the alert is counted", || prometheus.value("lp_alerts_total{rule=\"MANY_5XX\"}") == Some(1.0));
    eventually("nothing is left to be read", || prometheus.value("max(lp_file_lag_bytes)") == Some(0.0));
    assert_eq!(prometheus.value("up"), Some(1.0));

    let page = lp.metrics_page();
    let known = prometheus.names();
    let unknown: Vec<_> =
        Metrics::read(&page).names().filter(|name| !known.contains(*name)).map(str::to_owned).collect();
    assert!(unknown.is_empty(), "Prometheus does not know {unknown:?}");
    assert_well_formed(&page);
    lp.stop();
}

/// By what Prometheus itself says of the page, on names and units too.
fn assert_well_formed(page: &str) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().expect(NEEDS_PROMETHEUS);
    promtool.stdin.take().unwrap().write_all(page.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{page}", String::from_utf8_lossy(&said));
}

struct Prometheus {
    process: Child,
    address: SocketAddr,
    _dir: TempDir,
}

impl Prometheus {
    /// Starts it in a folder of its own, to scrape this address only.
    fn start(target: SocketAddr) -> Self {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("prometheus.yml");
        let text = format!(
            "global: {{ scrape_interval: 500ms, scrape_timeout: 500ms }}\n\
             scrape_configs: [{{ job_name: lp, static_configs: [{{ targets: [\"{target}\"] }}] }}]\n"
        );
        fs::write(&config, text).unwrap();
        // Free again, and for Prometheus to take.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let process = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--log.level=warn"])
            .stdin(Stdio::null())
            .spawn()
            .expect(NEEDS_PROMETHEUS);
        let prometheus = Self { process, address, _dir: dir };
        eventually("Prometheus is ready", || http::get(address, "/-/ready").is_ok_and(|answer| answer.status == 200));
        prometheus
    }

    /// The value of an expression with one result.
    fn value(&self, query: &str) -> Option<f64> {
        let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let data = self.data(&format!("/api/v1/query?query={escaped}"));
        let [result] = data["result"].as_array().unwrap().as_slice() else { return None };
        result["value"][1].as_str().unwrap().parse().ok()
    }

    /// The names of all metrics.
    fn names(&self) -> BTreeSet<String> {
        let names = self.data("/api/v1/label/__name__/values");
        names.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    fn data(&self, path: &str) -> Value {
        let answer = http::get(self.address, path).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str::<Value>(&answer.body).unwrap()["data"].take()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
