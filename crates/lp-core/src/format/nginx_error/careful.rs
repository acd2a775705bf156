//! The parser that knows every oddity, from left to right up to the message. It is the definition of right.
//!
//! A wrong value (a day that does not exist, a number that is too large) is an error, and reading goes on behind it;
//! where the structure is wrong, reading stops. Either way the fields that could be read stay.

use std::ops::Range;

use super::context::{self, Context};
use super::{
    CLIENT, CONNECTION, DEBUG, EXTRA, HOST, LEVEL, MESSAGE, PID, REFERRER, REQUEST, SERVER, SUBREQUEST, TID, TIME_LEN,
    UPSTREAM, has_time_shape, level,
};
use crate::batch::{Batch, Draft, NO_NUMBER};
use crate::error::{Reason, Slot};
use crate::lines::MultiLine;
use crate::schema::Field;
use crate::timestamp::Zone;
use crate::timestamp::civil::NoTime;
use crate::timestamp::minute::MinuteCache;

/// The record could not be read to its end. The draft has the reason.
struct Stop;

/// Parses one record and appends it to the batch.
pub(super) fn parse(input: &[u8], record: MultiLine, zone: &Zone, minute: &mut MinuteCache, batch: &mut Batch) {
    let MultiLine { range, first_line_end, kept } = record;
    let first_line = first_line_end - range.start;
    let text = &input[range.clone()];
    let text = &text[..kept.min(batch.limit() as usize).min(text.len())];
    let line = &text[..first_line.min(text.len())];
    let mut reader = Reader { text, line, cut: line.len() < first_line, at: 0, draft: batch.push_kept(range, kept) };
    // What stopped the reader is in the record already.
    let _ = reader.record(zone, minute);
}

struct Reader<'a, 'b> {
    /// The record, cut at the batch's limits.
    text: &'a [u8],
    /// The first line of it.
    line: &'a [u8],
    /// Whether the first line goes on behind `line`.
    cut: bool,
    /// The next byte to be read.
    at: usize,
    draft: Draft<'b>,
}

impl Reader<'_, '_> {
    fn record(&mut self, zone: &Zone, minute: &mut MinuteCache) -> Result<(), Stop> {
        self.time(zone, minute)?;
        let may_have_context = self.level()?;
        self.expect(b' ', PID)?;
        self.number(PID)?;
        self.expect(b'#', TID)?;
        self.number(TID)?;
        self.expect(b':', MESSAGE)?;
        self.expect(b' ', MESSAGE)?;
        self.connection()?;
        let context = if may_have_context { context::find(self.text, self.at) } else { None };
        match context {
            Some(context) => self.context(context),
            None => self.draft.set(MESSAGE, self.at..self.text.len()),
        }
        Ok(())
    }

    fn time(&mut self, zone: &Zone, minute: &mut MinuteCache) -> Result<(), Stop> {
        if self.line.is_empty() {
            return self.stop(Reason::EmptyLine, Slot::Timestamp, 0);
        }
        if !self.line.first_chunk().is_some_and(has_time_shape) {
            return self.stop(Reason::InvalidTime, Slot::Timestamp, 0);
        }
        self.at = TIME_LEN;
        match minute.read(&self.line[..TIME_LEN], zone) {
            Ok(time) => {
                self.draft.set_timestamp(time.timestamp, 0);
                self.draft.set_time_place(0..TIME_LEN);
            }
            Err(NoTime::OutOfRange) => self.draft.reject(Reason::TimeOutOfRange, Slot::Timestamp, 0),
            Err(NoTime::Shape | NoTime::Impossible) => self.draft.reject(Reason::InvalidTime, Slot::Timestamp, 0),
        }
        Ok(())
    }

    /// ` [level]`; returns whether a message of that level may have a context.
    fn level(&mut self) -> Result<bool, Stop> {
        self.expect(b' ', LEVEL)?;
        self.expect(b'[', LEVEL)?;
        let Some((word, severity)) = level(&self.line[self.at..]) else { return self.unexpected(LEVEL) };
        let end = self.at + word.len();
        self.draft.set(LEVEL, self.at..end);
        self.draft.set_severity(severity);
        self.at = end + 1;
        Ok(word != DEBUG)
    }

    fn number(&mut self, field: Field) -> Result<(), Stop> {
        let start = self.at;
        let end = self.digits_end(start);
        if start == end {
            return self.unexpected(field);
        }
        self.set_number(field, start..end)?;
        self.at = end;
        Ok(())
    }

    /// `*number `, where that is there.
    fn connection(&mut self) -> Result<(), Stop> {
        if self.line.get(self.at) != Some(&b'*') {
            return Ok(());
        }
        let start = self.at + 1;
        let end = self.digits_end(start);
        let stands = start < end && (self.line.get(end) == Some(&b' ') || (self.cut && end == self.line.len()));
        if stands {
            self.set_number(CONNECTION, start..end)?;
            self.at = end + 1;
        }
        Ok(())
    }

    fn digits_end(&self, start: usize) -> usize {
        start + self.line[start..].iter().take_while(|byte| byte.is_ascii_digit()).count()
    }

    fn set_number(&mut self, field: Field, digits: Range<usize>) -> Result<(), Stop> {
        if self.cut && digits.end == self.line.len() {
            // Where the line was cut in a number, what is left of it is another number.
            return self.stop(Reason::InvalidNumber, Slot::Field(field), digits.start);
        }
        let number = self.line[digits.clone()].iter().try_fold(0_u64, |number, digit| {
            number.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|&number| number != NO_NUMBER)
        });
        match number {
            Some(number) => {
                self.draft.set(field, digits);
                self.draft.set_integer(field, number);
            }
            None => self.draft.reject(Reason::NumberTooLarge, Slot::Field(field), digits.start),
        }
        Ok(())
    }

    fn context(&mut self, context: Context) {
        let Context { start, client, server, quoted, extra } = context;
        self.draft.set(MESSAGE, self.at..start);
        self.draft.set(CLIENT, client);
        let quoted = [REQUEST, SUBREQUEST, UPSTREAM, HOST, REFERRER].into_iter().zip(quoted);
        for (field, range) in quoted.chain([(SERVER, server), (EXTRA, extra)]) {
            if let Some(range) = range {
                self.draft.set(field, range);
            }
        }
    }

    fn expect(&mut self, byte: u8, field: Field) -> Result<(), Stop> {
        if self.line.get(self.at) != Some(&byte) {
            return self.unexpected(field);
        }
        self.at += 1;
        Ok(())
    }

    /// Stops where something else stands than should, or nothing.
    fn unexpected<T>(&mut self, field: Field) -> Result<T, Stop> {
        let reason = if self.at < self.line.len() { Reason::UnexpectedByte } else { Reason::Missing };
        self.stop(reason, Slot::Field(field), self.at)
    }

    fn stop<T>(&mut self, reason: Reason, slot: Slot, at: usize) -> Result<T, Stop> {
        self.draft.reject(reason, slot, at);
        Err(Stop)
    }
}
