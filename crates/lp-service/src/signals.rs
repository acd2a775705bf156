//! The signals that a service listens to.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::process;

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

/// `SIGHUP` while it is not known yet whether there will be a service: it ends nothing, and the service is told of it.
///
/// To be held before the configuration is read: whoever sends the signal then wants what is in it now. (`SIGTERM` and `SIGINT` end the process
/// then, which has done nothing yet.)
pub struct HeldHangUps {
    /// `None` where the signal is ignored, as under `nohup`, or where nobody can tell: it keeps the effect that it has.
    held: Option<Held>,
}

struct Held {
    signals: Signals,
    /// Whether the signal is to end the process.
    ends: Arc<AtomicBool>,
}

impl HeldHangUps {
    /// Holds them from now on.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn hold() -> io::Result<Self> {
        if process::ignores(SIGHUP) != Some(false) {
            return Ok(Self { held: None });
        }
        let ends = Arc::new(AtomicBool::new(false));
        register_conditional_default(SIGHUP, Arc::clone(&ends))?;
        Ok(Self { held: Some(Held { signals: Signals::new([SIGHUP])?, ends }) })
    }

    /// There will be no service: the signal has the effect that it has on any program, also if it has come already.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn release(self) -> io::Result<()> {
        let Some(Held { mut signals, ends }) = self.held else { return Ok(()) };
        ends.store(true, Ordering::SeqCst);
        if signals.pending().next().is_some() {
            emulate_default_handler(SIGHUP)?;
        }
        Ok(())
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
    /// Tells of each signal from now on, and of what was held. (Several of one kind that come at once are one.)
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub(crate) fn start(hang_ups: HeldHangUps, mut told: impl FnMut(Signal) + Send + 'static) -> io::Result<Self> {
        let mut signals = match hang_ups.held {
            Some(held) => held.signals,
            None => Signals::new([SIGHUP])?,
        };
        for signal in [SIGTERM, SIGINT] {
            signals.add_signal(signal)?;
        }
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
        let hang_ups = HeldHangUps::hold().unwrap();
        let is_held = hang_ups.held.is_some();
        if is_held {
            signal_hook::low_level::raise(SIGHUP).unwrap();
        }
        let listening = Listening::start(hang_ups, move |signal| sender.send(signal).unwrap()).unwrap();
        if is_held {
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(Signal::HangUp));
        }
        for (number, signal) in [(SIGHUP, Signal::HangUp), (SIGTERM, Signal::Terminate), (SIGINT, Signal::Interrupt)] {
            signal_hook::low_level::raise(number).unwrap();
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(signal));
        }
        drop(listening);
        assert!(told.recv().is_err());
        assert_eq!((Signal::Terminate.exit_status(), Signal::Interrupt.exit_status()), (143, 130));
    }
}
