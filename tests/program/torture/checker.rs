//! What came out, compared with what was written.

use std::collections::HashSet;

use super::model::{Generation, Model, Must};
use super::record::{self, Tag};

/// What the program wrote.
#[derive(Clone, Default)]
pub(super) struct Outputs {
    /// All records as they were logged.
    pub(super) raw: Vec<u8>,
    /// Those of severity ERROR, as JSON.
    pub(super) errors: Vec<u8>,
    /// All, as JSON, in files that were rotated.
    pub(super) rotated: Vec<u8>,
    /// The events of the count of all records.
    pub(super) counts: Vec<u8>,
}

/// What was found beside faults.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) faults: Vec<String>,
    pub(super) records: u64,
    /// Records that were written and destroyed before they were read.
    pub(super) destroyed: u64,
    /// Beginnings of lines whose rest was destroyed or never written.
    pub(super) fragments: u64,
    /// Records whose lines came out as several, since they were long in coming.
    pub(super) parted: u64,
}

/// The first lines of the records that came out.
#[derive(Default)]
struct Heads {
    /// In their order.
    whole: Vec<Tag>,
    /// Those that were cut.
    cut: HashSet<Tag>,
    /// The last ones of generations whose end was destroyed or is not written, where lines may be missing.
    last: HashSet<Tag>,
}

/// The next line that must come of a generation.
#[derive(Clone, Copy, Default, Debug)]
struct Next {
    number: u32,
    line: u32,
    /// The bytes before it.
    bytes: u64,
    /// The bytes of a fragment of it that came out.
    fragment: u64,
}

pub(super) fn check(model: &Model, outputs: &Outputs) -> Found {
    let mut found = Found::default();
    let mut next = vec![Next::default(); model.generations.len()];
    let heads = raw(model, &outputs.raw, &mut next, &mut found);
    for (number, (generation, next)) in model.generations.iter().zip(&next).enumerate() {
        complete(number as u32, generation, *next, &mut found);
    }
    let is_error = |tag: &Tag| model.generations[tag.generation as usize].record(tag.generation, tag.number).is_error();
    let all = heads.whole.iter().copied();
    json("errors", model, &outputs.errors, all.clone().filter(is_error), &heads, &mut found);
    json("rotated", model, &outputs.rotated, all, &heads, &mut found);
    counts(model, &outputs.counts, &heads, &mut found);
    for (number, told) in &model.told_lost {
        let (generation, next) = (&model.generations[*number as usize], next[*number as usize]);
        let missing = generation.bytes.saturating_sub(next.bytes + next.fragment);
        if missing != *told {
            let path = &generation.path;
            found.faults.push(format!("lost of {path} ({number}): {missing} bytes are, {told} were told"));
        }
    }
    found
}

/// Checks the lines as they were logged, and gives the first lines of records in their order.
fn raw(model: &Model, raw: &[u8], next: &mut [Next], found: &mut Found) -> Heads {
    let mut heads = Heads::default();
    let mut fragments = Vec::new();
    let mut last: Option<Tag> = None;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else {
            found.faults.push(format!("the output ends in the middle of a line: {}", shown(line)));
            break;
        };
        let Some(tag) = Tag::of_whole(line) else {
            fragments.push(line);
            continue;
        };
        let before = last.replace(tag);
        let Some(generation) = model.generations.get(tag.generation as usize) else {
            found.faults.push(format!("{tag:?} was never written"));
            continue;
        };
        let record = generation.record(tag.generation, tag.number);
        let is_written = generation.time(tag.number).is_some_and(|time| record.line(tag.line, time).starts_with(line));
        if tag.line >= record.lines() || !is_written {
            found.faults.push(format!("{tag:?} was never written: {}", shown(line)));
            continue;
        }
        let expected = &mut next[tag.generation as usize];
        if (tag.number, tag.line) < (expected.number, expected.line) {
            found.faults.push(format!("twice or too late: {tag:?} in {}", generation.path));
            continue;
        }
        if (tag.number, tag.line) > (expected.number, expected.line) {
            let path = &generation.path;
            found.faults.push(format!("missing in {path}, before {tag:?}: {expected:?}"));
        }
        let is_last = tag.line + 1 == record.lines();
        *expected = Next {
            number: tag.number + u32::from(is_last),
            line: if is_last { 0 } else { tag.line + 1 },
            bytes: expected.bytes + line.len() as u64 + 1,
            fragment: 0,
        };
        if tag.line == 0 {
            heads.whole.push(tag);
        } else if before != Some(Tag { line: tag.line - 1, ..tag }) {
            found.parted += 1;
            if !generation.slow.contains(&tag.number) {
                found.faults.push(format!("parted from the lines before it: {tag:?} in {}", generation.path));
            }
        }
    }
    found.records = heads.whole.len() as u64;
    for fragment in fragments {
        heads.cut.extend(Tag::all(fragment).next().filter(|tag| tag.line == 0));
        let owner = next.iter_mut().enumerate().find(|(number, next)| {
            let generation = &model.generations[*number];
            let record = generation.record(*number as u32, next.number);
            let is_cut = next.number >= generation.whole() || generation.must != Must::All;
            let line = |time| record.line(next.line, time);
            next.fragment == 0
                && is_cut
                && generation.time(next.number).is_some_and(|time| line(time).starts_with(fragment))
        });
        match owner {
            Some((_, next)) => next.fragment = fragment.len() as u64,
            None => found.faults.push(format!("torn: {}", shown(fragment))),
        }
        found.fragments += 1;
    }
    for (number, next) in next.iter().enumerate().filter(|(_, next)| next.line > 0) {
        heads.last.insert(Tag { generation: number as u32, number: next.number, line: 0 });
    }
    heads
}

/// Nothing is missing at the end of a generation but what may be.
fn complete(number: u32, generation: &Generation, next: Next, found: &mut Found) {
    let must = match generation.must {
        Must::All => generation.bytes,
        Must::First(bytes) => bytes,
    };
    if next.bytes < must {
        let Generation { path, bytes, must, .. } = generation;
        let what =
            format!("{} of its {} records came out, {} of {bytes} bytes", next.number, generation.whole(), next.bytes);
        found.faults.push(format!("missing at the end of {path} ({number}), of which must come {must:?}: {what}"));
    }
    found.destroyed += u64::from(generation.whole().saturating_sub(next.number));
}

/// Another output has the same records in the same order, whole.
fn json(
    name: &str,
    model: &Model,
    output: &[u8],
    heads: impl IntoIterator<Item = Tag>,
    heads_found: &Heads,
    found: &mut Found,
) {
    let mut expected = heads.into_iter();
    for line in output.split_inclusive(|byte| *byte == b'\n') {
        if !line.ends_with(b"\n") || serde_json::from_slice::<serde_json::Value>(line).is_err() {
            found.faults.push(format!("{name}: not a line of JSON: {}", shown(line)));
            continue;
        }
        let tags: HashSet<Tag> = Tag::all(line).collect();
        // The rest of a record that was parted has no first line; nor has what was cut before its tag.
        let Some(tag) = Tag::all(line).next().filter(|tag| tag.line == 0) else { continue };
        if heads_found.cut.contains(&tag) {
            continue;
        }
        if let Some(other) = tags.iter().find(|other| other.line == 0 && **other != tag) {
            found.faults.push(format!("{name}: {tag:?} and {other:?} are one record: {}", shown(line)));
        }
        let wanted = expected.next();
        if wanted != Some(tag) {
            found.faults.push(format!("{name}: {tag:?} is where {wanted:?} should be"));
            return;
        }
        let generation = &model.generations[tag.generation as usize];
        let lines = generation.record(tag.generation, tag.number).lines();
        let may_be_cut = generation.slow.contains(&tag.number) || heads_found.last.contains(&tag);
        if !may_be_cut && !(0..lines).all(|line| tags.contains(&Tag { line, ..tag })) {
            found.faults.push(format!("{name}: not all lines of {tag:?}: {}", shown(line)));
        }
    }
    if let Some(tag) = expected.next() {
        found.faults.push(format!("{name}: {tag:?} and what follows is missing"));
    }
}

/// The intervals of the count have all records, once.
fn counts(model: &Model, events: &[u8], heads: &Heads, found: &mut Found) {
    let is_counted = |tag: &&Tag| !model.generations[tag.generation as usize].is_closing;
    let least = heads.whole.iter().filter(is_counted).count() as u64;
    let most = least + found.fragments + found.parted;
    let mut counted = 0;
    for line in events.split_inclusive(|byte| *byte == b'\n') {
        let Ok(event) = serde_json::from_slice::<serde_json::Value>(line) else {
            found.faults.push(format!("counts: not a line of JSON: {}", shown(line)));
            continue;
        };
        let number = |member: &str| event[member].as_u64().unwrap_or_default();
        let is_closing = event["from"].as_str().is_none_or(|from| from >= record::moment(model.now() + 1).as_str());
        if event["period"] == "interval" {
            counted += number("late") + if is_closing { 0 } else { number("total") };
        }
    }
    if !(least..=most).contains(&counted) {
        found.faults.push(format!("counts: {counted} records were counted, and {least} to {most} came out"));
    }
}

/// The beginning of a line that may be long, and may be anything.
fn shown(line: &[u8]) -> String {
    let most = 120;
    let more = if line.len() > most { "…" } else { "" };
    format!("{:?}{more}", String::from_utf8_lossy(&line[..line.len().min(most)]))
}
