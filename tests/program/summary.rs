//! What `--summary` tells.

/// Every line was read as a record or rejected, and went out, was left out or was dropped.
#[track_caller]
pub(crate) fn assert_adds_up(summary: &str) {
    let told = |words: &[&str]| words.iter().map(|word| told(summary, word)).sum::<usize>();
    assert_eq!(told(&["lines"]), told(&["records", "rejected"]), "{summary}");
    assert_eq!(told(&["lines"]), told(&["written", "filtered", "untaken", "dropped"]), "{summary}");
}

/// The number behind this word, the first of a line of the summary; the sum where several lines begin with it.
pub(crate) fn told(summary: &str, word: &str) -> usize {
    let lines = summary.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let numbers = lines.filter(|line| line.first() == Some(&word)).map(|line| line[1].parse::<usize>().unwrap());
    numbers.sum()
}
