//! The cases of `tests/testdata`: what must come of a log, as files. The READMEs there tell the layout.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of formats whose records may span lines.
const MULTI_LINE: [&str; 3] = ["app", "nginx_error", "python"];

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

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata")
}

/// The names of the folders that hold cases.
pub(crate) fn folders() -> Vec<String> {
    let mut folders: Vec<String> = fs::read_dir(testdata())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir() && holds_cases(path))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    folders.sort();
    folders
}

fn holds_cases(directory: &Path) -> bool {
    let mut files = fs::read_dir(directory).unwrap();
    files.any(|entry| entry.unwrap().path().extension().is_some_and(|kind| kind == "ndjson"))
}

/// The cases of one folder.
pub(crate) fn folder(name: &str) -> Vec<Case> {
    cases(&testdata().join(name))
}

/// The cases of access logs. They are about the format, and none is about how it is found.
pub(crate) fn access() -> Vec<Case> {
    let mut cases = folder("access");
    for case in &mut cases {
        if !case.args.iter().any(|arg| arg == "--format") {
            case.args.splice(..0, ["--format", "nginx-combined"].map(str::to_owned));
        }
    }
    cases
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
                matches!(kinds[..], ["log", "ndjson"] | ["args", "log", "ndjson"] | ["args", "conf", "log", "ndjson"]),
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
    let (log_lines, record_lines) = (lines(&log), lines(&records));
    if MULTI_LINE.iter().any(|folder| directory.ends_with(folder)) {
        assert!(record_lines <= log_lines, "{name}: more records than lines of the log");
        assert_eq!(record_lines == 0, log_lines == 0, "{name}: a log and no records, or records of no log");
    } else {
        assert_eq!(log_lines, record_lines, "{name}: lines of the log, and of the records");
    }
    let args = fs::read_to_string(path("args")).unwrap_or_default();
    let args = args.lines().map(str::to_owned).collect();
    Case { path: path("log"), name, log, records, args }
}

/// The first line of the output that is not what the case says, told to a person.
pub(crate) fn difference(case: &Case, output: &[u8], how: &str) -> Option<String> {
    let mut want = case.records.split_inclusive(|&byte| byte == b'\n');
    let mut got = output.split_inclusive(|&byte| byte == b'\n');
    for number in 1.. {
        let (got, want) = (got.next(), want.next());
        if got != want {
            let text = |line: Option<&[u8]>| line.map(|line| String::from_utf8_lossy(line).into_owned());
            return Some(format!("{} {how}, line {number}:\n got {:?}\nwant {:?}", case.name, text(got), text(want)));
        }
        if got.is_none() {
            break;
        }
    }
    None
}

/// Fails where the output is not what the case says, and tells the first line that differs.
pub(crate) fn assert_records(case: &Case, output: &[u8], how: &str) {
    if let Some(difference) = difference(case, output, how) {
        panic!("{difference}");
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
