//! The parser that knows every oddity, from left to right. It is the definition of right.
//!
//! A wrong value (a day that does not exist, a status of two digits) is an error, and reading goes on behind it; where
//! the structure is wrong, reading stops. Either way the fields that could be read stay.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memmem, memrchr};

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
    let mut reader =
        Reader { text: &text[..text.len().min(limit)], cut: text.len() > limit, at: 0, draft: batch.push(line) };
    // What stopped the reader is in the record already.
    let _ = reader.line(layout);
}

/// Whether a line begins with what stands before a request: `client ident user [time] "`.
pub(super) fn begins(line: &[u8]) -> bool {
    // A user may be a quoted text, if an empty one; so the first quote need not be the request's.
    let mut quotes = memchr_iter(b'"', line).take(3);
    quotes.any(|quote| {
        line[..quote].strip_suffix(b"] ").and_then(|before| before.split_last_chunk::<{ clf::LEN }>()).is_some_and(
            |(before, time)| {
                clf::has_shape(time)
                    && before.ends_with(b" [")
                    && line[0] > b' '
                    && memchr_iter(b' ', before).count() > 2
            },
        )
    })
}

struct Reader<'a, 'b> {
    /// The line, cut at the batch's limit.
    text: &'a [u8],
    /// Whether the line goes on behind `text`.
    cut: bool,
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
    ///
    /// A user may hold anything, even text that looks like a time; but a quote in it is escaped. So the first quote
    /// that is not escaped opens the request, and the time is what stands in brackets right before it.
    fn client_user_and_time(&mut self) -> Result<(), Stop> {
        let text = self.text;
        let client_end = self.client()?;
        let ident = client_end + 1;
        let ident_end = self.word(ident, USER)?;
        // With a dash for the ident, which nginx always writes, the line is taken for an access log's even where no
        // time can be found; with another word it is more likely a line of some other log.
        if &text[ident..ident_end] == b"-" {
            self.set(CLIENT_IP, 0..client_end);
        }
        let user = (ident_end + 1).min(text.len());
        // Apache writes an empty user as two quotes.
        let no_user = text[user..].starts_with(b"\"\" [");
        let quote = first_quote(text, if no_user { user + 2 } else { user });
        let before_quote = &text[user..quote.unwrap_or(text.len())];
        let Some(user_end) = memmem::rfind(before_quote, b" [").map(|length| user + length) else {
            return self.stop(Reason::Missing, Slot::Timestamp, text.len());
        };
        let time = user_end + 2;
        if let Some(quote) = quote
            && text[time..quote].ends_with(b"] ")
        {
            self.time(time..quote - 2);
            self.at = quote - 1;
        } else if let Some((inside, [b']', ..])) = text[time..].split_first_chunk::<{ clf::LEN }>()
            && clf::has_shape(inside)
        {
            self.time(time..time + clf::LEN);
            self.at = time + clf::LEN + 1;
        } else {
            if &text[ident..ident_end] == b"-" {
                self.set(USER, user..user_end);
            }
            return self.stop(Reason::InvalidTime, Slot::Timestamp, time);
        }
        self.set(CLIENT_IP, 0..client_end);
        self.set(USER, if no_user { user + 1..user + 1 } else { user..user_end });
        Ok(())
    }

    /// The first word, and the next ones where it is a list (`10.0.0.1, 10.0.0.2`); returns its end.
    fn client(&mut self) -> Result<usize, Stop> {
        let mut end = self.word(0, CLIENT_IP)?;
        while end < self.text.len() && self.text[end - 1] == b',' {
            end = self.word(end + 1, CLIENT_IP)?;
        }
        if end < self.text.len() { Ok(end) } else { self.stop(Reason::Missing, Slot::Timestamp, end) }
    }

    /// The end of the word that starts at `start`: at least one byte above space, then a space or the line's end.
    fn word(&mut self, start: usize, field: Field) -> Result<usize, Stop> {
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.iter().position(|&byte| byte <= b' ').unwrap_or(rest.len());
        match rest.get(length) {
            None if length == 0 => self.stop(Reason::Missing, Slot::Timestamp, self.text.len()),
            None => Ok(start + length),
            Some(b' ') if length > 0 => Ok(start + length),
            Some(_) => self.stop(Reason::UnexpectedByte, Slot::Field(field), start + length),
        }
    }

    fn time(&mut self, range: Range<usize>) {
        let at = range.start;
        let seconds = self.text[range].try_into().ok().and_then(clf::parse);
        match seconds.map(Timestamp::from_seconds) {
            Some(Some(timestamp)) => {
                self.draft.set_timestamp(timestamp, 0);
                self.draft.set_time_place(at..at + clf::LEN);
            }
            Some(None) => self.draft.reject(Reason::TimeOutOfRange, Slot::Timestamp, at),
            None => self.draft.reject(Reason::InvalidTime, Slot::Timestamp, at),
        }
    }

    fn request(&mut self) -> Result<(), Stop> {
        self.space_and_quote(REQUEST)?;
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
        } else if !text.iter().all(u8::is_ascii_digit) {
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

    /// A space, then the bytes up to the next space or the end of the line: a number or a dash.
    fn space_and_word(&mut self, field: Field) -> Result<Range<usize>, Stop> {
        self.expect(b' ', field)?;
        let start = self.at;
        match self.text.get(start) {
            None => return self.stop(Reason::Missing, Slot::Field(field), start),
            // Two spaces: what follows may be this field or the next.
            Some(b' ') => return self.stop(Reason::UnexpectedByte, Slot::Field(field), start),
            Some(_) => {}
        }
        self.at = memchr(b' ', &self.text[start..]).map_or(self.text.len(), |length| start + length);
        if self.cut && self.at == self.text.len() {
            // Where the line was cut in a number, what is left of it is another number.
            return self.stop(Reason::InvalidNumber, Slot::Field(field), start);
        }
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
    let last = memrchr(b' ', text)?;
    let fits = first > 0 && last > first + 1 && text[last + 1..].starts_with(b"HTTP/");
    fits.then(|| [0..first, first + 1..last, last + 1..text.len()])
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
        let parts = |text: &'static str| split_request(text.as_bytes()).map(|parts| parts.map(|part| &text[part]));
        assert_eq!(parts("GET / HTTP/1.1"), Some(["GET", "/", "HTTP/1.1"]));
        assert_eq!(parts("GET /a b HTTP/2.0"), Some(["GET", "/a b", "HTTP/2.0"]));
        for not in ["", "-", "GET", "GET /", "GET HTTP/1.1", "GET  HTTP/1.1", " / HTTP/1.1", "GET / HTTP/1.1 ", "a b c"]
        {
            assert_eq!(parts(not), None, "{not:?}");
        }
    }
}
