//! Waiting until a file changes, somebody wakes the tail, or time is over.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::watch::Watches;

/// Wakes a tail that waits, from any thread.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Bell>);

#[derive(Debug)]
struct Bell {
    /// Whether a byte is in the pipe, or about to be.
    rung: AtomicBool,
    pipe: PipeWriter,
}

impl Waker {
    /// Makes the [`next`](crate::Tail::next) that is waiting, or else a following one, return [`Event::Idle`](crate::Event::Idle) as soon
    /// as what is known already has been told.
    pub fn wake(&self) {
        if !self.0.rung.swap(true, Ordering::SeqCst) {
            // The pipe is empty, so there is room; and it is open, as the tail is what reads from it, or gone, and then it does not
            // matter.
            let _ = (&self.0.pipe).write(&[1]);
        }
    }
}

/// What a tail waits with.
#[derive(Debug)]
pub(crate) struct Wait {
    waker: Waker,
    pipe: PipeReader,
}

impl Wait {
    pub(crate) fn new() -> io::Result<Self> {
        if cfg!(not(unix)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let (reader, writer) = io::pipe()?;
        Ok(Self { waker: Waker(Arc::new(Bell { rung: AtomicBool::new(false), pipe: writer })), pipe: reader })
    }

    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Whether somebody has woken the tail since this was asked last.
    pub(crate) fn was_woken(&mut self) -> bool {
        let bell = &self.waker.0;
        // The byte is taken out before the bell can be rung again, so that there never is a second one.
        if !bell.rung.load(Ordering::SeqCst) {
            return false;
        }
        while matches!(self.pipe.read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::Interrupted) {}
        bell.rung.store(false, Ordering::SeqCst);
        true
    }

    /// Waits until somebody wakes the tail, or one of these has something to tell, or the time is over; sometimes for shorter.
    #[cfg(unix)]
    pub(crate) fn wait(&self, watches: Option<&Watches>, time: Duration) {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let time = Timespec { tv_sec: time.as_secs().min(1 << 30).cast_signed(), tv_nsec: time.subsec_nanos().into() };
        let bell = PollFd::new(&self.pipe, PollFlags::IN);
        // An interruption, or whatever else is wrong, ends the waiting early.
        let _ = match watches.and_then(Watches::queue) {
            Some(queue) => poll(&mut [bell, PollFd::from_borrowed_fd(queue, PollFlags::IN)], Some(&time)),
            None => poll(&mut [bell], Some(&time)),
        };
    }

    #[cfg(not(unix))]
    pub(crate) fn wait(&self, _watches: Option<&Watches>, time: Duration) {
        std::thread::sleep(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_rung_twice_is_heard_once() {
        let mut wait = Wait::new().unwrap();
        assert!(!wait.was_woken());
        for _ in 0..3 {
            wait.waker().wake();
            wait.waker().wake();
            wait.wait(None, Duration::from_secs(60));
            assert!(wait.was_woken());
            assert!(!wait.was_woken());
        }
    }
}
