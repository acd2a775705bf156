//! Text with gaps that are filled anew each time.

use crate::decimal::push_decimal;
use crate::deck::Deck;
use crate::random::Random;
use crate::values::{push_address, push_hex, push_uuid};
use crate::words::{NAMES, WORDS};

/// A text such as `took {2..180} ms`, taken apart once so that writing it is mere copying.
///
/// The gaps are `{2..180}`, a number of that range; `{hex8}`, that many hexadecimal digits;
/// `{GET|POST}`, one of these; `{uuid}`, `{word}`, `{name}` of a user, `{address}` of a client; and
/// `{given}`, which the caller knows. Other braces stand for themselves, as JSON and PHP need many.
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

/// A text and the gap behind it, which only the last piece may lack.
struct Piece {
    text: &'static str,
    gap: Option<Gap>,
}

enum Gap {
    Between(u64, u64),
    Hex(u32),
    OneOf(Vec<&'static str>),
    Uuid,
    Word,
    Name,
    Address,
    Given,
}

impl Template {
    pub(crate) fn new(template: &'static str) -> Self {
        let mut pieces = Vec::new();
        let mut start = 0;
        for (open, _) in template.match_indices('{') {
            let inside = &template[open + 1..];
            let Some(length) = inside.find('}') else { break };
            if let Some(gap) = Gap::named(&inside[..length]) {
                pieces.push(Piece { text: &template[start..open], gap: Some(gap) });
                start = open + length + 2;
            }
        }
        pieces.push(Piece { text: &template[start..], gap: None });
        Self { pieces }
    }

    /// Templates with their weights.
    pub(crate) fn deck(templates: &[(u32, &'static str)]) -> Deck<Self> {
        Deck::weighted(templates.iter().map(|&(weight, template)| (Self::new(template), weight)))
    }

    /// Appends the text. There must be nothing given in it.
    pub(crate) fn push(&self, out: &mut Vec<u8>, random: &mut Random) {
        self.push_given(out, b"", random);
    }

    /// Appends the text with `given` in the gaps of that name.
    pub(crate) fn push_given(&self, out: &mut Vec<u8>, given: &[u8], random: &mut Random) {
        for piece in &self.pieces {
            out.extend_from_slice(piece.text.as_bytes());
            if let Some(gap) = &piece.gap {
                gap.fill(out, given, random);
            }
        }
    }
}

impl Gap {
    fn named(name: &'static str) -> Option<Self> {
        match name {
            "uuid" => return Some(Self::Uuid),
            "word" => return Some(Self::Word),
            "name" => return Some(Self::Name),
            "address" => return Some(Self::Address),
            "given" => return Some(Self::Given),
            _ => {}
        }
        if let Some(digits) = name.strip_prefix("hex") {
            Some(Self::Hex(digits.parse().ok()?))
        } else if let Some((low, high)) = name.split_once("..") {
            Some(Self::Between(low.parse().ok()?, high.parse().ok()?))
        } else {
            // A brace or a quote inside belongs to JSON around a gap, not to a gap.
            let is_choice = name.contains('|') && !name.contains(['{', '"']);
            is_choice.then(|| Self::OneOf(name.split('|').collect()))
        }
    }

    fn fill(&self, out: &mut Vec<u8>, given: &[u8], random: &mut Random) {
        match self {
            Self::Between(low, high) => push_decimal(out, random.between(*low, *high)),
            Self::Hex(digits) => push_hex(out, *digits, random),
            Self::OneOf(texts) => out.extend_from_slice(random.pick(texts).as_bytes()),
            Self::Uuid => push_uuid(out, random),
            Self::Word => out.extend_from_slice(random.pick(&WORDS).as_bytes()),
            Self::Name => out.extend_from_slice(random.pick(&NAMES).as_bytes()),
            Self::Address => push_address(out, random),
            Self::Given => out.extend_from_slice(given),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Template;
    use crate::random::Random;

    fn filled(template: &'static str) -> String {
        let mut out = Vec::new();
        Template::new(template).push_given(&mut out, b"this", &mut Random::new(5));
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn fills_the_gaps() {
        assert_eq!(filled("no gap"), "no gap");
        assert_eq!(filled("{7..7} ms for {given}"), "7 ms for this");
        assert!(["a c", "b c"].contains(&&*filled("{a|b} c")));
        assert_eq!(filled("{hex5}{uuid}").len(), 5 + 36);
    }

    #[test]
    fn other_braces_stand_for_themselves() {
        for text in ["{main}", "{", "}", "{}", "{'id': 3}", "{1..}", r#"{"a":"x|y"}"#] {
            assert_eq!(filled(text), text);
        }
        assert_eq!(filled(r#"{"a":{"b":"{1..1}|"}}"#), r#"{"a":{"b":"1|"}}"#);
    }
}
