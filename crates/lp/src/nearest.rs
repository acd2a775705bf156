//! The name that was meant.

use std::fmt;

/// The nearest of some names to a wrong one, if one is near enough.
pub(crate) fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A long text is no name, and the distance takes the product of both lengths.
    const LONGEST: usize = 64;
    if wrong.len() > LONGEST {
        return None;
    }
    let plain = |name: &str| name.to_ascii_lowercase().replace(['-', ' '], "_");
    let wrong = plain(wrong);
    names
        .into_iter()
        .map(|name| (strsim::osa_distance(&wrong, &plain(name)), name))
        .filter(|(distance, name)| *distance <= name.len().max(wrong.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// A name that may be meant, as the end of a sentence: nothing where there is none.
pub(crate) struct Nearest<'a>(pub(crate) Option<&'a str>);

impl fmt::Display for Nearest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |name| write!(f, "; there is `{name}`"))
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
            ("condition", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
        assert_eq!(nearest(&"name".repeat(1000), names), None);
    }
}
