//! Values that say themselves where they end.

use super::matcher::Line;
use super::numbers::{decimal, decimals, integer, thousandths};
use super::text::{characters, is_word};
use super::times::impossible;
use super::value::{Align, Pad, Time, Value};
use super::{Part, severity_of_level};
use crate::schema::Field;
use crate::severity::Severity;
use crate::timestamp::civil::NoTime;
use crate::timestamp::{Timestamp, clf, epoch};

/// Bytes of a text that are looked at for a time. It is read from every place where the value before it may end, so that
/// without a bound a fraction could be read again and again.
const LONGEST_TIME: usize = 1024;

impl Line<'_, '_> {
    /// Reads the value of a part at `at`, with what it is filled up with; returns where that ends.
    #[inline(always)]
    pub(super) fn padded(&mut self, part: &Part, at: usize) -> Option<usize> {
        let Some(pad) = part.pad else {
            return Some(at + self.value(&part.value, at)?);
        };
        self.filled(&part.value, pad, at)
    }

    #[inline(never)]
    fn filled(&mut self, value: &Value, pad: Pad, at: usize) -> Option<usize> {
        let text = self.text;
        // More than the width before the value is too much, and behind it no more is wanted.
        let fills = |at: usize| {
            let rest = text.get(at..).unwrap_or_default();
            rest.iter().take(pad.width + 1).take_while(|&&byte| byte == pad.fill).count()
        };
        let before = if pad.align == Align::Left { 0 } else { fills(at) };
        let start = at + before;
        let end = start + self.value(value, start)?;
        let chars = characters(&text[start..end]);
        let missing = pad.width.saturating_sub(before + chars);
        let behind = if pad.align == Align::Right { 0 } else { missing };
        let fits = fills(end) >= behind && (before == 0 || before + chars + behind == pad.width);
        (fits && before + chars + behind >= pad.width).then_some(end + behind)
    }

    /// Reads a value at `at`; returns how many bytes it has.
    #[inline(always)]
    fn value(&mut self, value: &Value, at: usize) -> Option<usize> {
        let rest = self.text.get(at..)?;
        let len = match *value {
            Value::Time { ref time, shown, text: field } => {
                let rest = &rest[..rest.len().min(LONGEST_TIME)];
                let (timestamp, fraction_digits, len) = match self.time(time, rest) {
                    Ok(read) => read,
                    Err(why) => {
                        let len = impossible(time, rest, why)?;
                        self.row.set_no_time(why, at);
                        return Some(len);
                    }
                };
                if shown && let Some(timestamp) = timestamp {
                    self.row.set_time(timestamp, fraction_digits, at..at + len);
                }
                if let Some(field) = field {
                    self.row.set(field, at..at + len);
                }
                len
            }
            Value::Level { field, names, colon } => {
                let (severity, len) = self.matcher.levels.read(rest, names)?;
                self.row.set_severity(severity.or(self.row.severity()));
                self.row.set(field, at..at + len);
                if colon && rest.get(len) != Some(&b':') {
                    return None;
                }
                len + usize::from(colon)
            }
            Value::Word(field) => {
                let len = rest.iter().take_while(|&&byte| is_word(byte)).count();
                if len == 0 {
                    return None;
                }
                self.row.set(field, at..at + len);
                len
            }
            Value::LevelNumber { field, number } => {
                let (value, len) = integer(rest)?;
                self.row.set_severity(self.row.severity().or(severity_of_level(value)));
                self.row.set(field, at..at + len);
                self.row.set_number(number, value);
                len
            }
            Value::Status { field, number, empty } => match *rest {
                [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
                    let [a, b, c] = [a, b, c].map(|digit| u16::from(digit - b'0'));
                    let status = a * 100 + b * 10 + c;
                    self.row.set(field, at..at + 3);
                    self.row.set_number(number, u64::from(status));
                    self.row.set_severity(Some(Severity::from_status(status)));
                    3
                }
                _ => return self.no_number(field, empty, at),
            },
            Value::Integer { field, number, empty } => {
                let Some((value, len)) = integer(rest) else { return self.no_number(field, empty, at) };
                self.row.set(field, at..at + len);
                self.row.set_number(number, value);
                len
            }
            Value::Decimal { field, empty } => {
                let Some(len) = decimal(rest) else { return self.no_number(field, empty, at) };
                self.row.set(field, at..at + len);
                len
            }
            Value::Decimals { field, empty } => {
                let Some(len) = decimals(rest) else { return self.no_number(field, empty, at) };
                self.row.set_or_dash(field, self.text, at..at + len);
                len
            }
            Value::Thousandths => {
                let (thousandths, digits, len) = thousandths(rest)?;
                self.row.add_to_time(thousandths, digits, at + len);
                len
            }
            Value::Text(_) | Value::List(_) | Value::Request(_) | Value::Ignored => return None,
        };
        Some(len)
    }

    /// Reads a dash in the place of a number, or nothing where nothing may stand for none.
    #[cold]
    fn no_number(&mut self, field: Field, empty: bool, at: usize) -> Option<usize> {
        match self.text.get(at..)? {
            [b'-', rest @ ..] if !rest.first().is_some_and(u8::is_ascii_digit) => {
                self.row.set_dash(field);
                Some(1)
            }
            _ => empty.then_some(0),
        }
    }

    /// The time at the beginning of a text, how many digits it has behind the second, and its length.
    #[inline(always)]
    pub(super) fn time(&mut self, time: &Time, rest: &[u8]) -> Result<(Option<Timestamp>, u8, usize), NoTime> {
        let zone = self.matcher.zone;
        match time {
            Time::Iso => {
                let read = self.times.minute.read(rest, zone)?;
                Ok((Some(read.timestamp), read.fraction_digits, read.len))
            }
            Time::Clf => Ok((Some(self.times.clf.read(rest)?), 0, clf::LEN)),
            Time::Epoch => {
                let read = epoch::epoch(rest)?;
                Ok((Some(read.timestamp), read.fraction_digits, read.len))
            }
            Time::Format(format) => {
                let read = format.read_near(rest, zone, &mut self.times.minute)?;
                Ok((read.timestamp, read.fraction_digits, read.len))
            }
        }
    }
}
