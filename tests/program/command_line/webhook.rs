//! Alerts and records that `lp run` posts to a webhook, and what it says where that cannot be done.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::super::following::Following;
use super::super::lp::{Ended, check, lines, run};
use super::super::summary::assert_adds_up;

/// The configuration of a log of 100 lines with a filter, alerts for two of them, and a webhook with these keys.
fn folder(webhook: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("access.log"), lines(0..100)).unwrap();
    let config = format!("{PIPELINE}{webhook}");
    fs::write(folder.path().join("lp.toml"), config).unwrap();
    folder
}

const PIPELINE: &str = r#"
[run]
chunk_size = "1kB"

[[source]]
type = "file"
paths = ["access.log"]
format = "nginx-combined"

[[stage]]
type = "filter"
where = '!path.endsWith("0")'

[[stage]]
type = "alert"
name = "SEVEN"
where = 'path.endsWith("/7") || path.endsWith("77")'

[[stage]]
type = "select"
fields = ["path"]

[[sink]]
type = "webhook"
"#;

/// The alerts of that log.
const ALERTS: [&str; 2] = [
    r#"{"alert":"SEVEN","timestamp":"2025-11-06T10:30:15Z","details":{"path":"/7"}}"#,
    r#"{"alert":"SEVEN","timestamp":"2025-11-06T10:30:15Z","details":{"path":"/77"}}"#,
];

/// A server that answers with this, or never, and the bodies that it has been sent.
fn serve(answer: Option<&'static str>) -> (SocketAddr, Receiver<String>) {
    serve_after(Duration::ZERO, answer)
}

/// The same, and each answer takes so long.
fn serve_after(pause: Duration, answer: Option<&'static str>) -> (SocketAddr, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = channel();
    thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // A client that goes away in between has posted nothing.
            let Some(body) = read(&stream) else { continue };
            let _ = sender.send(body);
            thread::sleep(pause);
            match answer {
                Some(answer) => drop(stream.write_all(answer.as_bytes())),
                None => held.push(stream),
            }
        }
    });
    (address, bodies)
}

fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Runs what is in the folder. The URL is that of the server, and secret.
fn run_to(folder: &TempDir, address: SocketAddr) -> Ended {
    let url = format!("http://{address}/hook-s3cret");
    let ended = run("lp.toml").args(["--summary"]).env("URL", url).in_dir(folder).run();
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    assert_adds_up(&ended.stderr);
    ended
}

#[test]
fn each_alert_is_posted() {
    let (address, bodies) = serve(Some(OK));
    let ended = run_to(&folder("url = \"${URL}\"\ninput = \"alerts\"\n"), address);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(bodies.try_iter().collect::<Vec<_>>(), ALERTS);
}

#[test]
fn records_are_posted_together() {
    let (address, bodies) = serve(Some(OK));
    let ended = run_to(&folder("url = \"${URL}\"\nencoding = \"raw\"\n"), address);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let bodies: Vec<String> = bodies.try_iter().collect();
    assert!(bodies.len() > 1 && bodies.len() < 90, "{}", bodies.len());
    let kept: String = (0..100).filter(|number| number % 10 != 0).map(|number| lines(number..number + 1)).collect();
    assert_eq!(bodies.concat(), kept);
}

#[test]
fn a_webhook_that_hangs_ends_the_run() {
    let (address, bodies) = serve(None);
    let keys = "url = \"${URL}\"\ninput = \"alerts\"\ntimeout = \"300ms\"\nattempts = 2\n[[sink]]\ntype = \"stdout\"\n";
    let ended = run_to(&folder(keys), address);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let message = format!("lp: cannot post to http://{address} in 2 attempts: no answer within 300ms\n");
    assert!(ended.stderr.contains(&message), "{}", ended.stderr);
    assert_eq!(bodies.try_iter().collect::<Vec<_>>(), [ALERTS[0], ALERTS[0]]);
}

#[test]
fn a_webhook_that_refuses_ends_the_run() {
    const NO: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 13\r\n\r\ninvalid_token";
    for threads in [1, 3] {
        let (address, bodies) = serve(Some(NO));
        let keys = format!("url = \"${{URL}}\"\n[run]\nthreads = {threads}\n");
        let folder = folder(&keys);
        let path = folder.path().join("lp.toml");
        let config = fs::read_to_string(&path).unwrap().replacen("[run]\nchunk_size = \"1kB\"\n", "", 1);
        fs::write(path, config).unwrap();
        let ended = run_to(&folder, address);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let message =
            format!("lp: cannot post to http://{address}: the server answers 403 Forbidden: \"invalid_token\"\n");
        assert!(ended.stderr.contains(&message), "{}", ended.stderr);
        assert_eq!(bodies.try_iter().count(), 1);
    }
}

#[test]
fn a_check_posts_nothing() {
    let (address, bodies) = serve(Some(OK));
    let test = format!("[[test]]\ninput = '''\n{}'''\nalerts = '''\n{}\n'''\n", lines(7..8), ALERTS[0]);
    // What is not known of a webhook changes nothing of what comes out.
    for url in [format!("http://{address}/"), "${URL_OF_NOBODY}".to_owned(), "file:/nowhere".to_owned()] {
        let header = "headers = { Authorization = \"Bearer ${NOBODYS}\" }";
        let folder = folder(&format!("url = \"{url}\"\ninput = \"alerts\"\n{header}\n{test}"));
        let ended = check("lp.toml").in_dir(&folder).run();
        assert_eq!((ended.code, ended.stdout()), (Some(0), "lp.toml: right; 1 test passes\n"), "{}", ended.stderr);
    }
    assert_eq!(bodies.try_iter().count(), 0);
}

#[test]
fn a_wrong_url_is_not_shown() {
    let folder =
        folder("url = \"ftp://s3cret.example.com/s3cret\"\nheaders = { \"X Y\" = \"s3cret\", Host = \"x\" }\n");
    for ended in [check("lp.toml").in_dir(&folder).run(), run("lp.toml").in_dir(&folder).run()] {
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        for text in [
            "the URL of the webhook begins with neither https:// nor http://",
            "the header \"X Y\" is no name of a header",
            "the header \"Host\" is set by lp itself",
        ] {
            assert!(ended.stderr.contains(text), "{text:?} is not in {}", ended.stderr);
        }
    }
}

/// Of a log that is followed little is posted again after a kill, and nothing after a stop.
#[test]
fn a_kill_doubles_a_few_alerts() {
    const COUNT: usize = 300;
    let (address, bodies) = serve_after(Duration::from_millis(10), Some(OK));
    let mut lp = Following::prepare(&format!(
        r#"
[checkpoint]
path = "DIR/checkpoint"

[[source]]
type = "file"
paths = ["DIR/access.log"]
format = "nginx-combined"

[[stage]]
type = "alert"
name = "EACH"
where = "true"

[[sink]]
type = "webhook"
url = "http://{address}/"
input = "alerts"

[[sink]]
type = "file"
path = "DIR/out"
"#
    ));
    fs::write(lp.path("access.log"), lines(0..COUNT)).unwrap();
    let mut posted = Vec::new();
    for (count, is_killed) in [(100, true), (200, false), (COUNT, true)] {
        lp.start_again();
        lp.wait_until("so many are posted", |_| {
            posted.extend(bodies.try_iter());
            posted.iter().collect::<BTreeSet<_>>().len() >= count
        });
        if is_killed { lp.kill() } else { lp.stop() }
    }
    let doubled = posted.len() - COUNT;
    assert!(doubled * lines(100..101).len() <= 4096, "{doubled} alerts were posted twice");
}
