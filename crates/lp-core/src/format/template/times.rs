//! Times, as they are read line after line.

use super::value::Time;
use crate::timestamp::civil::{self, NoTime};
use crate::timestamp::minute::MinuteCache;
use crate::timestamp::{Timestamp, clf};

/// What is kept of the times of the lines before, so that those of the same minute are read faster.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    pub(super) minute: MinuteCache,
    pub(super) clf: ClfCache,
}

impl Times {
    pub(crate) const fn new() -> Self {
        Self { minute: MinuteCache::new(), clf: ClfCache { text: [0; clf::LEN], seconds: 0 } }
    }
}

/// The length of what has the shape of a time, but is none.
#[cold]
pub(super) fn impossible(time: &Time, rest: &[u8], why: NoTime) -> Option<usize> {
    match time {
        _ if why == NoTime::Shape => None,
        Time::Iso => civil::len_of_impossible(rest),
        Time::Clf => Some(clf::LEN),
        Time::Epoch | Time::Format(_) => None,
    }
}

/// The last time of the common log format, so that one of the same minute needs only its second read.
#[derive(Clone, Debug)]
pub(super) struct ClfCache {
    text: [u8; clf::LEN],
    /// Seconds since the epoch of the minute's first second.
    seconds: i64,
}

impl ClfCache {
    #[inline(always)]
    pub(super) fn read(&mut self, rest: &[u8]) -> Result<Timestamp, NoTime> {
        let text: &[u8; clf::LEN] = rest.first_chunk().ok_or(NoTime::Shape)?;
        let (tens, ones) = (text[18].wrapping_sub(b'0'), text[19].wrapping_sub(b'0'));
        if text[..18] != self.text[..18] || text[20..] != self.text[20..] || tens > 5 || ones > 9 {
            return self.read_other(text);
        }
        Timestamp::from_seconds(self.seconds + i64::from(tens * 10 + ones)).ok_or(NoTime::OutOfRange)
    }

    #[cold]
    fn read_other(&mut self, text: &[u8; clf::LEN]) -> Result<Timestamp, NoTime> {
        if !clf::has_shape(text) {
            return Err(NoTime::Shape);
        }
        let seconds = clf::parse(text).ok_or(NoTime::Impossible)?;
        let second = i64::from(text[18] - b'0') * 10 + i64::from(text[19] - b'0');
        self.text = *text;
        self.seconds = seconds - second;
        Timestamp::from_seconds(seconds).ok_or(NoTime::OutOfRange)
    }
}
