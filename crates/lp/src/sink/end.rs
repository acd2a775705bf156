//! The end of a file that is appended to, known without reading what has just been written.

use std::time::SystemTime;

use lp_tail::Probe;

use super::place::Place;
use super::rotated::Stamp;

/// Where a file ends that is being written, and what is known of it to tell its [`Place`].
///
/// Nobody else appends to the file, but others may cut it (logrotate's `copytruncate`). That shows in the size that it has
/// before the next write or when it is looked at; then nothing is known any more.
pub(super) struct End {
    at: u64,
    /// The bytes before the end, as far as they are known; no more than a probe is of.
    last: Vec<u8>,
    /// A place that was read from the file, at the end or before it.
    place: Option<Place>,
}

impl End {
    /// The end of a file of this size, of which nothing is known.
    pub(super) const fn new(at: u64) -> Self {
        Self { at, last: Vec::new(), place: None }
    }

    /// The file was seen to have this size.
    pub(super) fn seen(&mut self, size: u64) {
        if size != self.at {
            *self = Self::new(size);
        }
    }

    /// These have been appended, one behind the other, when the file had this size.
    pub(super) fn append(&mut self, size: u64, parts: [&[u8]; 2]) {
        self.seen(size);
        for part in parts {
            self.at += part.len() as u64;
            let part = &part[part.len().saturating_sub(Probe::MOST)..];
            let excess = (self.last.len() + part.len()).saturating_sub(Probe::MOST);
            self.last.drain(..excess);
            self.last.extend_from_slice(part);
        }
    }

    /// This place has been read from the file.
    pub(super) fn read(&mut self, place: Place) {
        self.seen(place.len());
        self.place = Some(place);
    }

    /// The place of the end, unless it must be read: the same that would be read.
    pub(super) fn place(&self, since: SystemTime, newest: Option<Stamp>) -> Option<Place> {
        let place = self.place.as_ref()?;
        if place.len() == self.at {
            return Some(place.since_then(since, newest));
        }
        let is_known = place.has_whole_beginning() && self.last.len() == Probe::MOST;
        is_known.then(|| place.since_then(since, newest).at_end(Probe::of(&self.last, self.at)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;
    use std::path::Path;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Append(Vec<u8>, Vec<u8>),
        /// Somebody else cuts the file to so many hundredths of its size.
        Cut(u64),
        /// The file is looked at.
        Look,
        Mark,
    }

    fn step() -> impl Strategy<Value = Step> {
        let bytes = || prop_oneof![vec(any::<u8>(), 0..20), vec(any::<u8>(), 200..600)];
        prop_oneof![
            4 => (bytes(), bytes()).prop_map(|(first, second)| Step::Append(first, second)),
            1 => (0..100_u64).prop_map(Step::Cut),
            1 => Just(Step::Look),
            4 => Just(Step::Mark),
        ]
    }

    proptest! {
        #[test]
        fn what_is_known_is_what_is_in_the_file(steps in vec(step(), 1..40)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("out.log");
            let mut file = File::options().read(true).append(true).create(true).open(&path).unwrap();
            let size = |file: &File| file.metadata().unwrap().len();
            let read = |file: &File| Place::at(size(file), file, Path::new(&path), SystemTime::UNIX_EPOCH, None).unwrap();
            let mut end = End::new(0);
            // Whether the file was cut, and neither looked at nor written since.
            let mut is_cut = false;
            for step in steps {
                match step {
                    Step::Append(first, second) => {
                        let before = size(&file);
                        file.write_all(&[&first[..], &second].concat()).unwrap();
                        end.append(before, [&first, &second]);
                        is_cut = false;
                    }
                    Step::Cut(hundredths) => {
                        file.set_len(size(&file) * hundredths / 100).unwrap();
                        is_cut = true;
                    }
                    Step::Look => {
                        end.seen(size(&file));
                        is_cut = false;
                    }
                    Step::Mark if is_cut => {}
                    Step::Mark => match end.place(SystemTime::UNIX_EPOCH, None) {
                        Some(place) => prop_assert_eq!(place, read(&file)),
                        None => end.read(read(&file)),
                    },
                }
            }
        }
    }

    /// The file is not read for each place.
    #[test]
    fn a_long_file_is_read_once() {
        let mut file = tempfile::tempfile().unwrap();
        let mut end = End::new(0);
        let read = |file: &File, len| Place::at(len, file, Path::new("out.log"), SystemTime::UNIX_EPOCH, None).unwrap();
        file.write_all(&[b'a'; 1024]).unwrap();
        end.append(0, [b"", &[b'a'; 1024]]);
        assert!(end.place(SystemTime::UNIX_EPOCH, None).is_none());
        end.read(read(&file, 1024));
        file.write_all(b"more\n").unwrap();
        end.append(1024, [b"", b"more\n"]);
        assert_eq!(end.place(SystemTime::UNIX_EPOCH, None), Some(read(&file, 1029)));
    }
}
