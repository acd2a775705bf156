//! Two formats in one log: a program's own lines, and those of the server around it.

use std::sync::Arc;

use crate::batch::Batch;
use crate::format::Format;
use crate::lines::{Lines, start_of};
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

    /// Whose record begins at `start`. The record may have been cut; the line is looked at as it is.
    fn owner_at(&self, input: &[u8], start: usize) -> Option<Owner> {
        let line = Lines::starting_at(input, start).next()?;
        self.owner(&input[line])
    }

    /// Where every line is a record of the first format, it reads them all. Only what it rejects is looked at again.
    fn parse_lines(&self, input: &[u8], batch: &mut Batch) -> usize {
        let taken = self.first.parse(input, batch);
        let is_seconds = |number: usize| {
            batch
                .record(input, number)
                .is_some_and(|record| self.owner_at(input, record.offset()) == Some(Owner::Second))
        };
        if !batch.errors().any(|(number, _)| is_seconds(number)) {
            // The rows of the first format are what the rows of both begin with.
            return taken;
        }
        let mut lines = std::mem::replace(batch, batch.alike(batch.capacity()));
        batch.begin(&self.schema);
        let mut seconds = batch.alike(usize::MAX);
        let mut at = self.append_lines(input, 0, &lines, batch, &mut seconds).max(taken);
        // Where lines have become one record there is room for more.
        while at < input.len() && !batch.is_full() {
            lines = lines.with_capacity(batch.room());
            let taken = self.first.parse(&input[at..], &mut lines);
            if taken == 0 {
                break;
            }
            at = self.append_lines(input, at, &lines, batch, &mut seconds).max(at + taken);
        }
        at
    }

    /// Appends the records of lines that the first format has read from `start` on, those that are the second's as it reads
    /// them. Returns where the last of these ends; that may be behind the lines.
    fn append_lines(&self, input: &[u8], start: usize, lines: &Batch, batch: &mut Batch, seconds: &mut Batch) -> usize {
        let offset = |number: usize| lines.record(input, number).map(|record| start + record.offset());
        let mut next = 0;
        let mut end = start;
        for (number, _) in lines.errors() {
            let Some(at) = offset(number).filter(|&at| self.owner_at(input, at) == Some(Owner::Second)) else {
                continue;
            };
            if number < next {
                continue;
            }
            batch.append_kind(lines, next..number, false, start);
            end = self.end_of_second(input, at);
            self.second.parse(&input[at..end], seconds);
            batch.append_kind(seconds, 0..seconds.len(), true, at);
            next = number + 1;
            while offset(next).is_some_and(|at| at < end) {
                next += 1;
            }
        }
        batch.append_kind(lines, next..lines.len(), false, start);
        end
    }

    /// Where the second format's record ends that begins at `start`: if it may have several lines, it goes on as long as
    /// they are neither's.
    fn end_of_second(&self, input: &[u8], start: usize) -> usize {
        let mut lines = Lines::starting_at(input, start);
        lines.next();
        loop {
            let end = lines.position();
            match lines.next() {
                Some(line) if self.second.is_multiline() && self.owner(&input[line.clone()]).is_none() => {}
                _ => return end,
            }
        }
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

    fn goes_on(&self, line: &[u8]) -> bool {
        self.format(self.owner(line).unwrap_or(Owner::First)).goes_on(line)
    }
}
