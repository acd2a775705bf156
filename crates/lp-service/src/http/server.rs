//! The thread that serves all connections.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::{Connection, Wants};
use super::request::Request;
use super::response::{Response, Status};

/// What a client may take of the server.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a request's head.
    pub head: usize,
    /// The longest time from the connection to the end of the head.
    pub request: Duration,
    /// The longest time in which the answer must be taken.
    pub response: Duration,
    /// How long a client has to close its side once it has its answer.
    pub close: Duration,
    /// The most bytes that are thrown away of what it sends meanwhile.
    pub thrown_away: usize,
    /// The most connections at a time. More of them wait in the system's queue; if none comes to its end, one has to
    /// go: rather one that says nothing.
    pub connections: usize,
    /// A connection that is younger than this need not make room for another one, unless it has not sent a byte.
    pub patience: Duration,
    /// While more bytes of answers than this wait to be taken, others are refused.
    pub pending: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: 8 << 10,
            request: Duration::from_secs(5),
            response: Duration::from_secs(5),
            close: Duration::from_secs(1),
            thrown_away: 64 << 10,
            connections: 128,
            patience: Duration::from_secs(1),
            pending: 4 << 20,
        }
    }
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    waker: UnixStream,
    thread: Option<JoinHandle<()>>,
}

/// What answers need: formatting, and no more.
const STACK: usize = 256 << 10;

/// After an error that may last, such as that there are no descriptors left.
const BREATH: Duration = Duration::from_millis(100);

impl Server {
    /// Listens at this address, and answers there from now on. The answers are made on the server's one thread, so they must not
    /// wait for anything.
    ///
    /// # Errors
    ///
    /// If it cannot listen there, or the system gives no thread.
    pub fn start(
        address: SocketAddr,
        limits: Limits,
        answer: impl Fn(&Request) -> Response + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (waker, woken) = UnixStream::pair()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let mut serving =
            Serving { listener, woken, limits, answer, connections: Vec::new(), stopped: Arc::clone(&stopped) };
        let thread = thread::Builder::new().name("lp-http".to_owned()).stack_size(STACK);
        let thread = thread.spawn(move || serving.serve())?;
        Ok(Self { address, stopped, waker, thread: Some(thread) })
    }

    /// Where it listens; with the port that the system has chosen, if it was to choose one.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // It has room for a byte, as it is the first one.
        let _ = self.waker.write(b"x");
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told when it happened.
            let _ = thread.join();
        }
    }
}

/// What belongs to the thread.
struct Serving<A> {
    listener: TcpListener,
    woken: UnixStream,
    limits: Limits,
    answer: A,
    connections: Vec<Connection>,
    stopped: Arc<AtomicBool>,
}

impl<A: Fn(&Request) -> Response> Serving<A> {
    fn serve(&mut self) {
        while !self.stopped.load(Ordering::SeqCst) {
            let (ready, is_called) = self.wait();
            let now = Instant::now();
            self.go_on(&ready, now);
            self.end_late_ones(now);
            if is_called && !self.accept(now) {
                thread::sleep(BREATH);
            }
        }
    }

    /// Waits until something can be done. Which connections are ready, and whether somebody calls for whom there is room, or may be.
    fn wait(&self) -> (Vec<bool>, bool) {
        let now = Instant::now();
        let room_from = self.room_from();
        let has_room = room_from.is_none_or(|from| from <= now);
        let calls = if has_room { PollFlags::IN } else { PollFlags::empty() };
        let mut waited = vec![PollFd::new(&self.woken, PollFlags::IN), PollFd::new(&self.listener, calls)];
        waited.extend(self.connections.iter().map(|connection| {
            let wants = match connection.wants() {
                Wants::Read => PollFlags::IN,
                Wants::Write => PollFlags::OUT,
            };
            PollFd::from_borrowed_fd(connection.stream().as_fd(), wants)
        }));
        let late = self.connections.iter().map(|connection| connection.deadline).min();
        let until = late.into_iter().chain(room_from.filter(|_| !has_room)).min();
        // A millisecond more, so that the time is over then.
        let wait = until.map(|until| until.saturating_duration_since(now) + Duration::from_millis(1));
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        if poll(&mut waited, wait.as_ref()).is_err() {
            // Interrupted, or out of memory: anything may be ready.
            return (vec![true; self.connections.len()], has_room);
        }
        let mut ready = waited.iter().map(|fd| !fd.revents().is_empty()).skip(1);
        let is_called = ready.next().unwrap_or(false);
        (ready.collect(), is_called)
    }

    /// When there will be room for another connection, because one has had time enough; `None` if there is room anyway.
    fn room_from(&self) -> Option<Instant> {
        let first = self.connections.get(self.first_to_go()?)?;
        (self.connections.len() >= self.limits.connections).then_some(self.leaves_at(first))
    }

    /// From when on a connection makes room for another one.
    fn leaves_at(&self, connection: &Connection) -> Instant {
        if connection.is_silent() { connection.since } else { connection.since + self.limits.patience }
    }

    fn go_on(&mut self, ready: &[bool], now: Instant) {
        let mut pending: usize = self.connections.iter().map(Connection::pending).sum();
        let (limits, answer) = (&self.limits, &self.answer);
        let mut ready = ready.iter();
        self.connections.retain_mut(|connection| {
            if !ready.next().copied().unwrap_or(false) {
                return true;
            }
            let before = connection.pending();
            let is_over = connection.go_on(now, limits, |request| {
                if pending > limits.pending {
                    return Response::text(Status::Unavailable, "too many answers wait to be taken");
                }
                answer(request)
            });
            pending = (pending + connection.pending()).saturating_sub(before);
            is_over.is_ok()
        });
    }

    fn end_late_ones(&mut self, now: Instant) {
        for late in self.connections.extract_if(.., |connection| connection.deadline <= now) {
            late.give_up(Status::RequestTimeout, "the request did not come in time");
        }
    }

    /// Takes the connections that wait, as far as there is room, or somebody who has had time enough makes some. `false` if the
    /// system gives none.
    fn accept(&mut self, now: Instant) -> bool {
        loop {
            let room_from = self.room_from();
            if room_from.is_some_and(|from| from > now) {
                return true;
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    if room_from.is_some() {
                        self.make_room(now);
                    }
                    // A client that has gone already.
                    let Ok(connection) = Connection::new(stream, now, &self.limits) else { continue };
                    self.connections.push(connection);
                    // It may have said already what it wants.
                    self.go_on_with(self.connections.len() - 1, now);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(_) => return false,
            }
        }
    }

    /// Ends the connection that has to go first, after what it has sent meanwhile.
    fn make_room(&mut self, now: Instant) {
        if let Some(first) = self.first_to_go() {
            self.go_on_with(first, now);
        }
        if self.connections.len() >= self.limits.connections
            && let Some(first) = self.first_to_go()
        {
            self.connections.swap_remove(first).give_up(Status::Unavailable, "others wait");
        }
    }

    fn go_on_with(&mut self, number: usize, now: Instant) {
        let mut ready = vec![false; self.connections.len()];
        ready[number] = true;
        self.go_on(&ready, now);
    }

    fn first_to_go(&self) -> Option<usize> {
        (0..self.connections.len()).min_by_key(|&number| self.leaves_at(&self.connections[number]))
    }
}
