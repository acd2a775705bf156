//! What a configuration takes from outside: variables, and files that hold secrets.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Where `${NAME}` and `file:` get their values.
///
/// [`System`] is the process's own; [`Unknown`] is none, for checking a configuration where it does not run.
pub trait Environment {
    /// The variable of this name.
    fn variable(&self, name: &str) -> Variable;

    /// The name of the machine, where it is known.
    fn host(&self) -> Option<String> {
        None
    }

    /// What the file holds, a line feed at its end included. `None` if that is not to be looked at: then the value is
    /// not checked.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn secret(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
}

/// What is known of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variable {
    /// It has this value.
    Set(String),
    /// It has a value that is not UTF-8.
    NotText,
    /// It is not set.
    Unset,
    /// It may be set where the configuration runs. A value that depends on it is not checked.
    Unknown,
}

/// No environment: variables without a default have no value yet, and no secret is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unknown;

impl Environment for Unknown {
    fn variable(&self, _name: &str) -> Variable {
        Variable::Unknown
    }

    fn secret(&self, _path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// The environment of the process, and its files.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

/// The most bytes of a secret.
const LARGEST: u64 = 64 * 1024;

impl Environment for System {
    fn variable(&self, name: &str) -> Variable {
        match std::env::var(name) {
            Ok(value) => Variable::Set(value),
            Err(std::env::VarError::NotPresent) => Variable::Unset,
            Err(std::env::VarError::NotUnicode(_)) => Variable::NotText,
        }
    }

    #[cfg(unix)]
    fn host(&self) -> Option<String> {
        Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
    }

    fn secret(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 64 KiB, which no secret is"));
        }
        Ok(Some(bytes))
    }
}

/// A value that must not be shown; nor does its `Debug` show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A secret of these bytes.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The value.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "s3cret\n").unwrap();
        assert_eq!(System.secret(&path).unwrap().unwrap(), b"s3cret\n");
        std::fs::write(&path, vec![b'x'; 65_537]).unwrap();
        assert!(System.secret(&path).is_err());
        assert!(System.secret(&folder.path().join("none")).is_err());
        assert_eq!(format!("{:?}", Secret::new(b"s3cret".to_vec())), "Secret(..)");
    }
}
