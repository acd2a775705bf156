//! Why a service ended, or did not begin.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use lp::assembly::InputsError;
use lp::follow::FollowError;
use lp::sink::SinkError;
use lp::tail::StoreError;

/// Why a service ended, or did not begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// Metrics and health cannot be served.
    #[error("cannot listen at {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system does not give what is needed: a thread, or that signals are told.
    #[error("cannot begin")]
    System(#[from] std::io::Error),
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be followed cannot be.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// An output cannot be opened.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The run ended by itself.
    #[error(transparent)]
    Run(#[from] FollowError),
    /// It was told to stop while the outputs could not be opened again after a reload that was refused.
    #[error(
        "stopped before the outputs could be opened again; what has come since the reload was refused is not read, and without a checkpoint nobody knows of it at the next start"
    )]
    Unopened(#[source] SinkError),
    /// What had been read could not be written in the time that there was for it.
    #[error("not stopped within {grace:?}: {}{bytes} bytes in {files} files are not written; {}", that_fail(.failing), kept(*.is_kept))]
    Grace {
        /// The time.
        grace: Duration,
        /// The sinks that do not work.
        failing: BTreeSet<String>,
        /// What is in the files and has not been written, as far as is known.
        bytes: u64,
        /// In how many files.
        files: usize,
        /// Whether a checkpoint says where to go on.
        is_kept: bool,
    },
}

/// The beginning of a sentence about sinks that do not work, if there are some.
pub(crate) fn that_fail(sinks: &BTreeSet<String>) -> String {
    let sinks: Vec<&str> = sinks.iter().map(String::as_str).collect();
    if sinks.is_empty() { String::new() } else { format!("sink {} is failing, and ", sinks.join(", ")) }
}

const fn kept(is_kept: bool) -> &'static str {
    if is_kept {
        "they will be read again at the next start, as the checkpoint says; what a stream or a webhook has got of the same piece then comes to it again"
    } else {
        "without a checkpoint nobody knows of them at the next start"
    }
}
