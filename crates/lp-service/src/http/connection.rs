//! One client, from its first byte to the last one of its answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use super::request::Request;
use super::response::{Response, Status};
use super::server::Limits;

/// A client, and how far it has come.
pub(super) struct Connection {
    stream: TcpStream,
    state: State,
    /// When it came.
    pub(super) since: Instant,
    /// When it must have come to the next state.
    pub(super) deadline: Instant,
}

enum State {
    /// The head of the request is read.
    Reading(Vec<u8>),
    /// The answer is written, as far as the client takes it.
    Writing { bytes: Vec<u8>, written: usize },
    /// All is said. What the client still sends is thrown away: to close before it has all been read would make the system tell
    /// the client to forget the answer.
    Closing { room: usize },
}

/// What a connection waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wants {
    Read,
    Write,
}

/// Nothing is to be said or heard any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Over;

impl Connection {
    pub(super) fn new(stream: TcpStream, now: Instant, limits: &Limits) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, state: State::Reading(Vec::new()), since: now, deadline: now + limits.request })
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) const fn wants(&self) -> Wants {
        match self.state {
            State::Writing { .. } => Wants::Write,
            State::Reading(_) | State::Closing { .. } => Wants::Read,
        }
    }

    /// Whether the client has not said a thing.
    pub(super) fn is_silent(&self) -> bool {
        matches!(&self.state, State::Reading(head) if head.is_empty())
    }

    /// Bytes of an answer that the client has not taken yet.
    pub(super) const fn pending(&self) -> usize {
        match &self.state {
            State::Writing { bytes, written } => bytes.len() - *written,
            _ => 0,
        }
    }

    /// Goes on as far as can be done without waiting.
    pub(super) fn go_on(
        &mut self,
        now: Instant,
        limits: &Limits,
        answer: impl FnOnce(&Request) -> Response,
    ) -> Result<(), Over> {
        if let State::Reading(head) = &mut self.state {
            let ended = read(&mut self.stream, head, limits.head)?;
            let bytes = match Request::read(head) {
                Ok(Some(request)) => answer(&request).into_bytes(request.is_head()),
                Err(refusal) => refusal.into_bytes(false),
                Ok(None) if head.len() >= limits.head => {
                    Response::text(Status::HeadTooLarge, "the head of the request is too large").into_bytes(false)
                }
                // Half a request, and no more of it will come.
                Ok(None) if ended => return Err(Over),
                Ok(None) => return Ok(()),
            };
            self.state = State::Writing { bytes, written: 0 };
            self.deadline = now + limits.response;
        }
        if let State::Writing { bytes, written } = &mut self.state {
            while *written < bytes.len() {
                match self.stream.write(&bytes[*written..]) {
                    Ok(0) => return Err(Over),
                    Ok(more) => *written += more,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(_) => return Err(Over),
                }
            }
            self.stream.shutdown(Shutdown::Write).map_err(|_| Over)?;
            self.state = State::Closing { room: limits.thrown_away };
            self.deadline = now + limits.close;
        }
        if let State::Closing { room } = &mut self.state {
            let mut rest = [0; 1024];
            while *room > 0 {
                match self.stream.read(&mut rest) {
                    Ok(0) => return Err(Over),
                    Ok(more) => *room = room.saturating_sub(more),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(_) => return Err(Over),
                }
            }
            return Err(Over);
        }
        Ok(())
    }

    /// Its time is over, or another one needs its place. A client that has not finished its request is told so, if it listens.
    pub(super) fn give_up(mut self, status: Status, why: &str) {
        if matches!(&self.state, State::Reading(head) if !head.is_empty()) {
            // The socket of a client that has been told nothing yet has room for a line.
            let _ = self.stream.write(&Response::text(status, why).into_bytes(false));
        }
    }
}

/// Reads what there is, up to `most` bytes in all. Whether the client has said all that it will.
fn read(stream: &mut TcpStream, head: &mut Vec<u8>, most: usize) -> Result<bool, Over> {
    let mut piece = [0; 1024];
    loop {
        let room = most.saturating_sub(head.len()).min(piece.len());
        if room == 0 {
            return Ok(false);
        }
        match stream.read(&mut piece[..room]) {
            Ok(0) => return Ok(true),
            Ok(len) => head.extend_from_slice(&piece[..len]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(_) => return Err(Over),
        }
    }
}
