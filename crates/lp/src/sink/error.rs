//! What can go wrong with a sink.

use std::fmt;
use std::io::{self, ErrorKind};

/// Why something could not be written. `name` is a path in quotes, or what the stream is called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The system refused.
    #[error("cannot {action} {name}{}", advice(source.kind()))]
    System {
        /// What was attempted.
        action: Action,
        /// On what.
        name: String,
        /// What the system says.
        source: io::Error,
    },
    /// There is a folder where the file should be.
    #[error("{name} is a folder; give the path of a file")]
    Folder {
        /// The folder.
        name: String,
    },
    /// The folder that the file should be in is not there.
    #[error("cannot create {name}: there is no folder {folder}; create it first")]
    NoFolder {
        /// The file.
        name: String,
        /// The folder.
        folder: String,
    },
    /// It may be possible to write it, but not to put it aside under another name.
    #[error("{name} is {what}, where a regular file is needed; name one, or leave out rotate")]
    NotRegular {
        /// What was to be written.
        name: String,
        /// What it is instead of a regular file.
        what: &'static str,
    },
    /// It is read by the same run, which would never end.
    #[error("{name} is read by a source; write to another file")]
    IsRead {
        /// What was to be written.
        name: String,
    },
    /// Somebody else writes it: another sink, here or in another process.
    #[error("{name} is being written already, by another sink or another process; give each a file of its own")]
    InUse {
        /// The file.
        name: String,
    },
    /// What is to be the place of an earlier run is none, or one that a later version of lp has noted.
    #[error("what is known of {name} from an earlier run cannot be read by this version")]
    Place {
        /// The file.
        name: String,
    },
    /// A webhook cannot have this URL. The URL itself is not told: those who know it may post to it.
    #[error("the URL of the webhook {why}")]
    Url {
        /// What is wrong with it.
        why: String,
    },
    /// A request to a webhook cannot have this header.
    #[error("the header {name:?} {why}")]
    Header {
        /// The name of the header.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A webhook has not taken what was posted.
    #[error("cannot post to {name}{}: {reason}", in_attempts(*attempts))]
    Undelivered {
        /// The scheme and the host of its URL.
        name: String,
        /// How often it was tried.
        attempts: u32,
        /// What kind of error the last attempt ended with.
        kind: ErrorKind,
        /// Whether the same may be taken later: there was no answer, or the server has trouble of its own.
        passing: bool,
        /// What happened at the last attempt, and what the server said.
        reason: String,
    },
}

impl SinkError {
    pub(super) fn system(action: Action, name: impl Into<String>, source: io::Error) -> Self {
        Self::System { action, name: name.into(), source }
    }

    /// Whether the system could not make durable what was written. What it says at a later attempt cannot be relied on.
    pub(crate) const fn is_about_durability(&self) -> bool {
        matches!(self, Self::System { action: Action::Sync, .. })
    }

    /// What kind of error it is, as the system has it: [`BrokenPipe`](ErrorKind::BrokenPipe) where nobody reads any
    /// more, [`StorageFull`](ErrorKind::StorageFull) or [`QuotaExceeded`](ErrorKind::QuotaExceeded) where there may be
    /// room later, [`TimedOut`](ErrorKind::TimedOut) or [`ConnectionRefused`](ErrorKind::ConnectionRefused) where a
    /// webhook does not answer.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::System { source, .. } => source.kind(),
            Self::Folder { .. } => ErrorKind::IsADirectory,
            Self::NoFolder { .. } => ErrorKind::NotFound,
            Self::NotRegular { .. } | Self::IsRead { .. } | Self::Url { .. } | Self::Header { .. } => {
                ErrorKind::InvalidInput
            }
            Self::Place { .. } => ErrorKind::InvalidData,
            Self::Undelivered { kind, .. } => *kind,
            Self::InUse { .. } => ErrorKind::ResourceBusy,
        }
    }

    /// Whether the same may be possible later, without anything being lost meanwhile: when there is room again, files may be
    /// larger, a folder or a permission is there again, files are closed again, somebody answers again.
    ///
    /// What could not be made durable is not among it: the system may have dropped it, and call the next attempt a success.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::System { action: Action::Sync, .. } => false,
            Self::System { source, .. } if is_out_of_descriptors(source) => true,
            Self::System { source, .. } => matches!(
                source.kind(),
                ErrorKind::StorageFull
                    | ErrorKind::QuotaExceeded
                    | ErrorKind::FileTooLarge
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::NotFound
                    | ErrorKind::StaleNetworkFileHandle
                    | ErrorKind::ResourceBusy
                    | ErrorKind::WouldBlock
                    | ErrorKind::TimedOut
                    | ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::NotConnected
                    | ErrorKind::HostUnreachable
                    | ErrorKind::NetworkUnreachable
                    | ErrorKind::NetworkDown
            ),
            Self::Undelivered { passing, .. } => *passing,
            Self::Folder { .. } | Self::NoFolder { .. } | Self::NotRegular { .. } | Self::InUse { .. } => true,
            Self::IsRead { .. } | Self::Place { .. } | Self::Url { .. } | Self::Header { .. } => false,
        }
    }
}

/// Whether this process, or the system, has too many files open at the moment.
#[cfg(unix)]
fn is_out_of_descriptors(error: &io::Error) -> bool {
    use rustix::io::Errno;

    [Errno::MFILE, Errno::NFILE].iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(not(unix))]
const fn is_out_of_descriptors(_error: &io::Error) -> bool {
    false
}

/// What was attempted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Action {
    /// To open a file, or to create it.
    Open,
    /// To write records.
    Write,
    /// To hand on what is held.
    Flush,
    /// To make it durable.
    Sync,
    /// To give a file the name of a rotated one.
    Rotate,
    /// To rename and delete files in a folder, as rotation must.
    RotateIn,
    /// To find the rotated files in a folder.
    List,
    /// To delete a rotated file.
    Delete,
    /// To find out where a file ends, so that a later run can go back to there.
    Mark,
    /// To take away the end of a file.
    Cut,
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Open => "open",
            Self::Write => "write",
            Self::Flush => "write the rest to",
            Self::Sync => "make durable",
            Self::Rotate => "rotate",
            Self::RotateIn => "rotate files in",
            Self::List => "list the rotated files in",
            Self::Delete => "delete the rotated file",
            Self::Mark => "note the end of",
            Self::Cut => "cut",
        })
    }
}

/// What may help. What the system says follows it.
const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => " (free some space)",
        ErrorKind::FileTooLarge => " (no file may be as large: raise the limit, ulimit -f, or rotate it before)",
        ErrorKind::PermissionDenied => " (give this user the permission to write there)",
        ErrorKind::ReadOnlyFilesystem => " (choose a place that can be written)",
        ErrorKind::BrokenPipe => " (nobody reads it any more)",
        _ => "",
    }
}

/// How often it was tried, if more than once.
fn in_attempts(attempts: u32) -> String {
    if attempts > 1 { format!(" in {attempts} attempts") } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        for (kind, message) in [
            (ErrorKind::StorageFull, "cannot write \"out\" (free some space)"),
            (ErrorKind::BrokenPipe, "cannot write \"out\" (nobody reads it any more)"),
            (ErrorKind::Other, "cannot write \"out\""),
        ] {
            let error = SinkError::system(Action::Write, "\"out\"", kind.into());
            assert_eq!((error.to_string().as_str(), error.kind()), (message, kind));
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_may_pass() {
        use rustix::io::Errno;

        for (action, errno, may_pass) in [
            (Action::Write, Errno::NOSPC, true),
            (Action::Open, Errno::ACCESS, true),
            (Action::Open, Errno::MFILE, true),
            (Action::Open, Errno::NFILE, true),
            (Action::Write, Errno::FBIG, true),
            (Action::Write, Errno::PIPE, false),
            (Action::Write, Errno::IO, false),
            (Action::Sync, Errno::NOSPC, false),
        ] {
            let error = SinkError::system(action, "\"out\"", io::Error::from_raw_os_error(errno.raw_os_error()));
            assert_eq!(error.may_pass(), may_pass, "{error}: {errno}");
        }
    }
}
