//! Configurations that run as they say: `tests/testdata/assembly`.
//!
//! What the `[[test]]`s of `NAME.toml` expect comes out of them, and out of a run over files. `NAME.refused` is what is said of
//! a configuration that is refused, or whose run is. `UPDATE=1` in the environment writes what should come out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lp::assembly::{Assembly, InputsError, Languages, Unchangeable};
use lp::config::{Config, Environment, Target, Variable};
use lp::sink::{Sink, SinkError, Writer};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/testdata/assembly");

/// The environment of the cases: a folder for what is read and written, and a key.
struct In<'a>(&'a Path);

impl Environment for In<'_> {
    fn variable(&self, name: &str) -> Variable {
        match name {
            "DIR" => Variable::Set(self.0.to_str().unwrap().to_owned()),
            "KEY" => Variable::Set("a secret that is long".to_owned()),
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
            let lines = if source.name.as_str() == of { lines } else { "" };
            fs::write(source.origin.paths()[0].as_str().replace('*', "1"), lines).unwrap();
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

/// A source that is followed, and a sink.
const FOLLOWED: &str = r#"
checkpoint = { path = "${DIR}/checkpoint", every = "5s" }
http.listen = "127.0.0.1:0"
run.grace = "2s"

[[source]]
type = "file"
paths = ["${DIR}/*.log"]
format = "nginx-combined"

[[sink]]
name = "out"
type = "file"
path = "${DIR}/out"
template = "{path}"

[[test]]
input = '::1 - - [06/Nov/2025:10:30:15 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"'
output = "/a"
"#;

/// Its files need not be there, and nothing is read to an end.
#[test]
fn files_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let Case { assembly, .. } = Case::read(FOLLOWED, folder.path()).unwrap();
    assert!(assembly.is_followed());
    assert_eq!(assembly.inputs().unwrap().len(), 0);
    assert_eq!(assembly.followed().unwrap().len(), 1);
    assert_eq!(assembly.checkpoint(), Some((folder.path().join("checkpoint").as_path(), Duration::from_secs(5))));
    assert_eq!(assembly.http(), Some("127.0.0.1:0".parse().unwrap()));
    assert_eq!((assembly.grace(), assembly.quiet()), (Duration::from_secs(2), Duration::from_secs(1)));
    let outcomes = assembly.run_tests().unwrap();
    assert!(outcomes.len() == 1 && outcomes[0].differences.is_empty(), "{outcomes:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Where each line takes a request, a stop must not wait for many of them, nor a kill double them.
#[cfg(feature = "webhook")]
#[test]
fn little_is_read_at_a_time_where_lines_are_posted_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |text: &str| format!("{:?}", Case::read(text, folder.path()).unwrap().assembly.pipeline());
    let alert = "[[stage]]\ntype = \"alert\"\nname = \"A\"\nwhere = \"true\"";
    let webhook =
        |keys: &str| format!("{FOLLOWED}\n{alert}\n[[sink]]\ntype = \"webhook\"\nurl = \"http://localhost/\"\n{keys}");
    let one_by_one = webhook("input = \"alerts\"");
    for (text, is_small) in [
        (FOLLOWED.to_owned(), false),
        (one_by_one.clone(), true),
        (webhook(""), false),
        (webhook("batch = false"), true),
        (webhook("input = \"alerts\"\nbatch = true"), false),
        (one_by_one.replace("run.grace", "run.chunk_size = \"256KiB\"\nrun.threads = 2\nrun.grace"), false),
    ] {
        let settings = settings(&text);
        assert_eq!(settings.contains("threads: 1,") && settings.contains("chunk_size: 4096,"), is_small, "{settings}");
        assert!(is_small || settings.contains("chunk_size: 262144,"), "{settings}");
    }
}

#[test]
fn a_format_that_cannot_be_read_is_told_of_followed_sources_too() {
    let folder = tempfile::tempdir().unwrap();
    let text = FOLLOWED.replace(r#"format = "nginx-combined""#, r#"nginx_conf = "${DIR}/nginx.conf""#);
    let Case { assembly, .. } = Case::read(&text, folder.path()).unwrap();
    assert!(matches!(assembly.followed().err(), Some(InputsError::NginxConf { .. })));
}

/// A file is known by what it is, whatever it is called, and if it has only just been made.
#[cfg(unix)]
#[test]
fn nothing_is_written_to_what_is_followed() {
    let is_read = |prepare: fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let Case { assembly, .. } = Case::read(FOLLOWED, folder.path()).unwrap();
        let outlets = assembly.outlets_from(&[], None, |_, sink, _| sink);
        let is_read = matches!(outlets, Err(SinkError::IsRead { .. }));
        assert!(is_read || outlets.is_ok());
        is_read
    };
    assert!(!is_read(|_| {}));
    assert!(!is_read(|folder| fs::write(folder.join("a.log"), "").unwrap()));
    assert!(is_read(|folder| {
        fs::write(folder.join("a.log"), "").unwrap();
        fs::hard_link(folder.join("a.log"), folder.join("out")).unwrap();
    }));
    // What the link leads to is not there before the sink is opened.
    assert!(is_read(|folder| std::os::unix::fs::symlink("a.log", folder.join("out")).unwrap()));
}

/// Takes nothing.
struct Full;

impl io::Write for Full {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn sinks_are_decorated_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        source = [{ name = "access", type = "file", paths = ["${DIR}/a.log"], format = "nginx-combined" }]
        sink = [{ name = "b", type = "file", path = "${DIR}/b" }, { name = "c", type = "file", path = "${DIR}/c" }]
    "#;
    let case = Case::read(text, folder.path()).unwrap();
    case.write_sources("access", "::1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\"\n");
    let inputs = case.assembly.inputs().unwrap();
    let decorate = |name: &str, sink: Box<dyn Sink>, _| -> Box<dyn Sink> {
        if name == "c" { Box::new(Writer::new("decorated", Full)) } else { sink }
    };
    let outlets = case.assembly.outlets_from(&inputs, None, decorate).unwrap();
    let error = case.assembly.pipeline().run_to(inputs, outlets, &mut ()).unwrap_err();
    assert!(error.cause.to_string().contains("decorated"), "{}", error.cause);
}

#[test]
fn what_cannot_change_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let assembly = |text: &str| Case::read(text, folder.path()).unwrap().assembly;
    let old = assembly(FOLLOWED);
    for (from, to, told) in [
        ("127.0.0.1:0", "[::1]:1", "it is 127.0.0.1:0, and would be [::1]:1"),
        ("http.listen = \"127.0.0.1:0\"", "", "it is 127.0.0.1:0, and would be not there"),
        ("/checkpoint\"", "/other\"", "checkpoint\", and would be \""),
    ] {
        let error = old.can_become(&assembly(&FOLLOWED.replace(from, to))).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
    let ends = "source = [{ type = \"stdin\" }]\nsink = [{ type = \"stdout\" }]";
    assert_eq!(old.can_become(&assembly(ends)), Err(Unchangeable::Followed));
    for (from, to) in [("5s", "1s"), ("{path}", "{raw}"), ("*.log", "a.log"), ("2s", "3s")] {
        assert_eq!(old.can_become(&assembly(&FOLLOWED.replace(from, to).replace("output", "records = 1 #"))), Ok(()));
    }
}

/// A name that a template for events may have is one that some event has, and the other way round.
#[test]
fn names_of_events_are_those_that_they_have() {
    let stages = r#"
        source = [{ type = "stdin", format = "nginx-combined" }]
        [[stage]]
        type = "count"
        name = "s"
        by = ["status_class", "path"]
        [[stage]]
        type = "alert"
        name = "each"
        where = 'path == "/a"'
        cooldown = "1s"
        [[stage]]
        type = "alert"
        name = "window"
        where = 'true'
        rate = { at_least = 1, within = "1s" }
        [[stage]]
        type = "dedup"
        name = "again"
        by = ["path"]
    "#;
    let line = r#"::1 - - [06/Nov/2025:10:30:15 +0000] "GET /a HTTP/1.1" 200 5 "-" "x""#;
    let all = ["alert", "state", "timestamp", "suppressed", "details", "count", "period", "from", "to", "by", "total"];
    let all = all.into_iter().chain(["counts", "other", "late", "dedup", "key", "repeated", "200", "matched"]);
    for stage in ["s", "each", "window", "again"] {
        for name in all.clone() {
            let text = format!(
                "{stages}\n[[sink]]\nname = 'sink'\ntype = 'stdout'\ninput = ['{stage}']\ntemplate = '{{{name}}}'\n\
                 [[test]]\ninput = '''\n{line}\n{line}\n'''\noutputs = {{ sink = 'x' }}",
            );
            let folder = tempfile::tempdir().unwrap();
            match Case::read(&text, folder.path()) {
                Err(said) => assert!(said.contains("no event of this sink has a value"), "{said}"),
                Ok(case) => {
                    let outcomes = case.assembly.run_tests().unwrap();
                    let shown = &outcomes[0].differences[0].actual;
                    assert!(shown.lines().any(|line| line != "-"), "{stage} has no {name}: {shown}");
                }
            }
        }
    }
}
