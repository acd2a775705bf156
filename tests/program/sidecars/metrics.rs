//! The text that Prometheus reads.

use std::collections::BTreeMap;

/// What stands on a page of metrics: values by name and labels, the labels as they are written there.
#[derive(Debug)]
pub(super) struct Metrics(BTreeMap<(String, String), f64>);

impl Metrics {
    pub(super) fn read(page: &str) -> Self {
        let samples = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(samples.map(|line| sample(line).unwrap_or_else(|| panic!("no sample: {line}"))).collect())
    }

    /// The sum of all with this name that have this label, such as `sink="records"`; with any label, if it is empty.
    #[track_caller]
    pub(super) fn sum(&self, name: &str, label: &str) -> f64 {
        let having = self.0.iter().filter(|((found, labels), _)| found == name && labels.contains(label));
        let values: Vec<_> = having.map(|(_, value)| value).collect();
        assert!(!values.is_empty(), "no {name}{{{label}}} among {:#?}", self.0);
        values.into_iter().sum()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(name, _)| name.as_str())
    }
}

/// `name{labels} value`, without a time. No value of a label has a brace here.
fn sample(line: &str) -> Option<((String, String), f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
    Some(((name.to_owned(), labels.strip_suffix('}')?.to_owned()), value.parse().ok()?))
}
