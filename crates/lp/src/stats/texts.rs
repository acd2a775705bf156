//! How often texts occur, in bounded memory.

use hashbrown::HashTable;

/// Counts of texts: exact while there are few different ones, and of the frequent ones true to a known bound where there are
/// many.
///
/// It is [lossy counting] with a bound on the table instead of one on the error. Where there are too many texts, the rarest
/// are forgotten, and the highest count that any of them can have had is the bound on what is missed from then on: by a text
/// that comes anew (or comes back) by so much at most, by those that were never forgotten by nothing. Which texts are
/// forgotten follows from the counts alone. So the result depends on where [`prune`](Self::prune) is called, but not on the
/// order of the texts between two calls.
///
/// [lossy counting]: https://www.vldb.org/conf/2002/S10P03.pdf
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    table: HashTable<Counted>,
    /// The texts, one behind the other.
    bytes: Vec<u8>,
    /// How many texts were counted, in all.
    total: u64,
    /// No text that is not in the table has occurred more often.
    missed: u64,
}

/// How the log has written a text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Writing {
    /// As it is.
    Plain,
    /// With the escapes of web servers.
    Escaped,
    /// As the inside of a JSON string.
    JsonText,
}

/// A text in the table.
#[derive(Clone, Copy, Debug)]
struct Counted {
    hash: u64,
    count: u64,
    /// How many more there may have been.
    missed: u64,
    start: u32,
    len: u16,
    writing: Writing,
}

/// A text, and how often it occurred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Top<'a> {
    pub(super) key: &'a [u8],
    pub(super) writing: Writing,
    /// It occurred at least so often,
    pub(super) count: u64,
    /// and at most so much more.
    pub(super) missed: u64,
}

/// The limits of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// More texts than this are pruned to half.
    pub(super) texts: usize,
    /// More bytes of texts than this are pruned to half.
    pub(super) bytes: usize,
}

impl Texts {
    /// Longer texts are cut, and those that begin alike count as one.
    pub(super) const LONGEST: usize = 255;

    /// What is counted of a text: one byte more than the [longest](Self::LONGEST) has says that it is cut.
    #[inline(always)]
    pub(super) fn key(text: &[u8]) -> &[u8] {
        &text[..text.len().min(Self::LONGEST + 1)]
    }

    /// Counts a key (of at most 65,535 bytes), of which this must be the hash.
    #[inline]
    pub(super) fn add(&mut self, hash: u64, key: &[u8], writing: Writing, count: u64) {
        self.total += count;
        let (bytes, missed) = (&mut self.bytes, self.missed);
        let is_same = |of: &Counted| of.hash == hash && of.writing == writing && text_of(of, bytes) == key;
        if let Some(of) = self.table.find_mut(hash, is_same) {
            of.count += count;
            return;
        }
        let start = bytes.len() as u32;
        bytes.extend_from_slice(key);
        let new = Counted { hash, count, missed, start, len: key.len() as u16, writing };
        self.table.insert_unique(hash, new, |of| of.hash);
    }

    /// Adds what another one has counted that was never pruned.
    pub(super) fn merge(&mut self, other: &Self) {
        for of in &other.table {
            self.add(of.hash, text_of(of, &other.bytes), of.writing, of.count);
        }
    }

    /// Forgets the rarest texts where there are too many.
    pub(super) fn prune(&mut self, limits: Limits) {
        if self.table.len() <= limits.texts && self.bytes.len() <= limits.bytes {
            return;
        }
        let mut kept = limits.texts / 2;
        let mut most = Vec::with_capacity(self.table.len());
        loop {
            most.clear();
            most.extend(self.table.iter().map(Counted::most));
            // The rarest of those that may stay goes too, with all that are as rare: there may be many.
            self.missed = match most.len().checked_sub(kept + 1) {
                Some(rank) => self.missed.max(*most.select_nth_unstable(rank).1),
                None => self.missed,
            };
            let missed = self.missed;
            self.table.retain(|of| of.most() > missed);
            let bytes: usize = self.table.iter().map(|of| usize::from(of.len)).sum();
            if bytes <= limits.bytes / 2 || kept == 0 {
                break;
            }
            kept = self.table.len().min(kept) / 2;
        }
        let mut bytes = Vec::with_capacity(limits.bytes / 2);
        for of in &mut self.table {
            let start = bytes.len() as u32;
            bytes.extend_from_slice(text_of(of, &self.bytes));
            of.start = start;
        }
        self.bytes = bytes;
    }

    /// Forgets all and keeps the memory, but for what is far more than usual.
    pub(super) fn clear(&mut self, usual: Limits) {
        if self.table.capacity() > 2 * usual.texts || self.bytes.capacity() > 2 * usual.bytes {
            *self = Self::default();
        }
        self.table.clear();
        self.bytes.clear();
        (self.total, self.missed) = (0, 0);
    }

    /// How many texts were counted, in all.
    pub(super) const fn total(&self) -> u64 {
        self.total
    }

    /// No text that is not known has occurred more often.
    pub(super) const fn missed(&self) -> u64 {
        self.missed
    }

    /// How many different texts are known.
    pub(super) fn known(&self) -> usize {
        self.table.len()
    }

    /// The most frequent texts, of those that are equal the first in the order of their bytes.
    pub(super) fn top(&self, count: usize) -> Vec<Top<'_>> {
        let mut tops: Vec<Top<'_>> = self.table.iter().map(|of| self.shown(of)).collect();
        let order =
            |a: &Top<'_>, b: &Top<'_>| b.count.cmp(&a.count).then_with(|| (a.key, a.writing).cmp(&(b.key, b.writing)));
        if count < tops.len() {
            tops.select_nth_unstable_by(count, order);
            tops.truncate(count);
        }
        tops.sort_unstable_by(order);
        tops
    }

    fn shown(&self, of: &Counted) -> Top<'_> {
        Top { key: text_of(of, &self.bytes), writing: of.writing, count: of.count, missed: of.missed }
    }
}

impl Counted {
    /// How often it has occurred, at most.
    const fn most(&self) -> u64 {
        self.count + self.missed
    }
}

#[inline(always)]
fn text_of<'a>(of: &Counted, bytes: &'a [u8]) -> &'a [u8] {
    bytes.get(of.start as usize..).and_then(|bytes| bytes.get(..usize::from(of.len))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::hash::{BuildHasher, Hasher};

    use foldhash::fast::FixedState;
    use proptest::prelude::*;

    use super::*;

    fn add(texts: &mut Texts, text: &[u8]) {
        let mut hasher = FixedState::default().build_hasher();
        hasher.write(Texts::key(text));
        texts.add(hasher.finish(), Texts::key(text), Writing::Plain, 1);
    }

    fn of(blocks: &[Vec<String>], limits: Limits) -> Texts {
        let mut all = Texts::default();
        for block in blocks {
            // In two parts, as two threads have it.
            let (first, second) = block.split_at(block.len() / 3);
            for part in [second, first] {
                let mut texts = Texts::default();
                part.iter().for_each(|text| add(&mut texts, text.as_bytes()));
                all.merge(&texts);
            }
            all.prune(limits);
        }
        all
    }

    fn exact(blocks: &[Vec<String>]) -> BTreeMap<&[u8], u64> {
        let mut counts = BTreeMap::new();
        blocks.iter().flatten().for_each(|text| *counts.entry(text.as_bytes()).or_default() += 1);
        counts
    }

    /// Some texts are far more frequent than others.
    fn blocks() -> impl Strategy<Value = Vec<Vec<String>>> {
        let text = (0_u32..400, 0_u32..8).prop_map(|(number, shift)| format!("/{}", number >> shift));
        proptest::collection::vec(proptest::collection::vec(text, 0..80), 0..12)
    }

    const MANY: Limits = Limits { texts: 1000, bytes: 100_000 };

    proptest! {
        #[test]
        fn few_texts_are_counted_exactly(blocks in blocks()) {
            let texts = of(&blocks, MANY);
            let truth = exact(&blocks);
            let found: BTreeMap<&[u8], u64> = texts.top(1000).iter().map(|top| (top.key, top.count)).collect();
            prop_assert!(texts.top(1000).is_sorted_by_key(|top| std::cmp::Reverse(top.count)));
            prop_assert_eq!(&found, &truth);
            prop_assert_eq!((texts.missed(), texts.known()), (0, truth.len()));
            let top = texts.top(5);
            prop_assert_eq!(&top[..], &texts.top(1000)[..top.len()]);
        }

        #[test]
        fn of_many_texts_no_more_are_missed_than_is_said(blocks in blocks(), limit in 2_usize..40, bytes in 10_usize..200) {
            let limits = Limits { texts: limit, bytes };
            let texts = of(&blocks, limits);
            let mut truth = exact(&blocks);
            prop_assert!(texts.known() <= limit && texts.bytes.len() <= bytes);
            prop_assert_eq!(texts.total(), truth.values().sum::<u64>());
            for top in texts.top(1000) {
                let count = truth.remove(top.key).unwrap();
                prop_assert!(top.count <= count && count <= top.count + top.missed);
                prop_assert!(top.missed <= texts.missed());
            }
            prop_assert!(truth.values().all(|&count| count <= texts.missed()));
        }

        #[test]
        fn the_order_within_a_block_does_not_matter(mut blocks in blocks(), limit in 2_usize..40) {
            let limits = Limits { texts: limit, bytes: 200 };
            let texts = of(&blocks, limits);
            blocks.iter_mut().for_each(|block| block.reverse());
            let reversed = of(&blocks, limits);
            prop_assert_eq!(reversed.top(1000), texts.top(1000));
        }
    }

    #[test]
    fn long_texts_that_begin_alike_are_one() {
        let mut texts = Texts::default();
        for len in [255, 256, 300, 9000] {
            add(&mut texts, &vec![b'x'; len]);
        }
        let top = texts.top(9);
        let seen: Vec<_> = top.iter().map(|top| (top.key.len(), top.count)).collect();
        assert_eq!(seen, [(256, 3), (255, 1)]);
    }
}
