//! A reader that waits until something has happened elsewhere.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Something that happens, and that others wait for.
#[derive(Clone, Default)]
pub(crate) struct Happened(Arc<(Mutex<bool>, Condvar)>);

impl Happened {
    pub(crate) fn note(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until it has happened. It is an error if that never comes.
    pub(crate) fn wait(&self) -> io::Result<()> {
        let (has_happened, changed) = &*self.0;
        let has_happened = has_happened.lock().unwrap();
        let has_happened = changed.wait_timeout_while(has_happened, Duration::from_secs(60), |has| !*has).unwrap().0;
        if !*has_happened { Err(io::Error::other("waited in vain")) } else { Ok(()) }
    }
}

/// What a reader does next.
pub(crate) enum Next {
    Give(Vec<u8>),
    /// Wait until this has happened.
    Wait(Happened),
}

/// Gives texts, and waits between them.
pub(crate) struct Waiting(pub(crate) VecDeque<Next>);

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.0.front_mut() {
                None => return Ok(0),
                Some(Next::Give(bytes)) if !bytes.is_empty() => {
                    let len = bytes.len().min(buffer.len());
                    buffer[..len].copy_from_slice(&bytes[..len]);
                    bytes.drain(..len);
                    return Ok(len);
                }
                Some(Next::Wait(happened)) => happened.wait()?,
                Some(Next::Give(_)) => {}
            }
            self.0.pop_front();
        }
    }
}
