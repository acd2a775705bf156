//! Appending all or nothing to a file.

use std::fs;
use std::io::{self, Write};
use std::sync::Arc;

/// A file: what is written goes to its end, and it can be cut.
pub(super) trait Appendable: Write {
    fn size(&self) -> io::Result<u64>;
    fn cut(&mut self, size: u64) -> io::Result<()>;
}

impl Appendable for Arc<fs::File> {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn cut(&mut self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }
}

/// A file that never keeps a part of what was to be appended. Nobody else may append to it.
pub(super) struct Append<F> {
    file: F,
    /// The size to which the file must be cut before anything else is written: a write failed half-way, and then it
    /// could not be cut either.
    torn: Option<u64>,
}

impl<F: Appendable> Append<F> {
    pub(super) const fn new(file: F) -> Self {
        Self { file, torn: None }
    }

    pub(super) const fn file(&self) -> &F {
        &self.file
    }

    /// The bytes in the file, all of them whole records.
    pub(super) fn size(&mut self) -> io::Result<u64> {
        let size = self.file.size()?;
        match self.torn {
            Some(sound) if sound < size => {
                self.file.cut(sound)?;
                self.torn = None;
                Ok(sound)
            }
            // Somebody else has cut it, below what was torn.
            _ => {
                self.torn = None;
                Ok(size)
            }
        }
    }

    /// Appends all the parts, and returns the size that the file had before. If that fails then none of them is in the file,
    /// or will be once something else is.
    ///
    /// The size is asked for each time, since others may cut a file that is being written (logrotate's `copytruncate`).
    pub(super) fn append(&mut self, parts: [&[u8]; 2]) -> io::Result<u64> {
        let size = self.size()?;
        for part in parts {
            // Goes on after an interruption and a partial write.
            if let Err(error) = self.file.write_all(part) {
                self.torn = Some(size);
                // If it cannot be cut now, it will be before anything is written.
                let _ = self.size();
                return Err(error);
            }
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// What happens to one call.
    #[derive(Clone, Copy, Debug)]
    enum Fate {
        /// So many bytes at most are written.
        Some(usize),
        Fail(ErrorKind),
    }

    /// A file in memory on which calls fail as told, and then no more.
    struct Faulty {
        content: Vec<u8>,
        fates: std::vec::IntoIter<Fate>,
    }

    impl Faulty {
        fn fate(&mut self) -> io::Result<usize> {
            match self.fates.next() {
                None => Ok(usize::MAX),
                Some(Fate::Some(most)) => Ok(most),
                Some(Fate::Fail(kind)) => Err(kind.into()),
            }
        }
    }

    impl Write for Faulty {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let most = self.fate()?;
            self.content.write(&bytes[..bytes.len().min(most)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Appendable for Faulty {
        fn size(&self) -> io::Result<u64> {
            Ok(self.content.len() as u64)
        }

        fn cut(&mut self, size: u64) -> io::Result<()> {
            self.fate()?;
            self.content.truncate(size.try_into().unwrap());
            Ok(())
        }
    }

    fn fate() -> impl Strategy<Value = Fate> {
        prop_oneof![
            (0..4_usize).prop_map(Fate::Some),
            Just(Fate::Fail(ErrorKind::Interrupted)),
            Just(Fate::Fail(ErrorKind::StorageFull)),
            Just(Fate::Fail(ErrorKind::Other)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_tried_until_it_is_done_is_there_once(
            texts in vec(("[a-c]{0,6}", "[a-c]{0,6}"), 0..8),
            fates in vec(fate(), 0..40),
        ) {
            let mut append = Append::new(Faulty { content: Vec::new(), fates: fates.into_iter() });
            let mut want = Vec::new();
            for (first, second) in &texts {
                while append.append([first.as_bytes(), second.as_bytes()]).is_err() {
                    // Half of a text may stand there only as long as it is known that it must go.
                    prop_assert!(append.file.content == want || append.torn == Some(want.len() as u64));
                }
                want.extend([first.as_bytes(), second.as_bytes()].concat());
                prop_assert_eq!(&append.file.content, &want);
            }
        }
    }
}
