//! What happens to the logs, and what the model knows of it.

use std::io::Write as _;
use std::time::Duration;

use super::{Generation, Torture};

impl Torture {
    /// The generation at the path of a log; a new one if there is none.
    fn current(&mut self, log: usize) -> usize {
        if let Some(current) = self.logs[log].current {
            return current;
        }
        // A coarse clock must tell the generations apart.
        std::thread::sleep(Duration::from_millis(5));
        self.logs[log].writer = Some(self.folder.open(&self.logs[log].name));
        self.begin(log)
    }

    fn begin(&mut self, log: usize) -> usize {
        let generation = self.generations.len();
        self.generations.push(Generation {
            log,
            content: Vec::new(),
            is_destroyed: false,
            may_be_missed: false,
            may_be_double: false,
            is_copied_early: false,
            is_copied: false,
            seen: 0,
            is_exact: false,
        });
        self.logs[log].current = Some(generation);
        generation
    }

    pub(super) fn append(&mut self, log: usize) {
        let generation = self.current(log);
        let mut bytes = Vec::new();
        if self.generations[generation].content.is_empty() && self.random.one_in(2) {
            bytes.extend_from_slice(b"started\n");
        }
        for _ in 0..self.random.below(12) {
            let number = self.random.next();
            let width = self.random.below(60) as usize;
            bytes.extend_from_slice(format!("{generation} {number:x} {:.<width$}\n", "").as_bytes());
        }
        // What tells it from all others comes at once.
        if self.generations[generation].content.is_empty() {
            bytes.extend_from_slice(format!("{generation} {:x} {:.<60}\n", self.random.next(), "").as_bytes());
        }
        // The rest of a line comes with the next piece: nothing here depends on lines.
        let len = bytes.len() - self.random.below(8).min(bytes.len() as u64) as usize;
        bytes.truncate(len);
        self.note(format!("append {len} to {log} generation {generation}"));
        self.logs[log].writer.as_mut().unwrap().write_all(&bytes).unwrap();
        self.generations[generation].content.extend_from_slice(&bytes);
    }

    /// What this log is rotated to; with some seeds, the number is before the extension.
    fn rotated_name(&self, log: usize, number: usize) -> String {
        let name = &self.logs[log].name;
        match name.strip_suffix(".log") {
            Some(stem) if self.seed % 4 == 3 => format!("{stem}.{number}.log"),
            _ => format!("{name}.{number}"),
        }
    }

    /// Makes room for a file of the name that is rotated to first.
    fn shift(&mut self, log: usize) {
        const KEPT: usize = 5;
        if self.logs[log].rotated.len() == KEPT {
            let oldest = self.logs[log].rotated.pop().unwrap();
            self.generations[oldest].is_destroyed = true;
            self.folder.remove(&self.rotated_name(log, KEPT));
        }
        for number in (1..=self.logs[log].rotated.len()).rev() {
            self.folder.rename(&self.rotated_name(log, number), &self.rotated_name(log, number + 1));
        }
    }

    /// The generation at the path is about to be rotated.
    fn rotated(&mut self, log: usize, is_copy: bool) {
        let Some(current) = self.logs[log].current.take() else { return };
        let was_seen = self.generations[current].seen > 0;
        self.generations[current].may_be_missed |= !was_seen && self.logs[log].is_broken;
        self.generations[current].is_copied |= is_copy;
        self.logs[log].rotated.insert(0, current);
    }

    pub(super) fn rename(&mut self, log: usize) {
        if self.logs[log].current.is_none() {
            return;
        }
        self.note(format!("rename {log}"));
        self.shift(log);
        let name = &self.logs[log].name;
        self.folder.rename(name, &self.rotated_name(log, 1));
        self.rotated(log, false);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    pub(super) fn copytruncate(&mut self, log: usize) {
        let Some(current) = self.logs[log].current else { return };
        self.note(format!("copytruncate {log}"));
        std::thread::sleep(Duration::from_millis(5));
        self.shift(log);
        let name = self.logs[log].name.clone();
        self.folder.copy(&name, &self.rotated_name(log, 1));
        if self.random.one_in(3) {
            self.settle();
        }
        if self.random.one_in(4) {
            // Not in the copy.
            self.append(log);
            self.generations[current].is_destroyed = true;
            self.generations[current].is_copied_early = true;
            if self.random.one_in(2) {
                self.step();
            }
        }
        self.folder.truncate(&name);
        self.rotated(log, true);
        self.begin(log);
        self.append(log);
    }

    pub(super) fn truncate(&mut self, log: usize) {
        let Some(current) = self.logs[log].current else { return };
        self.note(format!("truncate {log}"));
        self.destroy(current);
        self.generations[current].is_exact = self.generations[current].seen == self.generations[current].content.len();
        self.logs[log].is_broken = true;
        let name = &self.logs[log].name;
        self.folder.truncate(name);
        self.begin(log);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    pub(super) fn delete(&mut self, log: usize) {
        let Some(current) = self.logs[log].current.take() else { return };
        self.note(format!("delete {log}"));
        self.destroy(current);
        self.logs[log].is_broken = true;
        self.folder.remove(&self.logs[log].name);
        if self.random.one_in(2) {
            self.append(log);
        }
    }

    fn destroy(&mut self, generation: usize) {
        self.generations[generation].is_destroyed = true;
    }

    /// The newest of the renamed files goes back to its place.
    pub(super) fn move_back(&mut self, log: usize) {
        if self.logs[log].current.is_some() || self.logs[log].rotated.is_empty() {
            return;
        }
        // What is not in the copy would not be a suffix.
        if self.generations[self.logs[log].rotated[0]].is_destroyed {
            return;
        }
        self.note(format!("move back {log}"));
        let back = self.logs[log].rotated.remove(0);
        // A short copy that is at the path of its log may as well be a new one that begins in the same way.
        let generation = &mut self.generations[back];
        generation.may_be_double |= generation.is_copied;
        let name = self.logs[log].name.clone();
        self.folder.rename(&self.rotated_name(log, 1), &name);
        for number in 0..self.logs[log].rotated.len() {
            self.folder.rename(&self.rotated_name(log, number + 2), &self.rotated_name(log, number + 1));
        }
        self.logs[log].writer = Some(self.folder.open(&name));
        self.logs[log].current = Some(back);
    }

    /// Writes to a file that has been renamed.
    pub(super) fn write_late(&mut self, log: usize) {
        if self.logs[log].rotated.is_empty() {
            return;
        }
        let number = self.random.below(self.logs[log].rotated.len() as u64) as usize;
        let generation = self.logs[log].rotated[number];
        // What was lost before it would not be a suffix.
        if self.generations[generation].is_destroyed {
            return;
        }
        self.note(format!("late to {log} generation {generation}"));
        let bytes = format!("{generation} late {:x}\n", self.random.next());
        self.folder.append(&self.rotated_name(log, number + 1), &bytes);
        self.generations[generation].content.extend_from_slice(bytes.as_bytes());
    }
}
