//! The parser that knows every oddity, from left to right. It is the definition of right.
//!
//! A wrong value (a day that does not exist, a status of two digits) is an error, and reading goes on behind it; where
//! the structure is wrong, reading stops. Either way the fields that could be read stay.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem};

use super::{
    CLIENT_IP, COMMON_EXTRA, EXTRA, Layout, METHOD, PATH, PROTOCOL, REFERER, REQUEST, RESPONSE_SIZE, STATUS_CODE, USER,
    USER_AGENT,
};
use crate::batch::{Batch, Draft, NO_NUMBER};
use crate::error::{Reason, Slot};
use crate::schema::Field;
use crate::severity::Severity;
use crate::timestamp::{Timestamp, clf};

/// The line could not be read to its end. The draft has the reason.
struct Stop;

/// Parses one line, given without its terminator, and appends it to the batch.
pub(super) fn parse(layout: Layout, input: &[u8], line: Range<usize>, batch: &mut Batch) {
    let limit = batch.limit() as usize;
    let text = &input[line.clone()];
    let mut reader = Reader { text: &text[..text.len().min(limit)], at: 0, draft: batch.push(line) };
    // What stopped the reader is in the record already.
    let _ = reader.line(layout);
}

struct Reader<'a, 'b> {
    /// The line, cut at the batch's limit.
    text: &'a [u8],
    /// The next byte to be read.
    at: usize,
    draft: Draft<'b>,
}

impl Reader<'_, '_> {
    fn line(&mut self, layout: Layout) -> Result<(), Stop> {
        if self.text.is_empty() {
            return self.stop(Reason::EmptyLine, Slot::Field(CLIENT_IP), 0);
        }
        self.client_user_and_time()?;
        self.request()?;
        self.status()?;
        self.size()?;
        match layout {
            Layout::Common => self.extra(COMMON_EXTRA),
            Layout::Combined => {
                self.space_and_quote(REFERER)?;
                self.quoted(REFERER)?;
                self.space_and_quote(USER_AGENT)?;
                self.quoted(USER_AGENT)?;
                self.extra(EXTRA);
            }
        }
        Ok(())
    }

    /// `client ident user [time] `, up to the quote that opens the request.
    fn client_user_and_time(&mut self) -> Result<(), Stop> {
        let client_end = self.client()?;
        let ident = client_end + 1;
        let ident_end = self.word(ident, USER)?;
        let user = ident_end + 1;
        // A user may hold anything but a raw quote, even text that looks like a time: only the bracket with the
        // request's quote behind it counts.
        if let Some(bracket) = self.time_bracket(user) {
            let open = bracket.start - 1;
            self.set(CLIENT_IP, 0..client_end);
            self.set(USER, user..open - 1);
            self.time(bracket.clone());
            self.at = bracket.end + 2;
            return Ok(());
        }
        // No time. Is this an access log line at all? nginx writes a dash for the ident, and so does nearly every
        // Apache; with another word in its place it is more likely a line of some other log.
        if &self.text[ident..ident_end] != b"-" {
            return self.stop(Reason::UnexpectedByte, Slot::Field(USER), ident);
        }
        self.set(CLIENT_IP, 0..client_end);
        let Some(rest) = self.text.get(user..).filter(|rest| !rest.is_empty()) else {
            return self.stop(Reason::Missing, Slot::Field(USER), self.text.len());
        };
        let quote = first_quote(self.text, user);
        if let Some(quote) = quote
            && self.text[..quote].ends_with(b"] ")
            && let Some(open) = memmem::rfind(&self.text[user..quote], b" [").map(|open| user + open + 1)
        {
            self.set(USER, user..open - 1);
            self.draft.reject(Reason::InvalidTime, Slot::Timestamp, open + 1);
            self.at = quote;
            return Ok(());
        }
        let Some(open) = memmem::find(rest, b" [").map(|open| user + open + 1) else {
            return self.stop(Reason::Missing, Slot::Timestamp, self.text.len());
        };
        self.set(USER, user..open - 1);
        // Point at where the bracket should have gone on: at the first byte that differs from `[time] "`.
        let (reason, at) = time_mismatch(self.text, open);
        self.stop(reason, Slot::Timestamp, at)
    }

    /// The first word, and the next ones where it is a list (`10.0.0.1, 10.0.0.2`); returns its end.
    fn client(&mut self) -> Result<usize, Stop> {
        let mut end = self.word(0, CLIENT_IP)?;
        while self.text[end - 1] == b',' {
            end = self.word(end + 1, CLIENT_IP)?;
        }
        Ok(end)
    }

    /// The end of the word that starts at `start`: at least one byte above space, then a space.
    fn word(&mut self, start: usize, field: Field) -> Result<usize, Stop> {
        let rest = self.text.get(start..).unwrap_or_default();
        match rest.iter().position(|&byte| byte <= b' ') {
            Some(length) if length > 0 && rest[length] == b' ' => Ok(start + length),
            Some(length) => self.stop(Reason::UnexpectedByte, Slot::Field(field), start + length),
            None => self.stop(Reason::Missing, Slot::Field(field), self.text.len()),
        }
    }

    /// Where the first time stands that has a space and a bracket before it and `] "` behind it, from `from` on.
    fn time_bracket(&self, from: usize) -> Option<Range<usize>> {
        let text = self.text;
        let first_end = from + 2 + clf::LEN + 2;
        let rest = text.get(first_end..)?;
        memchr_iter(b'"', rest).find_map(|quote| {
            let quote = first_end + quote;
            let end = quote - 2;
            let start = end - clf::LEN;
            let time: &[u8; clf::LEN] = text[start..end].try_into().ok()?;
            let stands = &text[start - 2..start] == b" [" && &text[end..quote] == b"] " && clf::has_shape(time);
            stands.then_some(start..end)
        })
    }

    fn time(&mut self, range: Range<usize>) {
        let at = range.start;
        let seconds = self.text[range].try_into().ok().and_then(clf::parse);
        match seconds.map(Timestamp::from_seconds) {
            Some(Some(timestamp)) => self.draft.set_timestamp(timestamp, 0),
            Some(None) => self.draft.reject(Reason::TimeOutOfRange, Slot::Timestamp, at),
            None => self.draft.reject(Reason::InvalidTime, Slot::Timestamp, at),
        }
    }

    fn request(&mut self) -> Result<(), Stop> {
        let range = self.quote_end(REQUEST)?;
        let text = &self.text[range.clone()];
        if let Some([method, target, protocol]) = split_request(text) {
            let at = |part: Range<usize>| range.start + part.start..range.start + part.end;
            self.draft.set(METHOD, at(method));
            self.draft.set(PATH, at(target));
            self.draft.set(PROTOCOL, at(protocol));
        } else {
            self.set(REQUEST, range);
        }
        Ok(())
    }

    fn status(&mut self) -> Result<(), Stop> {
        let range = self.space_and_word(STATUS_CODE)?;
        match &self.text[range.clone()] {
            b"-" => self.draft.set_dash(STATUS_CODE),
            digits @ [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] => {
                let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
                self.draft.set(STATUS_CODE, range);
                self.draft.set_integer(STATUS_CODE, u64::from(status));
                self.draft.set_severity(Severity::from_status(status));
            }
            _ => self.draft.reject(Reason::InvalidNumber, Slot::Field(STATUS_CODE), range.start),
        }
        Ok(())
    }

    fn size(&mut self) -> Result<(), Stop> {
        let range = self.space_and_word(RESPONSE_SIZE)?;
        let text = &self.text[range.clone()];
        let at = range.start;
        if text == b"-" {
            self.draft.set_dash(RESPONSE_SIZE);
        } else if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
            self.draft.reject(Reason::InvalidNumber, Slot::Field(RESPONSE_SIZE), at);
        } else {
            let size = text.iter().try_fold(0_u64, |size, digit| {
                size.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|&size| size != NO_NUMBER)
            });
            match size {
                Some(size) => {
                    self.draft.set(RESPONSE_SIZE, range);
                    self.draft.set_integer(RESPONSE_SIZE, size);
                }
                None => self.draft.reject(Reason::NumberTooLarge, Slot::Field(RESPONSE_SIZE), at),
            }
        }
        Ok(())
    }

    /// A space, then the bytes up to the next space or the end of the line.
    fn space_and_word(&mut self, field: Field) -> Result<Range<usize>, Stop> {
        self.expect(b' ', field)?;
        let start = self.at;
        if start == self.text.len() {
            return self.stop(Reason::Missing, Slot::Field(field), start);
        }
        self.at = memchr(b' ', &self.text[start..]).map_or(self.text.len(), |length| start + length);
        Ok(start..self.at)
    }

    fn space_and_quote(&mut self, field: Field) -> Result<(), Stop> {
        self.expect(b' ', field)?;
        match self.text.get(self.at) {
            Some(b'"') => Ok(()),
            Some(_) => self.stop(Reason::UnexpectedByte, Slot::Field(field), self.at),
            None => self.stop(Reason::Missing, Slot::Field(field), self.at),
        }
    }

    fn expect(&mut self, byte: u8, field: Field) -> Result<(), Stop> {
        match self.text.get(self.at) {
            Some(&found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => self.stop(Reason::UnexpectedByte, Slot::Field(field), self.at),
            None => self.stop(Reason::Missing, Slot::Field(field), self.at),
        }
    }

    fn quoted(&mut self, field: Field) -> Result<(), Stop> {
        let range = self.quote_end(field)?;
        self.set(field, range);
        Ok(())
    }

    /// Reads a quoted text, whose opening quote stands at `at`, and returns what is between the quotes.
    fn quote_end(&mut self, field: Field) -> Result<Range<usize>, Stop> {
        let open = self.at;
        match first_quote(self.text, open + 1) {
            Some(close) => {
                self.at = close + 1;
                Ok(open + 1..close)
            }
            None => self.stop(Reason::UnterminatedQuote, Slot::Field(field), open),
        }
    }

    /// What is left of the line, without one leading space.
    fn extra(&mut self, field: Field) {
        let rest = &self.text[self.at..];
        let start = self.at + usize::from(rest.first() == Some(&b' '));
        if start < self.text.len() {
            self.draft.set(field, start..self.text.len());
        }
    }

    /// Sets a text field; a lone dash means that there is no value.
    fn set(&mut self, field: Field, range: Range<usize>) {
        if &self.text[range.clone()] == b"-" {
            self.draft.set_dash(field);
        } else {
            self.draft.set(field, range);
        }
    }

    fn stop<T>(&mut self, reason: Reason, slot: Slot, at: usize) -> Result<T, Stop> {
        self.draft.reject(reason, slot, at);
        Err(Stop)
    }
}

/// The first quote from `from` on that is not escaped: an even number of backslashes stands before it.
///
/// nginx escapes quotes and backslashes as `\x22` and `\x5C`, so there the first quote always is the one; Apache writes
/// `\"` and `\\`.
fn first_quote(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    memchr_iter(b'"', rest).map(|quote| from + quote).find(|&quote| {
        let backslashes = text[from..quote].iter().rev().take_while(|&&byte| byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// Method, target and protocol of `METHOD target HTTP/x`, or `None` for any other text.
///
/// The target may hold raw spaces: the method ends at the first space, the protocol begins behind the last.
fn split_request(text: &[u8]) -> Option<[Range<usize>; 3]> {
    let first = memchr(b' ', text)?;
    let last = memchr::memrchr(b' ', text)?;
    let fits = first > 0 && last > first + 1 && text[last + 1..].starts_with(b"HTTP/");
    fits.then(|| [0..first, first + 1..last, last + 1..text.len()])
}

/// Why the text from the bracket at `open` on is not `[time] "`, and at which byte.
fn time_mismatch(text: &[u8], open: usize) -> (Reason, usize) {
    const SHAPE: &[u8] = b"[99/AAA/9999:99:99:99 +9999] \"";
    let found = &text[open..];
    let fits = |(byte, class): (&u8, &u8)| match class {
        b'9' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_alphabetic(),
        b'+' => *byte == b'+' || *byte == b'-',
        separator => byte == separator,
    };
    let matching = found.iter().zip(SHAPE).take_while(|&pair| fits(pair)).count();
    let reason = if matching == found.len() { Reason::Missing } else { Reason::UnexpectedByte };
    (reason, open + matching)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_after_an_odd_number_of_backslashes_is_text() {
        assert_eq!(first_quote(br#"abc"d"#, 0), Some(3));
        assert_eq!(first_quote(br#"a\"c"d"#, 0), Some(4));
        assert_eq!(first_quote(br#"a\\"c"#, 0), Some(3));
        assert_eq!(first_quote(br#"a\\\"c"#, 0), None);
        assert_eq!(first_quote(br#"\"c"#, 1), Some(1), "a backslash before the text is not part of it");
    }

    #[test]
    fn requests_that_are_and_are_not() {
        let parts = |text: &'static str| {
            split_request(text.as_bytes()).map(|parts| parts.map(|part| &text[part]))
        };
        assert_eq!(parts("GET / HTTP/1.1"), Some(["GET", "/", "HTTP/1.1"]));
        assert_eq!(parts("GET /a b HTTP/2.0"), Some(["GET", "/a b", "HTTP/2.0"]));
        for not in ["", "-", "GET", "GET /", "GET HTTP/1.1", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/1.1 ", "a b c"] {
            assert_eq!(parts(not), None, "{not:?}");
        }
    }
}
