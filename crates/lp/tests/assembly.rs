//! Configurations that run as they say: `tests/testdata/assembly`.
//!
//! What the `[[test]]`s of `NAME.toml` expect comes out of them, and out of a run over files. `NAME.refused` is what is said of
//! a configuration that is refused, or whose run is. `UPDATE=1` in the environment writes what should come out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lp::assembly::{Assembly, Languages};
use lp::config::{Config, Environment, Origin, Target, Variable};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/testdata/assembly");

/// The environment of the cases: a folder for what is read and written, and a key.
struct In<'a>(&'a Path);

impl Environment for In<'_> {
    fn variable(&self, name: &str) -> Variable {
        match name {
            "DIR" => Variable::Set(self.0.to_str().unwrap().to_owned()),
            "KEY" => Variable::Set("a secret".to_owned()),
            _ => Variable::Unset,
        }
    }

    fn secret(&self, _path: &Path) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
}

/// A configuration, and what it becomes.
struct Case {
    config: Config,
    assembly: Assembly,
}

impl Case {
    fn read(text: &str, folder: &Path) -> Result<Self, String> {
        let said = |mistakes: lp::config::Mistakes| mistakes.to_string();
        let config = Config::read(text, &In(folder), &Languages).map_err(said)?;
        let assembly = Assembly::new(&config, text).map_err(said)?;
        Ok(Self { config, assembly })
    }

    /// Writes the sources' files: `lines` to that of the source of this name, nothing to the others.
    fn write_sources(&self, of: &str, lines: &str) {
        for source in &self.config.sources {
            let Origin::Files(paths) = &source.origin else { panic!("a case reads files") };
            let lines = if source.name.as_str() == of { lines } else { "" };
            fs::write(paths[0].as_str().replace('*', "1"), lines).unwrap();
        }
    }

    fn run(&self) -> Result<lp::Report, String> {
        let inputs = self.assembly.inputs().map_err(|error| error.to_string())?;
        let outlets = self.assembly.outlets(&inputs).map_err(|error| error.to_string())?;
        self.assembly.pipeline().run_to(inputs, outlets, &mut ()).map_err(|error| error.to_string())
    }

    /// What is in the file of the sink of this name.
    fn output(&self, sink: &str) -> String {
        let sink = self.config.sinks.iter().find(|of| of.name.as_str() == sink).unwrap();
        let Target::File { path, .. } = &sink.target else { panic!("a case writes files") };
        fs::read_to_string(path.as_str()).unwrap()
    }
}

fn cases() -> BTreeSet<PathBuf> {
    let paths = fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

fn updates() -> bool {
    std::env::var_os("UPDATE").is_some()
}

fn lines(text: &str) -> Vec<&str> {
    text.trim().lines().collect()
}

fn quoted(text: &str) -> String {
    format!("'''\n{text}'''")
}

/// Runs each test of a case over files. Returns the text of the case with what came out.
fn run_over_files(text: &str, name: &str) -> String {
    let mut updated = Vec::new();
    for number in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let case = Case::read(text, folder.path()).unwrap_or_else(|said| panic!("{name}: {said}"));
        let Some(test) = case.config.tests.get(number) else {
            assert!(number > 0, "{name} has no tests");
            break;
        };
        case.write_sources(test.source.as_str(), test.input.as_str());
        let report = case.run().unwrap_or_else(|said| panic!("{name}: {said}"));
        assert!(report.failures.is_empty() && report.inputs.iter().all(|(_, ledger)| ledger.is_balanced()));
        let total = report.total();
        if !updates() {
            let records = total.written + total.untaken;
            assert_eq!(test.records.unwrap_or(records), records, "{name}: records");
        }
        if let Some(alerts) = test.alerts.as_ref().filter(|_| updates()) {
            let outcome = case.assembly.run_tests().unwrap().swap_remove(number);
            let difference = outcome.differences.into_iter().find(|difference| difference.what == "alerts");
            updated.extend(difference.map(|difference| (alerts.span(), quoted(&format!("{}\n", difference.actual)))));
        }
        for (sink, expected) in &test.outputs {
            let actual = case.output(sink.as_str());
            if updates() {
                updated.push((expected.span(), quoted(&actual)));
            } else {
                assert_eq!(
                    lines(&actual),
                    lines(expected.as_str()),
                    "{name}: {}: {}",
                    test.name.as_str(),
                    sink.as_str()
                );
            }
        }
    }
    updated.sort_by_key(|(span, _)| span.start);
    let mut text = text.to_owned();
    for (span, actual) in updated.into_iter().rev() {
        text.replace_range(span, &actual);
    }
    text
}

#[test]
fn cases_are_right() {
    let cases = cases();
    assert!(cases.len() >= 20);
    for path in cases.iter().filter(|path| !path.with_extension("refused").exists()) {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).unwrap();
        let actual = run_over_files(&text, &name);
        if updates() {
            fs::write(path, actual).unwrap();
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let case = Case::read(&text, folder.path()).unwrap();
        for outcome in case.assembly.run_tests().unwrap() {
            assert!(outcome.differences.is_empty(), "{name}: {outcome:#?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}: a test writes nothing");
    }
}

#[test]
fn refused_cases_are_refused() {
    for path in cases() {
        let refused = path.with_extension("refused");
        let Ok(expected) = fs::read_to_string(&refused) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let said = Case::read(&text, folder.path()).and_then(|case| {
            if !path.ends_with("refused_nothing_matches.toml") {
                case.write_sources("", "");
            }
            case.run()
        });
        let said = said.expect_err(&path.display().to_string());
        let said = format!("{}\n", said.replace(folder.path().to_str().unwrap(), "DIR"));
        if updates() {
            fs::write(&refused, &said).unwrap();
        } else {
            assert_eq!(said, expected, "{}", path.display());
        }
    }
}

/// Of a file that is rotated all is kept, or as much as the configuration says.
#[test]
fn files_are_rotated_and_kept() {
    for (rotate, keep, is_all) in
        [("{ size = \"1KB\" }", "", true), ("{ size = \"1KB\", age = \"1h\" }", "keep = 2", false)]
    {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[[source]]\nname = \"access\"\ntype = \"file\"\npaths = [\"${{DIR}}/access.log\"]\nformat = \"nginx-combined\"\n\
             [[sink]]\ntype = \"file\"\npath = \"${{DIR}}/out.csv\"\nencoding = \"csv\"\nfields = [\"path\"]\nrotate = {rotate}\n{keep}"
        );
        let case = Case::read(&text, folder.path()).unwrap();
        let line =
            |number| format!("::1 - - [06/Nov/2025:10:30:15 +0000] \"GET /{number} HTTP/1.1\" 200 5 \"-\" \"x\"\n");
        case.write_sources("access", &(0..2000).map(line).collect::<String>());
        let report = case.run().unwrap();
        assert_eq!(report.outlets[0].records, 2000);
        let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|of| of == "csv")).collect();
        let mut records: Vec<usize> = Vec::new();
        for file in &files {
            let written = fs::read_to_string(file).unwrap();
            assert!(written.len() <= 1000, "{}", file.display());
            let rows = written.strip_prefix("path\n").expect("each file begins with the names");
            records.extend(rows.lines().map(|row| row[1..].parse::<usize>().unwrap()));
        }
        records.sort_unstable();
        assert!(records.ends_with(&[1998, 1999]) && records.windows(2).all(|pair| pair[1] == pair[0] + 1));
        assert_eq!(records.len() == 2000, is_all);
        files.retain(|file| !file.ends_with("out.csv"));
        assert!(if is_all { files.len() > 5 } else { files.len() == 2 }, "{files:?}");
    }
}

/// What a record comes from, by the name that the input has, and where it stands there.
#[test]
fn the_input_can_be_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[source]]\nname = \"access\"\ntype = \"file\"\npaths = [\"${DIR}/access-*.log\"]\nformat = \"nginx-combined\"\n\
                [[stage]]\ntype = \"select\"\nfields = [\"path\"]\n[[stage]]\ntype = \"add\"\ninput = \"file\"\nidentity = true\n\
                [[sink]]\nname = \"out\"\ntype = \"file\"\npath = \"${DIR}/out\"";
    let case = Case::read(text, folder.path()).unwrap();
    let mut want = String::new();
    for number in 1..=3 {
        let line = format!("::1 - - [06/Nov/2025:10:30:15 +0000] \"GET /{number} HTTP/1.1\" 200 5 \"-\" \"x\"\n");
        let path = folder.path().join(format!("access-{number}.log"));
        fs::write(&path, line.repeat(2)).unwrap();
        for offset in [0, line.len()] {
            let file = path.display();
            want += &format!("{{\"path\":\"/{number}\",\"file\":\"{file}\",\"identity\":\"{file}:{offset}\"}}\n");
        }
    }
    case.run().unwrap();
    assert_eq!(case.output("out"), want);
}
