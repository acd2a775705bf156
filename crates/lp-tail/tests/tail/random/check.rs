//! Whether what came out is what must come out.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::{Generation, Torture};
use crate::harness::Told;

impl Torture {
    pub(super) fn check(&mut self) {
        self.settle();
        self.settle();
        if self.result().is_ok() {
            return;
        }
        // On a busy machine looks are as much as a second apart.
        while self.follower.step(Duration::from_millis(1500)) {}
        if let Err(what) = self.result() {
            self.fail(&what);
        }
    }

    /// What is wrong, if anything is.
    fn result(&self) -> Result<(), String> {
        let mut told = self.told();
        // Short ones may be the beginning of many.
        told.sort_by_key(|told| std::cmp::Reverse(told.bytes.len()));
        let mut came: Vec<Vec<u8>> =
            self.generations.iter().map(|generation| vec![0; generation.content.len()]).collect();
        let mut lost: BTreeMap<usize, u64> = BTreeMap::new();
        let mut total_lost = 0;
        for told in &told {
            total_lost += told.lost;
            let of = |came: &[Vec<u8>], generation: usize| {
                let range = told.from as usize..told.from as usize + told.bytes.len();
                // Pieces of lines may be the same at the same position.
                let content = &self.generations[generation].content;
                told.mark.is_none_or(|mark| mark.beginning.is_of(content))
                    && content.get(range.clone()) == Some(&told.bytes)
                    && came[generation][range].iter().all(|&count| count == 0)
            };
            if told.bytes.is_empty() {
                let is_of = |generation: &Generation| {
                    told.mark.is_some_and(|mark| mark.beginning.is_of(&generation.content)) && told.lost > 0
                };
                if let Some(generation) = self.generations.iter().position(is_of) {
                    *lost.entry(generation).or_default() += told.lost;
                }
                continue;
            }
            let mut candidates: Vec<usize> = (0..self.generations.len()).filter(|&number| of(&came, number)).collect();
            candidates.sort_by_key(|&number| self.generations[number].content.len());
            let Some(&generation) = candidates.first() else {
                let is_double = |generation: &Generation| generation.may_be_double && is_of(told, generation);
                if self.generations.iter().any(is_double) {
                    continue;
                }
                return Err(format!(
                    "these bytes were not written, or came twice: {} {:?}",
                    told.from,
                    String::from_utf8_lossy(&told.bytes)
                ));
            };
            came[generation][told.from as usize..][..told.bytes.len()].fill(1);
            *lost.entry(generation).or_default() += told.lost;
        }
        let mut missing = 0;
        for (number, generation) in self.generations.iter().enumerate() {
            let count = came[number].iter().filter(|&&count| count == 1).count();
            missing += generation.content.len() - count;
            if came[number][..count].contains(&0) {
                return Err(format!("a hole in generation {number}"));
            }
            if count < generation.content.len() && !generation.is_destroyed && !generation.may_be_missed {
                return Err(format!("generation {number} is not complete: {count} of {}", generation.content.len()));
            }
            if generation.is_exact && count > 0 {
                let told = lost.get(&number).copied().unwrap_or_default();
                if told != (generation.content.len() - count) as u64 {
                    return Err(format!("generation {number} has come to {count}, and {told} are told to be lost"));
                }
            }
        }
        let early = self.generations.iter().filter(|generation| generation.is_copied_early);
        let may_come: usize = early.map(|generation| generation.content.len()).sum();
        // If the tail was killed right after it had told so, it tells it again. And if a file has been closed before anything was read of
        // it, its copy is another one.
        let is_told_twice =
            told.iter().any(|told| told.lost > 0 && told.ended.is_none()) || self.follower.options.open_files == 2;
        if total_lost > (missing + may_come) as u64 && !is_told_twice {
            return Err(format!("{total_lost} are told to be lost, and {missing} are"));
        }
        Ok(())
    }

    fn fail(&self, what: &str) -> ! {
        let what = format!("{what}\n{}", self.follower.events.join("\n"));
        let before: Vec<String> = self.before.iter().map(describe).collect();
        let trace = self.trace.join("\n");
        let there: Vec<_> = fs::read_dir(self.folder.path(""))
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let data = entry.metadata().unwrap();
                let content = fs::read(entry.path()).unwrap();
                let head = String::from_utf8_lossy(&content[..content.len().min(24)]).into_owned();
                let inode = std::os::unix::fs::MetadataExt::ino(&data);
                format!("{} inode {inode} {} {head:?}", entry.file_name().display(), data.len())
            })
            .collect();
        panic!(
            "{trace}\nbefore {before:#?}\n{there:#?}\nseed {}: {what}\n{:?} glob {}",
            self.seed, self.follower.options, self.is_glob
        );
    }
}

fn describe(told: &Told) -> String {
    let head = String::from_utf8_lossy(&told.bytes[..told.bytes.len().min(24)]).into_owned();
    format!(
        "{} from {} to {} lost {} ended {:?} inode {:?} {head:?}",
        told.path.file_name().unwrap().display(),
        told.from,
        told.position,
        told.lost,
        told.ended,
        told.mark.map(|mark| mark.inode)
    )
}

pub(super) fn is_of(told: &Told, generation: &Generation) -> bool {
    let range = told.from as usize..told.from as usize + told.bytes.len();
    generation.content.get(range) == Some(&told.bytes)
}
