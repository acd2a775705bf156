//! Configurations that are right, and everything that is wrong with others: `tests/testdata/config`.
//!
//! `NAME.mistakes` is what is said of `NAME.toml`; without the file nothing is. `NAME.check.mistakes` is what is said
//! where no environment is known, if that differs. `UPDATE=1` in the environment writes them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use std::time::Duration;

use lp::OnError;
use lp::config::{
    Checks, Config, Environment, Fault, Form, Origin, Replacement, Schemas, Select, Share, SinkInput, SourceFormat,
    StageKind, Target, Text, Unknown, Variable,
};
use lp::encode::{Encoding, Preset};
use lp::sink::{Keep, Rotation};
use lp::stage::AlertKind;
use lp::tail::Start;
use proptest::prelude::*;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/testdata/config");

/// The environment of the cases.
struct Known;

impl Environment for Known {
    fn variable(&self, name: &str) -> Variable {
        Variable::Set(match name {
            "LOGS" => "/logs".to_owned(),
            "EMPTY" => String::new(),
            "KEY_SET" => "s3cret-0123456789".to_owned(),
            "KEY_SHORT" => "s3cret-01234567".to_owned(),
            "START" => "end".to_owned(),
            "LISTEN_SET" => "[::1]:0".to_owned(),
            "FORMAT" => "s3cret-format".to_owned(),
            "LINES" => "12".to_owned(),
            "TYPE" => "stdin".to_owned(),
            "VARIABLES" => "$status$request".to_owned(),
            _ => return Variable::Unset,
        })
    }

    fn secret(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match path.to_str() {
            Some("/run/secrets/key") => Ok(Some(b"s3cret-0123456789\n".to_vec())),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

/// `!!` is wrong in every language, and fields must be in a schema.
struct Simple;

impl Simple {
    fn check(text: &str) -> Result<(), Fault> {
        let Some(at) = text.find("!!") else { return Ok(()) };
        Err(Fault { at: at..at + 2, message: "`!!` is wrong".to_owned(), hint: Some("write `!`".to_owned()) })
    }
}

impl Checks for Simple {
    fn condition(&self, text: &str, _schemas: &Schemas) -> Result<(), Fault> {
        Self::check(text)
    }

    fn field(&self, name: &str, schemas: &Schemas) -> Result<(), Fault> {
        let is_known = ["timestamp", "severity", "status_class"].contains(&name)
            || !schemas.are_all_known()
            || schemas.added().iter().any(|added| added == name)
            || schemas.known().any(|schema| schema.field(name).is_some());
        if is_known {
            return Ok(());
        }
        Err(Fault { at: 0..name.len(), message: "there is no such field".to_owned(), hint: None })
    }

    fn template(&self, text: &str, _schemas: &Schemas) -> Result<(), Fault> {
        Self::check(text)
    }

    fn event_template(&self, text: &str, names: Option<&BTreeSet<&'static str>>) -> Result<(), Fault> {
        Self::check(text)?;
        match names {
            Some(names) if !text.is_empty() && !names.contains(text) => {
                let message = format!("it is none of {} names", names.len());
                Err(Fault { at: 0..text.len(), message, hint: None })
            }
            _ => Ok(()),
        }
    }

    fn pattern(&self, text: &str) -> Result<(), Fault> {
        Self::check(text)
    }

    fn url(&self, url: &str) -> Result<(), String> {
        Self::check(url).map_err(|fault| fault.message)
    }

    fn header(&self, name: &str, value: &[u8]) -> Result<(), String> {
        Self::check(&format!("{name}{}", String::from_utf8_lossy(value))).map_err(|fault| fault.message)
    }
}

/// What is said of a text: each mistake, and an empty text if there is none.
fn said(text: &str, environment: &dyn Environment) -> String {
    match Config::read(text, environment, &Simple) {
        Ok(_) => String::new(),
        Err(mistakes) => format!("{}\n", mistakes.in_file("lp.toml")),
    }
}

fn check(case: &Path) {
    let text = std::fs::read_to_string(case).unwrap();
    let (known, unknown) = (case.with_extension("mistakes"), case.with_extension("check.mistakes"));
    let expected = |path: &Path| std::fs::read_to_string(path).ok();
    let (here, anywhere) = (said(&text, &Known), said(&text, &Unknown));
    if std::env::var_os("UPDATE").is_some() {
        update(&known, &here, "");
        update(&unknown, &anywhere, &here);
    }
    assert_eq!(here, expected(&known).unwrap_or_default(), "{}", known.display());
    assert_eq!(anywhere, expected(&unknown).or(expected(&known)).unwrap_or_default(), "{}", unknown.display());
    for said in [here, anywhere] {
        assert!(said.chars().all(|char| char == '\n' || !char.is_control()), "{}", case.display());
        assert!(said.lines().filter(|line| line.starts_with(' ')).all(|line| line.chars().count() <= 80));
        assert!(!said.contains("s3cret") && !said.contains("written here"), "{}", case.display());
    }
}

/// Writes what is said, if it is not what the case says without the file.
fn update(file: &Path, said: &str, without: &str) {
    if said == without {
        let _ = std::fs::remove_file(file);
    } else {
        std::fs::write(file, said).unwrap();
    }
}

fn cases() -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect()
}

#[test]
fn cases_are_right() {
    let cases = cases();
    assert!(cases.len() >= 10);
    cases.iter().for_each(|case| check(case));
}

fn everything() -> String {
    std::fs::read_to_string(Path::new(FOLDER).join("everything.toml")).unwrap()
}

fn texts(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::as_str).collect()
}

#[test]
fn sources_are_as_written() {
    let config = Config::read(&everything(), &Known, &()).unwrap();
    let names: Vec<&str> = config.sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["access", "file-2", "stdin-1"]);
    let [access, app, stdin] = config.sources.as_slice() else { panic!() };
    let Origin::Files(paths) = &access.origin else { panic!() };
    assert_eq!(texts(paths), ["/var/log/nginx/access.log", "/logs/access-*.log"]);
    assert_eq!((access.max_record, access.max_lines), (1 << 20, 4096));
    assert!(matches!(access.format, SourceFormat::LogFormat(_)));
    assert!(matches!(app.format, SourceFormat::Python(_)));
    let levels: Vec<(&str, u8)> =
        app.settings.levels.iter().map(|(name, severity)| (name.as_str(), severity.number())).collect();
    assert_eq!(levels, [("AUDIT", 9), ("NOTICE", 10), ("LOUD", 18)]);
    assert_eq!(app.settings.zone.to_utc(1_762_425_015), 1_762_425_015 - 3600);
    assert!(matches!((&stdin.origin, &stdin.format), (Origin::Stdin, SourceFormat::NginxConf(_))));
}

#[test]
fn stages_are_as_written() {
    let config = Config::read(&everything(), &Known, &()).unwrap();
    let seconds = Duration::from_secs;
    let stage = |name: &str| &config.stages.iter().find(|stage| stage.name.as_str() == name).unwrap().kind;
    let StageKind::Filter(condition) = stage("no bots") else { panic!() };
    assert_eq!(condition.as_str(), r#"!user_agent.matches("(?i)bot")"#);
    let StageKind::Sample(sample) = stage("sample-1") else { panic!() };
    assert_eq!((sample.share, sample.key.as_ref().unwrap().as_str()), (Share::Rate(0.1), "client_ip"));
    let StageKind::Sample(sample) = stage("sample-2") else { panic!() };
    assert_eq!(sample.share, Share::OneIn(10));
    let StageKind::Dedup(dedup) = stage("dedup-1") else { panic!() };
    assert_eq!((texts(&dedup.by), dedup.window, dedup.max_keys), (vec![], seconds(60), 10_000));
    let StageKind::Dedup(dedup) = stage("dedup-2") else { panic!() };
    assert_eq!((texts(&dedup.by), dedup.window), (vec!["client_ip", "path"], seconds(5400)));
    for name in ["redact-1", "redact-3"] {
        let StageKind::Redact(redact) = stage(name) else { panic!() };
        let Replacement::Hash(Some(secret)) = &redact.replacement else { panic!() };
        assert_eq!(secret.as_bytes(), b"s3cret-0123456789");
    }
    let StageKind::Redact(redact) = stage("redact-2") else { panic!() };
    assert!(matches!(&redact.replacement, Replacement::Mark(mark) if mark == "${CARD}"));
    let StageKind::Add(add) = stage("add-1") else { panic!() };
    let added: Vec<_> = add.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(added, [("env", "prod"), ("host", "none")]);
    assert_eq!(add.input.as_ref().unwrap().as_str(), "file");
    assert!(matches!(stage("select-1"), StageKind::Select(Select::Fields { fields, rename })
        if texts(fields) == ["timestamp", "severity", "client_ip"] && rename[0].1.as_str() == "ip"));
    assert!(matches!(stage("select-2"), StageKind::Select(Select::Preset(Preset::OpenTelemetry))));
    let StageKind::Count(count) = stage("levels") else { panic!() };
    assert_eq!((texts(&count.by), count.every, count.max_keys), (vec!["severity"], Some(seconds(10)), 20));
    assert_eq!(count.lateness, Duration::ZERO);
    let StageKind::Count(count) = stage("count-2") else { panic!() };
    assert_eq!((count.by.len(), count.every, count.max_keys, count.lateness), (0, None, 1000, seconds(5)));
    for (name, kind, cooldown) in [
        ("HTTP_5XX_ERROR", AlertKind::Each, 0),
        ("MANY", AlertKind::Rate { at_least: 10, within: seconds(60) }, 600),
        ("SHARE", AlertKind::Ratio { above: 0.05, within: seconds(300), min_records: 10 }, 300),
        ("SILENCE", AlertKind::Absence { lasting: seconds(600) }, 300),
    ] {
        let StageKind::Alert(alert) = stage(name) else { panic!() };
        assert_eq!((alert.kind, alert.cooldown), (kind, seconds(cooldown)), "{name}");
    }
}

#[test]
fn sinks_and_tests_are_as_written() {
    let config = Config::read(&everything(), &Known, &()).unwrap();
    let [out, errors, counts, alerts, events, chat, collector] = config.sinks.as_slice() else { panic!() };
    assert!(matches!((&out.target, &out.form), (Target::Stdout, Form::Named(Encoding::Logfmt))));
    let Target::File { path, rotate } = &errors.target else { panic!() };
    assert_eq!(path.as_str(), "errors.ndjson");
    let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86_400));
    let rotation = Rotation::new(NonZeroU64::new(100_000_000), Some(hour)).unwrap();
    assert_eq!(*rotate, Some(rotation.keep(Keep::For(day))));
    assert_eq!(texts(&errors.fields), ["timestamp", "ip"]);
    assert!(matches!(&counts.form, Form::Template(template) if template.as_str() == "{count}"));
    let Target::File { rotate, .. } = &counts.target else { panic!() };
    assert_eq!(*rotate, Some(Rotation::new(None, Some(day)).unwrap().keep(Keep::Files(NonZeroUsize::new(5).unwrap()))));
    assert!(matches!(alerts.input, SinkInput::Alerts) && alerts.prefix.as_ref().unwrap().as_str() == "ALERT: ");
    assert!(matches!(&events.input, SinkInput::Stages(names) if texts(names) == ["MANY", "dedup-2"]));
    let (Target::Webhook(chat), Target::Webhook(collector)) = (&chat.target, &collector.target) else { panic!() };
    assert_eq!(chat.url.value.as_ref().unwrap().as_bytes(), b"https://hooks.example.com/s3cret-0123456789");
    assert!(chat.headers.is_empty() && chat.timeout.is_none() && chat.attempts.is_none() && chat.batch.is_none());
    assert_eq!(collector.url.value.as_ref().unwrap().as_bytes(), b"s3cret-0123456789");
    let headers: Vec<(&str, &[u8])> = collector
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.value.as_ref().unwrap().as_bytes()))
        .collect();
    assert_eq!(headers, [("Authorization", &b"Bearer s3cret-0123456789"[..]), ("X-Source", b"lp")]);
    let settings = (collector.timeout, collector.attempts.unwrap().get(), collector.batch);
    assert_eq!(settings, (Some(Duration::from_millis(1500)), 5, Some(true)));
    let [first, second] = config.tests.as_slice() else { panic!() };
    assert_eq!((first.source.as_str(), first.records), ("access", Some(1)));
    assert_eq!(first.outputs[0].1.as_str(), "{\"path\":\"/\"}\n");
    assert_eq!(second.outputs[0].0.as_str(), "stdout-1");
    assert_eq!(config.run.threads.unwrap().get(), 2);
    assert_eq!((config.run.chunk_size, config.run.on_error, config.run.decode), (Some(262_144), OnError::Drop, false));
}

#[test]
fn followed_sources_are_as_written() {
    let text = std::fs::read_to_string(Path::new(FOLDER).join("followed.toml")).unwrap();
    let config = Config::read(&text, &Known, &()).unwrap();
    let starts: Vec<Start> = config
        .sources
        .iter()
        .map(|source| {
            let Origin::Followed { start, .. } = source.origin else { panic!() };
            start
        })
        .collect();
    assert_eq!(starts, [Start::Beginning, Start::Beginning, Start::End, Start::Beginning, Start::End]);
    assert_eq!(texts(config.sources[0].origin.paths()), ["/var/log/nginx/access*.log", "/logs/old.log"]);
    let checkpoint = config.checkpoint.unwrap();
    assert_eq!((checkpoint.path.as_str(), checkpoint.every), ("/logs/checkpoint", Duration::from_millis(100)));
    let http = config.http.unwrap();
    assert_eq!((http.listen, http.paths), (Some("[::1]:0".parse().unwrap()), 100));
    assert_eq!((config.run.grace, config.run.quiet), (Duration::from_secs(30), Duration::from_millis(250)));
    // What comes out of lines depends on none of these.
    let config = Config::read(&text, &Unknown, &()).unwrap();
    assert_eq!((config.unchecked.len(), config.decisive.len()), (6, 0));
    assert_eq!(config.http.unwrap().listen, None);

    let config = Config::read(
        "source = [{ type = 'file', paths = ['a'] }]\nsink = [{ type = 'stdout' }]\ncheckpoint.path = 'c'",
        &Known,
        &(),
    );
    let config = config.unwrap();
    assert!(matches!(config.sources[0].origin, Origin::Followed { start: Start::Beginning, .. }));
    assert_eq!(config.checkpoint.unwrap().every, Duration::from_secs(1));
    assert_eq!((config.run.grace, config.run.quiet), (Duration::from_secs(10), Duration::from_secs(1)));
    assert_eq!(config.http, None);
}

/// What is said of an address shows how it is written right.
#[test]
fn addresses_that_are_not_clear_are_refused() {
    for (listen, hint) in [
        ("127.0.0.1", "for example `127.0.0.1:9180`"),
        ("::1", "for example `[::1]:9180`"),
        ("[::1]", "for example `[::1]:9180`"),
        ("::1:80", "is it `[::1]:80` or `[::1:80]:9180`?"),
        (":80", "`127.0.0.1:80` is for this machine only, `0.0.0.0:80` and `[::]:80` are for all"),
        ("*:80", "`127.0.0.1:80` is for this machine only, `0.0.0.0:80` and `[::]:80` are for all"),
        ("80", "`127.0.0.1:80` is for this machine only, `0.0.0.0:80` and `[::]:80` are for all"),
        ("localhost:80", "it is an address of this machine in numbers, such as `127.0.0.1:80` or `[::1]:80`"),
        ("127.0.0.1:99999", "for example `127.0.0.1:9180` or `[::1]:9180`"),
        ("", "for example `127.0.0.1:9180` or `[::1]:9180`"),
        ("http://x/", "for example `127.0.0.1:9180` or `[::1]:9180`"),
    ] {
        let text = format!("source = [{{ type = 'stdin' }}]\nsink = [{{ type = 'stdout' }}]\nhttp.listen = '{listen}'");
        let mistakes = Config::read(&text, &Known, &()).unwrap_err();
        let [mistake] = mistakes.iter().collect::<Vec<_>>()[..] else { panic!("{mistakes}") };
        assert_eq!(mistake.message(), format!("`{listen}` is no address with a port"));
        assert_eq!(mistake.hint(), Some(hint), "{listen}");
    }
    for right in ["127.0.0.1:9180", "[::1]:9180", "0.0.0.0:0", "[::]:65535"] {
        let text = format!("source = [{{ type = 'stdin' }}]\nsink = [{{ type = 'stdout' }}]\nhttp.listen = '{right}'");
        assert!(Config::read(&text, &Known, &()).is_ok(), "{right}");
    }
}

#[test]
fn so_many_paths_have_metrics() {
    let read = |paths: &str| {
        let http = format!("http = {{ listen = '127.0.0.1:0'{paths} }}");
        let config = Config::read(
            &format!("{http}\nsource = [{{ type = 'stdin' }}]\nsink = [{{ type = 'stdout' }}]"),
            &Known,
            &(),
        );
        config.map(|config| config.http.unwrap().paths).map_err(|mistakes| mistakes.to_string())
    };
    assert_eq!((read(""), read(", paths = 0"), read(", paths = 5000")), (Ok(100), Ok(0), Ok(5000)));
    for wrong in [", paths = -1", ", paths = 1000000", ", paths = 'all'"] {
        assert!(read(wrong).unwrap_err().contains("paths"), "{wrong}");
    }
}

#[test]
fn what_is_not_known_is_not_checked() {
    let config = Config::read(&everything(), &Unknown, &()).unwrap();
    let text = everything();
    let unchecked: Vec<&str> = config.unchecked.iter().map(|span| &text[span.clone()]).collect();
    assert_eq!(
        unchecked,
        [
            "\"${LOGS}/access-*.log\"",
            "\"${KEY:-}${KEY_SET}\"",
            "\"https://hooks.example.com/${KEY_SET}\"",
            "\"Bearer ${KEY_SET}\""
        ]
    );
    let Origin::Files(paths) = &config.sources[0].origin else { panic!() };
    assert!(paths[0].is_known() && !paths[1].is_known());
    assert!(!format!("{:?}", Config::read(&text, &Known, &())).contains("s3cret"));
}

/// A configuration into which something is put, or of which something is left out.
fn mutated() -> impl Strategy<Value = String> {
    let followed = std::fs::read_to_string(Path::new(FOLDER).join("followed.toml")).unwrap();
    let inserted = prop_oneof![
        "[\\[\\]{}=\"'#$\\\\.,:a-z0-9 \n\r\t]{0,4}",
        prop::sample::select(vec![
            "${", "}", "\"\"\"", "'''", "\\u00e9", "é", "日", "\u{1b}", "\0", "\r\n", "[[", "=", "1e999"
        ])
        .prop_map(str::to_owned),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), 0..20_usize, inserted), 1..4);
    (prop::sample::select(vec![everything(), followed]), changes).prop_map(|(mut text, changes)| {
        for (at, removed, inserted) in changes {
            let start = (0..=at.index(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let end = (start + removed..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            text.replace_range(start..end, &inserted);
        }
        text
    })
}

/// Whatever is read, what is said of it has a place in it and can be shown.
fn is_sound(text: &str) -> Result<(), TestCaseError> {
    for environment in [&Known as &dyn Environment, &Unknown] {
        let Err(mistakes) = Config::read(text, environment, &Simple) else { continue };
        for mistake in &mistakes {
            prop_assert!(mistake.span().start <= text.len(), "{mistake}");
            prop_assert!(mistake.line() <= 1 + text.matches('\n').count(), "{mistake}");
            prop_assert!(mistake.column() >= 1 && !mistake.message().is_empty());
            prop_assert!(mistake.to_string().chars().all(|char| char == '\n' || !char.is_control()), "{mistake}");
            let lines = mistake.to_string().lines().count();
            prop_assert!(lines == 3 || lines == 1 && mistake.excerpt().is_empty(), "{mistake}");
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_panics(text in mutated()) {
        is_sound(&text)?;
    }

    #[test]
    fn no_text_at_all_panics(text in any::<String>()) {
        is_sound(&text)?;
    }

    #[test]
    fn quantities_and_names(value in "[0-9]{0,22}[a-zA-Z]{0,3}") {
        is_sound(&format!("[[source]]\ntype = \"stdin\"\nmax_record = \"{value}\"\nmax_lines = {value}\nformat = '{value}'"))?;
    }
}
