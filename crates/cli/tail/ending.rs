//! What ends `lp tail`.

use std::io;

use lp::follow::Stop;

/// Stops the run when somebody interrupts it, and when nobody reads the standard output any more. A second signal has the effect
/// that it has on any program.
#[cfg(unix)]
pub(super) fn stops(stop: &Stop) -> io::Result<()> {
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let at_signals = stop.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if at_signals.is_stopped() {
                let _ = emulate_default_handler(signal);
            }
            at_signals.stop();
        }
    })?;
    let at_hangup = stop.clone();
    thread::Builder::new().name("hangup".to_owned()).spawn(move || {
        wait_for_hangup();
        at_hangup.stop();
    })?;
    Ok(())
}

/// Returns when the reader of the standard output is gone. With a file that is never.
#[cfg(unix)]
fn wait_for_hangup() {
    use rustix::event::{PollFd, PollFlags, poll};

    let stdout = io::stdout();
    // Without any of its own, a descriptor is waited for until it has an error or is hung up.
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    while let Err(rustix::io::Errno::INTR) = poll(&mut descriptors, None) {}
}

/// The system ends the program.
#[cfg(not(unix))]
pub(super) fn stops(_stop: &Stop) -> io::Result<()> {
    Ok(())
}
