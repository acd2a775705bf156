//! The names of members that mean something, and what.
//!
//! Nearly every key of a log is none of them, and each has to be looked up. So a table tells from a key's first byte and
//! its length which name it can be, and it is compared with that one.

/// What a member can be for its record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Role {
    Time,
    Level,
    Message,
    Status,
    StatusCode,
}

/// How many roles there are.
pub(super) const ROLES: usize = 5;

/// For each role its names, the preferred ones first.
const NAMES: [(Role, &[&str]); ROLES] = [
    (Role::Time, &["timestamp", "time", "ts", "@timestamp", "asctime"]),
    (Role::Level, &["severity", "level", "levelname", "log.level"]),
    (Role::Message, &["message", "msg", "event"]),
    (Role::Status, &["status"]),
    (Role::StatusCode, &["status_code"]),
];

/// A name that means something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Name {
    pub(super) role: Role,
    /// The place in the list of names for the role; the first one counts.
    pub(super) rank: u8,
}

impl Name {
    /// What a member with this key is, if anything.
    #[inline(always)]
    pub(super) fn of(key: &[u8]) -> Option<Self> {
        // A key of sixteen bytes or more gets a candidate that is shorter.
        let candidates = CANDIDATES[usize::from(*key.first()?)].wrapping_shr((key.len() as u32).wrapping_mul(4));
        let candidate = (candidates & 15) as usize;
        if candidate == 0 { None } else { Self::of_candidate(key, candidate) }
    }

    #[inline(always)]
    fn of_candidate(key: &[u8], candidate: usize) -> Option<Self> {
        let key = Ends::new(key);
        let [first, second, ..] = &KNOWN[candidate..] else { return None };
        if first.ends == key { Some(first.name) } else { (second.ends == key).then_some(second.name) }
    }

    /// Whether lp writes a key of this name for every record.
    #[inline(always)]
    pub(super) const fn is_own(self) -> bool {
        self.rank == 0 && matches!(self.role, Role::Time | Role::Level | Role::Message)
    }
}

/// A short text to be compared: its first and its last bytes, which overlap, and its length.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Ends {
    first: u64,
    last: u64,
    len: usize,
}

impl Ends {
    #[inline(always)]
    const fn new(text: &[u8]) -> Self {
        let (first, last) = match (text.first_chunk(), text.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (text.first_chunk(), text.last_chunk()) {
                (Some(first), Some(last)) => (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64),
                _ => match text {
                    [a, b, c] => (u32::from_le_bytes([*a, *b, *c, 0]) as u64, 0),
                    [a, b] => (u32::from_le_bytes([*a, *b, 0, 0]) as u64, 0),
                    _ => (0, 0),
                },
            },
        };
        Self { first, last, len: text.len() }
    }
}

/// A name, ready to be compared.
#[derive(Clone, Copy)]
struct Known {
    ends: Ends,
    name: Name,
}

/// How many names there are.
const COUNT: usize = 14;

/// The names from number 1 on, and one more place at the end.
static KNOWN: [Known; COUNT + 2] = {
    let nothing = Known { ends: Ends { first: 0, last: 0, len: usize::MAX }, name: Name { role: Role::Time, rank: 0 } };
    let mut known = [nothing; COUNT + 2];
    let (mut role, mut number) = (0, 1);
    while role < ROLES {
        let (of, names) = NAMES[role];
        assert!(of as usize == role);
        let mut rank = 0;
        while rank < names.len() {
            // The first and the last eight bytes leave nothing between them.
            assert!(names[rank].len() < 16);
            known[number] =
                Known { ends: Ends::new(names[rank].as_bytes()), name: Name { role: of, rank: rank as u8 } };
            rank += 1;
            number += 1;
        }
        role += 1;
    }
    assert!(number == COUNT + 1);
    known
};

/// For each first byte of a key and each length, four bits: the number of the name that it can be, or 0. Of two names
/// that are alike in both, the first, behind which the second must stand.
static CANDIDATES: [u64; 256] = {
    let mut candidates = [0; 256];
    let mut number = 1;
    while number <= COUNT {
        let Known { ends, .. } = KNOWN[number];
        let first = &mut candidates[(ends.first & 0xFF) as usize];
        let before = *first >> (4 * ends.len) & 15;
        if before == 0 {
            *first |= (number as u64) << (4 * ends.len);
        } else {
            assert!(before as usize + 1 == number);
        }
        number += 1;
    }
    candidates
};

/// Whether lp may write a key of this name for a record that is rejected.
pub(super) fn is_of_the_output(key: &[u8]) -> bool {
    matches!(key, b"timestamp" | b"severity" | b"message" | SEVERITY_TEXT | b"parse_error" | TRUNCATED)
}

/// The name of the field that has a severity which is none.
pub(super) const SEVERITY_TEXT: &[u8] = b"severity_text";
/// The key of a record that was cut.
pub(super) const TRUNCATED: &[u8] = b"truncated";

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = (&'static str, Name)> {
        NAMES.into_iter().flat_map(|(role, names)| {
            names.iter().enumerate().map(move |(rank, name)| (*name, Name { role, rank: rank as u8 }))
        })
    }

    #[test]
    fn every_name_is_found() {
        assert_eq!(all().count(), COUNT);
        for (name, want) in all() {
            assert_eq!(Name::of(name.as_bytes()), Some(want), "{name}");
            let own = ["timestamp", "severity", "message"].contains(&name);
            assert_eq!(want.is_own(), own, "{name}");
            assert_eq!(is_of_the_output(name.as_bytes()), own, "{name}");
        }
    }

    #[test]
    fn nothing_else_is_found() {
        let check = |key: &[u8]| {
            let want = all().find(|(name, _)| name.as_bytes() == key).map(|(_, name)| name);
            assert_eq!(Name::of(key), want, "{}", String::from_utf8_lossy(key));
        };
        for (name, _) in all() {
            for place in 0..name.len() {
                for byte in 0..=u8::MAX {
                    let mut other = name.as_bytes().to_vec();
                    other[place] = byte;
                    check(&other);
                }
            }
            let long = name.repeat(20);
            (0..long.len()).for_each(|len| check(&long.as_bytes()[..len]));
            (1..name.len()).for_each(|from| check(&name.as_bytes()[from..]));
        }
        for key in ["severity_text", "parse_error", "truncated", "\0\0", "log_level"] {
            check(key.as_bytes());
        }
    }
}
