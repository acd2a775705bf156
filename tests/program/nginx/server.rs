//! An nginx of our own: started in a temporary directory, asked over raw sockets, stopped.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long nginx may take for anything; it takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a client reaches the server.
#[derive(Clone, Copy)]
pub(crate) enum Address {
    V4,
    /// IPv4 on a machine without IPv6.
    V6,
    Unix,
    /// A Unix socket too, on which nginx speaks HTTP/2.
    Http2,
}

/// What a configuration has to know.
pub(crate) struct Places {
    /// Where nginx listens.
    pub(crate) port: u16,
    /// Whether it does so on `::1` too.
    pub(crate) ipv6: bool,
    /// Where it may forward requests to, and nobody ever answers.
    pub(crate) upstream: u16,
}

pub(crate) struct Server {
    program: &'static str,
    dir: TempDir,
    places: Places,
    _upstream: TcpListener,
    process: Child,
}

impl Server {
    /// Starts nginx in a directory of its own, with what stands in the `http` block of its configuration.
    pub(crate) fn start(http: impl FnOnce(&Places, &Path) -> String) -> Self {
        let program = find_nginx();
        let dir = TempDir::new().unwrap();
        let ipv6 = TcpListener::bind("[::1]:0").is_ok();
        if !ipv6 {
            say_that_ipv6_is_skipped();
        }
        let upstream = TcpListener::bind("127.0.0.1:0").unwrap();
        // Free again as soon as the listener is gone, and for nginx to take.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let places = Places { port, ipv6, upstream: upstream.local_addr().unwrap().port() };

        let config = config(dir.path(), &http(&places, dir.path()));
        fs::write(dir.path().join("nginx.conf"), config).unwrap();
        fs::create_dir_all(dir.path().join("html/dir")).unwrap();
        fs::write(dir.path().join("html/index.html"), "hello\n").unwrap();
        fs::write(dir.path().join("passwords"), "ann:{PLAIN}secret\n").unwrap();

        let process = nginx(program, dir.path())
            // An offset with minutes, so that the logged time is clearly not UTC.
            .env("TZ", "<-0330>3:30")
            .stderr(File::create(dir.path().join("stderr.log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { program, dir, places, _upstream: upstream, process };
        server.wait_until_it_listens();
        server
    }

    pub(crate) fn places(&self) -> &Places {
        &self.places
    }

    /// Sends bytes, says that no more will come, and waits until nginx has closed the connection.
    pub(crate) fn send(&self, address: Address, bytes: &[u8]) {
        match self.connect(address) {
            Connection::Tcp(stream) => {
                write(&stream, bytes);
                // Fails if nginx has closed already.
                let _ = stream.shutdown(Shutdown::Write);
                read_to_end(&stream);
            }
            Connection::Unix(stream) => {
                write(&stream, bytes);
                let _ = stream.shutdown(Shutdown::Write);
                read_to_end(&stream);
            }
        }
    }

    /// Sends bytes and leaves it open whether more will come, until nginx has answered and closes the connection, or
    /// loses patience.
    pub(crate) fn send_and_wait(&self, address: Address, bytes: &[u8]) {
        match self.connect(address) {
            Connection::Tcp(stream) => {
                write(&stream, bytes);
                read_to_end(&stream);
            }
            Connection::Unix(stream) => {
                write(&stream, bytes);
                read_to_end(&stream);
            }
        }
    }

    /// Tells nginx to open its logs anew, which it does in a moment.
    pub(crate) fn reopen(&self) {
        self.signal("reopen");
    }

    /// Lets nginx finish its requests and stop.
    pub(crate) fn stop(&mut self) {
        self.signal("quit");
        let status = self.wait_for_exit().expect("nginx does not stop");
        assert!(status.success(), "nginx: {status}");
    }

    /// Where the logs are.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    fn connect(&self, address: Address) -> Connection {
        let tcp = |ip: &str| Connection::Tcp(TcpStream::connect((ip, self.places.port)).unwrap());
        let unix = |name| Connection::Unix(UnixStream::connect(self.dir.path().join(name)).unwrap());
        match address {
            Address::V6 if self.places.ipv6 => tcp("::1"),
            Address::V4 | Address::V6 => tcp("127.0.0.1"),
            Address::Unix => unix("http.sock"),
            Address::Http2 => unix("http2.sock"),
        }
    }

    fn wait_until_it_listens(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(self.dir.path().join("http.sock")).is_err() {
            let exited = self.process.try_wait().unwrap();
            assert!(
                exited.is_none() && Instant::now() < deadline,
                "nginx did not start: {}{}",
                fs::read_to_string(self.dir.path().join("stderr.log")).unwrap_or_default(),
                fs::read_to_string(self.dir.path().join("error.log")).unwrap_or_default(),
            );
            sleep(Duration::from_millis(10));
        }
    }

    fn signal(&self, signal: &str) {
        // Through nginx itself, which reads its pid file: a `kill` program need not be there.
        let _ = nginx(self.program, self.dir.path()).args(["-s", signal]).status();
    }

    fn wait_for_exit(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return Some(status);
            }
            sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Server {
    /// A test that fails must not leave an nginx behind.
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(None)) {
            // Not killed at once: the master has to stop its worker.
            self.signal("stop");
            if self.wait_for_exit().is_none() {
                let _ = self.process.kill();
                let _ = self.process.wait();
            }
        }
    }
}

enum Connection {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// nginx may answer and close before it has read everything, which is an error here and no fault.
fn write(mut stream: impl Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

fn read_to_end(mut stream: impl Read) {
    let _ = stream.read_to_end(&mut Vec::new());
}

fn find_nginx() -> &'static str {
    ["nginx", "/usr/sbin/nginx"]
        .into_iter()
        .find(|program| Command::new(program).arg("-v").output().is_ok())
        .expect("this test needs nginx: apt-get install nginx-light")
}

fn nginx(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    // Sockets are relative to the working directory, all else to the prefix.
    command.current_dir(dir).arg("-p").arg(dir).args(["-c", "nginx.conf", "-e", "error.log"]);
    command
}

#[expect(clippy::print_stderr, reason = "whoever runs the test must know what it left out")]
fn say_that_ipv6_is_skipped() {
    eprintln!("this machine has no ::1: the requests over IPv6 go over IPv4");
}

fn config(dir: &Path, http: &str) -> String {
    // The workers of root's nginx are someone else by default and could not enter the directory.
    let user = if fs::metadata(dir).unwrap().uid() == 0 { "user root;" } else { "" };
    format!(
        r#"
        {user}
        daemon off;
        worker_processes 1;
        pid nginx.pid;
        error_log error.log info;
        events {{ worker_connections 64; }}
        http {{
            client_body_temp_path temp_body;
            proxy_temp_path temp_proxy;
            fastcgi_temp_path temp_fastcgi;
            uwsgi_temp_path temp_uwsgi;
            scgi_temp_path temp_scgi;
            {http}
        }}
        "#
    )
}
