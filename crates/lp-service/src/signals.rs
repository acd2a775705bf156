//! The signals that a service listens to.

use std::io;
use std::thread::{self, JoinHandle};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// What somebody wants of the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// `SIGTERM`: to end.
    Terminate,
    /// `SIGINT`: to end.
    Interrupt,
    /// `SIGHUP`: to read the configuration again.
    HangUp,
}

impl Signal {
    const fn of(number: i32) -> Option<Self> {
        match number {
            SIGTERM => Some(Self::Terminate),
            SIGINT => Some(Self::Interrupt),
            SIGHUP => Some(Self::HangUp),
            _ => None,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
            Self::HangUp => "SIGHUP",
        }
    }

    /// The exit status of a program that such a signal has ended: 128 and its number.
    #[must_use]
    pub const fn exit_status(self) -> u8 {
        128 + match self {
            Self::Terminate => SIGTERM as u8,
            Self::Interrupt => SIGINT as u8,
            Self::HangUp => SIGHUP as u8,
        }
    }
}

/// A thread that waits for signals, until this is dropped.
pub(crate) struct Listening {
    handle: Handle,
    thread: Option<JoinHandle<()>>,
}

/// It hands on a number.
const STACK: usize = 64 << 10;

impl Listening {
    /// Tells of each signal from now on. (Several of one kind that come at once are one.)
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(crate) fn start(mut told: impl FnMut(Signal) + Send + 'static) -> io::Result<Self> {
        let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let handle = signals.handle();
        let thread = thread::Builder::new().name("lp-signals".to_owned()).stack_size(STACK);
        let thread = thread.spawn(move || signals.forever().filter_map(Signal::of).for_each(&mut told))?;
        Ok(Self { handle, thread: Some(thread) })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been told when it happened.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn signals_are_told() {
        let (sender, told) = channel();
        let listening = Listening::start(move |signal| sender.send(signal).unwrap()).unwrap();
        for (number, signal) in [(SIGHUP, Signal::HangUp), (SIGTERM, Signal::Terminate), (SIGINT, Signal::Interrupt)] {
            signal_hook::low_level::raise(number).unwrap();
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(signal));
        }
        drop(listening);
        assert!(told.recv().is_err());
        assert_eq!((Signal::Terminate.exit_status(), Signal::Interrupt.exit_status()), (143, 130));
    }
}
