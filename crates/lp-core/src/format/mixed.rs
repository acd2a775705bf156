//! Two formats in one log: a program's own lines, and those of the server around it.

use std::sync::Arc;

use crate::batch::Batch;
use crate::format::Format;
use crate::lines::{Lines, start_of};
use crate::record::Record;
use crate::schema::{Schema, SchemaError};

/// A log with lines of two formats.
///
/// A line that starts a record of the first format is read by the first; one that does not, but starts a record of the
/// second, by the second. Any other line belongs to the record before it, if that may have several lines, and else to the
/// first. A record has the fields of its own format.
#[derive(Clone)]
pub struct Mixed {
    first: Arc<dyn Format>,
    second: Arc<dyn Format>,
    schema: Schema,
}

impl Mixed {
    /// A log of `first`, with lines of `second` in it.
    ///
    /// # Errors
    ///
    /// If the two together have too many fields.
    pub fn new(first: Arc<dyn Format>, second: Arc<dyn Format>) -> Result<Self, SchemaError> {
        let schema = Schema::either(first.schema(), second.schema())?;
        Ok(Self { first, second, schema })
    }

    fn format(&self, owner: Owner) -> &dyn Format {
        match owner {
            Owner::First => &*self.first,
            Owner::Second => &*self.second,
        }
    }

    /// Whose record the line starts.
    fn owner(&self, line: &[u8]) -> Option<Owner> {
        let line = start_of(line);
        if self.first.starts_record(line) {
            Some(Owner::First)
        } else if self.second.starts_record(line) {
            Some(Owner::Second)
        } else {
            None
        }
    }

    /// Whether a line that the first format has rejected is the second's.
    fn is_seconds(&self, line: &[u8]) -> bool {
        self.owner(line) == Some(Owner::Second)
    }

    /// Where every line is a record of the first format, it reads them all. Only what it rejects is looked at again.
    fn parse_lines(&self, input: &[u8], batch: &mut Batch) -> usize {
        let taken = self.first.parse(input, batch);
        let is_seconds = |record: Option<Record<'_>>| record.is_some_and(|record| self.is_seconds(record.raw()));
        if !batch.errors().any(|(number, _)| is_seconds(batch.record(input, number))) {
            // The rows of the first format are what the rows of both begin with.
            return taken;
        }
        let lines = std::mem::replace(batch, batch.alike(batch.capacity()));
        batch.begin(&self.schema);
        let mut seconds = batch.alike(usize::MAX);
        let offset = |number: usize| lines.record(input, number).map_or(taken, |record| record.offset());
        // Where the batch was full, the last record may go on in what was not parsed; it is left for the next parse.
        let starts = |number: &usize| lines.record(input, *number).is_some_and(|line| self.owner(line.raw()).is_some());
        let count = if taken < input.len() && self.second.is_multiline() {
            (1..lines.len()).rev().find(starts).unwrap_or(lines.len())
        } else {
            lines.len()
        };
        let mut errors = lines.errors().map(|(number, _)| number).take_while(|&number| number < count).peekable();
        let mut next = 0;
        while let Some(number) = errors.next() {
            if number < next || !is_seconds(lines.record(input, number)) {
                continue;
            }
            batch.append_kind(&lines, next..number, false, 0);
            // A record of several lines goes on as long as they are neither's.
            next = number + 1;
            while self.second.is_multiline() && errors.next_if_eq(&next).is_some() {
                if lines.record(input, next).is_some_and(|record| self.first.starts_record(start_of(record.raw()))) {
                    break;
                }
                next += 1;
            }
            let (mut at, end) = (offset(number), offset(next));
            while at < end {
                let count = self.second.parse(&input[at..end], &mut seconds);
                batch.append_kind(&seconds, 0..seconds.len(), true, at);
                at += count.max(1);
            }
        }
        batch.append_kind(&lines, next..count, false, 0);
        offset(count)
    }

    /// Where records may have several lines, whose line it is decides where they end.
    fn parse_runs(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&self.schema);
        let mut records = batch.alike(usize::MAX);
        let mut at = 0;
        while at < input.len() && !batch.is_full() {
            let (owner, end) = self.run(input, at);
            records = records.with_capacity(batch.room());
            let taken = self.format(owner).parse(&input[at..end], &mut records);
            batch.append_kind(&records, 0..records.len(), owner == Owner::Second, at);
            if taken == 0 {
                break;
            }
            at += taken;
        }
        at
    }

    /// The records from `start` on that one format reads, and where they end.
    fn run(&self, input: &[u8], start: usize) -> (Owner, usize) {
        let mut lines = Lines::starting_at(input, start);
        let first = lines.next().and_then(|line| self.owner(&input[line]));
        let owner = first.unwrap_or(Owner::First);
        loop {
            let end = lines.position();
            let Some(line) = lines.next() else { return (owner, end) };
            let next = match self.owner(&input[line]) {
                Some(next) => next,
                None if self.format(owner).is_multiline() => owner,
                None => Owner::First,
            };
            if next != owner {
                return (owner, end);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    First,
    Second,
}

impl Format for Mixed {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        if self.first.is_multiline() { self.parse_runs(input, batch) } else { self.parse_lines(input, batch) }
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        self.owner(line).is_some()
    }

    fn is_multiline(&self) -> bool {
        self.first.is_multiline() || self.second.is_multiline()
    }
}
