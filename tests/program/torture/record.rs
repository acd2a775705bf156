//! Records whose lines tell which they are, and whether they are whole.
//!
//! All about a record but its time follows from its generation and number, so nobody has to remember what was written.

use std::fmt::Write as _;

use corpus::Random;

/// The format of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    Json,
    Python,
    App,
}

/// Which line of which record of which generation of a log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Tag {
    pub(super) generation: u32,
    pub(super) number: u32,
    pub(super) line: u32,
}

/// What there is to know of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) format: Format,
    pub(super) generation: u32,
    pub(super) number: u32,
}

impl Record {
    fn random(self) -> Random {
        Random::new(u64::from(self.generation) << 32 | u64::from(self.number))
    }

    /// How many lines it has.
    pub(super) fn lines(self) -> u32 {
        match self.format {
            Format::Json => 1,
            Format::Python | Format::App if self.random().one_in(8) => 2 + self.random().below(500) as u32 % 7,
            Format::Python | Format::App => 1,
        }
    }

    /// Whether it is of severity ERROR.
    pub(super) fn is_error(self) -> bool {
        self.format != Format::App && self.random().next().is_multiple_of(5)
    }

    /// A line of it, with its line feed. The time is in seconds, and does not change the length.
    pub(super) fn line(self, line: u32, time: u32) -> Vec<u8> {
        let mut random = self.random();
        let pad = if random.one_in(199) { random.below(9000) } else { random.below(120) };
        let pad = "pad ".repeat(pad as usize / 4);
        let level = if self.is_error() { "ERROR" } else { "INFO" };
        let moment = moment(time);
        let (date, clock) = (&moment[..10], &moment[11..19]);
        let Self { format, generation, number } = self;
        let mut text = match (format, line) {
            (Format::Json, _) => format!(
                "{{\"timestamp\":\"{moment}\",\"level\":\"{level}\",\"message\":\"#{generation}-{number}.0# {pad}\",\"sum\":\""
            ),
            (Format::Python, 0) => format!("{date} {clock},000 - {level} - #{generation}-{number}.0# {pad}"),
            (Format::App, 0) => {
                format!("[{date} {clock}] #{generation}-{number}.0# {pad}")
            }
            _ => format!("  File \"/srv/app.py\", line {line}, in call #{generation}-{number}.{line}# "),
        };
        let sum = checksum(text.as_bytes());
        let end = if format == Format::Json { "\"}\n" } else { "\n" };
        write!(text, "~{sum:016x}{end}").unwrap();
        text.into_bytes()
    }

    /// All of it.
    pub(super) fn text(self, time: u32) -> Vec<u8> {
        (0..self.lines()).flat_map(|line| self.line(line, time)).collect()
    }
}

impl Tag {
    /// Of a line without its line feed, if nothing of it is missing or changed.
    pub(super) fn of_whole(line: &[u8]) -> Option<Self> {
        let end = line.strip_suffix(b"\"}").unwrap_or(line);
        let (text, sum) = end.split_at_checked(end.len().checked_sub(17)?)?;
        let sum = std::str::from_utf8(sum.strip_prefix(b"~")?).ok()?;
        (u64::from_str_radix(sum, 16).ok()? == checksum(text)).then(|| Self::all(text).next())?
    }

    /// The tags in a text, in their order.
    pub(super) fn all(text: &[u8]) -> impl Iterator<Item = Self> + '_ {
        text.split(|byte| *byte == b'#').filter_map(|piece| {
            let (generation, rest) = std::str::from_utf8(piece).ok()?.split_once('-')?;
            let (number, line) = rest.split_once('.')?;
            Some(Self { generation: generation.parse().ok()?, number: number.parse().ok()?, line: line.parse().ok()? })
        })
    }
}

/// A time in seconds as lp writes it.
pub(super) fn moment(time: u32) -> String {
    let (day, hour, minute, second) = (6 + time / 86_400, time / 3600 % 24, time / 60 % 60, time % 60);
    format!("2025-11-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
