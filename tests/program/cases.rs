//! The cases of `tests/testdata/access`: what must come of a log, as files. The README there tells the layout.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A log, and what must come of it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// The file of the log, and what it holds.
    pub(crate) path: PathBuf,
    pub(crate) log: Vec<u8>,
    /// The output, byte for byte.
    pub(crate) records: Vec<u8>,
    /// The options, for `lp parse`.
    pub(crate) args: Vec<String>,
}

pub(crate) fn access() -> Vec<Case> {
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/access"))
}

/// The cases in a directory. It must have some, and no file that belongs to none.
fn cases(directory: &Path) -> Vec<Case> {
    let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        if file != "README.md" {
            let (name, kind) = file.rsplit_once('.').unwrap();
            files.entry(name.to_owned()).or_default().push(kind.to_owned());
        }
    }
    assert!(!files.is_empty(), "no cases in {}", directory.display());
    files
        .into_iter()
        .map(|(name, mut kinds)| {
            kinds.sort();
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            assert!(
                matches!(kinds[..], ["log", "ndjson"] | ["args", "log", "ndjson"]),
                "{name} is no whole case: {kinds:?}"
            );
            case(directory, name)
        })
        .collect()
}

fn case(directory: &Path, name: String) -> Case {
    let path = |kind: &str| directory.join(format!("{name}.{kind}"));
    let log = fs::read(path("log")).unwrap();
    let records = fs::read(path("ndjson")).unwrap();
    // A record that is missing on both sides would go unnoticed.
    let lines = |bytes: &[u8]| bytes.split_inclusive(|&byte| byte == b'\n').count();
    assert_eq!(lines(&log), lines(&records), "{name}: lines of the log, and of the records");
    let args = fs::read_to_string(path("args")).unwrap_or_default();
    let args = args.lines().map(str::to_owned).collect();
    Case { path: path("log"), name, log, records, args }
}

/// Fails where the output is not what the case says, and tells the first line that differs.
pub(crate) fn assert_records(case: &Case, output: &[u8], how: &str) {
    if output == case.records {
        return;
    }
    let mut want = case.records.split_inclusive(|&byte| byte == b'\n');
    let mut got = output.split_inclusive(|&byte| byte == b'\n');
    for number in 1.. {
        let (got, want) = (got.next(), want.next());
        if got != want {
            let text = |line: Option<&[u8]>| line.map(|line| String::from_utf8_lossy(line).into_owned());
            panic!("{} {how}, line {number}:\n got {:?}\nwant {:?}", case.name, text(got), text(want));
        }
    }
}

#[test]
#[should_panic(expected = "no cases")]
fn a_directory_without_cases_is_an_error() {
    cases(tempfile::tempdir().unwrap().path());
}

#[test]
#[should_panic(expected = "no whole case")]
fn a_log_without_records_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("lonely.log"), "").unwrap();
    cases(directory.path());
}
