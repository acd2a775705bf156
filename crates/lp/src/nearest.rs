//! The name that was meant.

use std::fmt;

/// A long text is no name, and the distance takes the product of both lengths.
const LONGEST: usize = 64;

/// The nearest of some names to a wrong one, if one is near enough or goes on from it.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let goes_on = |name: &str| wrong.len() > 2 && plain(name).starts_with(&plain(wrong));
    names
        .into_iter()
        .map(|name| (if goes_on(name) { 1 } else { distance(wrong, name) }, name))
        .filter(|(distance, name)| *distance <= name.len().max(wrong.len()) / 3)
        .min_by_key(|(distance, name)| (*distance, name.len()))
        .map(|(_, name)| name)
}

/// How many letters are to be changed, inserted, removed, or swapped with their neighbour, to make a wrong name this one. Of
/// a text that is too long for a name nobody knows: it is far from all.
pub(crate) fn distance(wrong: &str, name: &str) -> usize {
    if wrong.len() > LONGEST { usize::MAX } else { strsim::osa_distance(&plain(wrong), &plain(name)) }
}

/// Without what people do not tell apart.
fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', ' '], "_")
}

/// A name that may be meant, as the end of a sentence: nothing where there is none.
pub(crate) struct Nearest<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, "; did you mean `{name}`?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near() {
        let names = ["where", "name", "timezone", "nginx-combined"];
        for (wrong, right) in [
            ("wehre", Some("where")),
            ("Name", Some("name")),
            ("time_zone", Some("timezone")),
            ("nginx_combined", Some("nginx-combined")),
            ("time", Some("timezone")),
            ("condition", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
        assert_eq!(nearest(&"name".repeat(1000), names), None);
    }
}
