//! The attributes of a [`LogRecord`], and what each holds.
//!
//! [`LogRecord`]: https://docs.python.org/3/library/logging.html#logrecord-attributes

/// What an attribute holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Message,
    Name,
    LevelName,
    /// uvicorn's: the level with a colon, filled up to nine characters.
    LevelPrefix,
    LevelNumber,
    Time,
    Created,
    Thousandths,
    Integer,
    Decimal,
    Text,
}

const ATTRIBUTES: [(&str, Kind); 20] = [
    ("message", Kind::Message),
    ("name", Kind::Name),
    ("levelname", Kind::LevelName),
    ("levelprefix", Kind::LevelPrefix),
    ("levelno", Kind::LevelNumber),
    ("asctime", Kind::Time),
    ("created", Kind::Created),
    ("msecs", Kind::Thousandths),
    ("relativeCreated", Kind::Decimal),
    ("process", Kind::Integer),
    ("thread", Kind::Integer),
    ("lineno", Kind::Integer),
    ("processName", Kind::Text),
    ("threadName", Kind::Text),
    ("taskName", Kind::Text),
    ("module", Kind::Text),
    ("funcName", Kind::Text),
    ("filename", Kind::Text),
    ("pathname", Kind::Text),
    ("exc_text", Kind::Text),
];

/// What the attribute of this name holds. A name that `logging` does not know is one that the program adds to its records
/// (by `extra` or a filter), and a text; but not where it is nearly one that `logging` knows: then `Err` has that.
pub(super) fn kind(name: &str) -> Result<Kind, &'static str> {
    if let Some((_, kind)) = ATTRIBUTES.iter().find(|(known, _)| *known == name) {
        return Ok(*kind);
    }
    let lower = name.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&known.to_ascii_lowercase(), &lower);
    match ATTRIBUTES.iter().map(|(known, _)| (distance(known), *known)).min() {
        // One slip in a short name, two in a long one.
        Some((distance, known)) if distance * 4 <= known.len() => Err(known),
        _ => Ok(Kind::Text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_told_from_names() {
        assert_eq!(kind("levelname"), Ok(Kind::LevelName));
        assert_eq!(kind("levelnam"), Err("levelname"));
        assert_eq!(kind("asctme"), Err("asctime"));
        assert_eq!(kind("threadname"), Err("threadName"));
        assert_eq!(kind("mesage"), Err("message"));
        assert_eq!(kind("request_id"), Ok(Kind::Text));
        assert_eq!(kind("clientip"), Ok(Kind::Text));
        assert_eq!(kind("user"), Ok(Kind::Text));
    }
}
