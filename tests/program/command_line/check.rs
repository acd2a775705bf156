//! `lp check`: everything that is wrong with a configuration at once, and the tests in it.

use std::fs;
use std::path::Path;

use super::super::lp::{Ended, check};

/// Checks this text as `lp.toml` in a folder of its own, in which there is nothing else afterwards either.
fn checked(text: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lp.toml"), text).unwrap();
    let ended = check("lp.toml").in_dir(&folder).run();
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(files, ["lp.toml"]);
    ended
}

/// The source and the sinks of the tests below.
const PIPELINE: &str = r#"
[[source]]
type = "file"
paths = ["${LP_UNSET}/access.log"]
format = "nginx-combined"

[[stage]]
type = "filter"
where = 'path != "/health"'

[[stage]]
type = "alert"
name = "HTTP_5XX_ERROR"
where = 'status_code >= 500'

[[sink]]
name = "all"
type = "file"
path = "none/all.log"
template = "{status_code} {path}"

[[sink]]
name = "errors"
type = "file"
path = "${LP_UNSET}/errors.log"
where = 'severity >= ERROR'
fields = ["path"]
"#;

/// Three lines, the second of which is left out.
const INPUT: &str = r#"
[[test]]
name = "health checks are left out"
input = '''
192.0.2.1 - - [06/Nov/2025:10:30:15 +0000] "GET /a HTTP/1.1" 200 5 "-" "-"
192.0.2.1 - - [06/Nov/2025:10:30:16 +0000] "GET /health HTTP/1.1" 500 5 "-" "-"
192.0.2.1 - - [06/Nov/2025:10:30:17 +0000] "GET /b HTTP/1.1" 500 5 "-" "-"
'''
"#;

const ALERT: &str = r#"{"alert":"HTTP_5XX_ERROR","timestamp":"2025-11-06T10:30:17Z","details":{"timestamp":"2025-11-06T10:30:17Z","severity":"ERROR","client_ip":"192.0.2.1","user":null,"method":"GET","path":"/b","protocol":"HTTP/1.1","status_code":500,"response_size":5,"referer":null,"user_agent":null}}"#;

/// A test of a pipeline that lacks a condition would say nothing.
#[test]
fn tests_are_not_run_where_it_is_not_known_what_is_tested() {
    for (text, unknown, default) in [
        ("status_code >= 500", "status_code >= ${LP_UNSET}", "status_code >= ${LP_UNSET:-500}"),
        ("severity >= ERROR", "severity >= ${LP_UNSET}", "severity >= ${LP_UNSET:-ERROR}"),
        ("{path}", "{${LP_UNSET}}", "{${LP_UNSET:-path}}"),
    ] {
        let checked = |with: &str| checked(&format!("{}{INPUT}records = 9\n", PIPELINE.replace(text, with)));
        let ended = checked(unknown);
        assert_eq!((ended.code, ended.stdout()), (Some(0), ""), "{}", ended.stderr);
        for told in ["lp.toml: right, but its tests are not run", unknown, "${NAME:-default}"] {
            assert!(ended.stderr.contains(told), "{told:?} is not in {}", ended.stderr);
        }
        // They do not pass.
        assert_eq!(checked(default).code, Some(1));
    }

    let redact = "[[stage]]\ntype = \"redact\"\nfields = [\"user\"]\nhash_key = \"file:none\"\n";
    let ended = checked(&format!("{PIPELINE}{redact}{INPUT}records = 9\n"));
    assert_eq!((ended.code, ended.stdout()), (Some(0), ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("the key of redact-1 is not read here"), "{}", ended.stderr);
}

/// The same pipeline, whose source is followed.
fn followed() -> String {
    let source = "paths = [\"${LP_UNSET}/access.log\"]";
    let tables = "[checkpoint]\npath = \"${LP_UNSET}/checkpoint\"\nevery = \"${LP_UNSET}\"\n\
                  [http]\nlisten = \"${LP_UNSET}:9180\"\n[run]\ngrace = \"${LP_UNSET}\"\nquiet = \"${LP_UNSET}\"\n";
    format!("{tables}{}", PIPELINE.replace(source, &format!("{source}\nstart = \"${{LP_UNSET}}\"")))
}

/// Its tests are run, whatever is not known of where it will be run.
#[test]
fn a_test_of_a_followed_source_can_fail() {
    let ended = checked(&format!("{}{INPUT}records = 9\n", followed()));
    assert_eq!(ended.code, Some(1), "{}{}", ended.stdout(), ended.stderr);
    assert!(ended.stderr.contains("records is not as expected"), "{}", ended.stderr);
}

#[test]
fn what_does_not_fit_followed_sources_is_told() {
    let (paths, stage) = ("paths = [", "[[stage]]\ntype = \"filter\"");
    let followed =
        "[checkpoint]\npath = \"c\"\n[[source]]\ntype = \"file\"\npaths = [\"none/*.log\"]\nformat = \"json\"\n";
    for (before, inserted, place, text) in [
        (paths, "start = \"ends\"\n", "4:9", "did you mean `end`?"),
        (paths, "start = \"checkpoint\"\n", "4:9", "there is no `[checkpoint]`"),
        (stage, "[checkpoint]\n", "7:1", "`[checkpoint]` needs `path`"),
        (stage, "[checkpoint]\npath = \"./none/all.log\"\n", "8:8", "is written by a sink"),
        (stage, "[http]\nlisten = \":80\"\n", "8:10", "`0.0.0.0:80`"),
        (stage, "[run]\ngrace = \"9s\"\n", "8:1", "no meaning here"),
        (stage, followed, "25:8", "matches `none/*.log`, which is followed"),
    ] {
        let ended = checked(&PIPELINE.replacen(before, &format!("{inserted}{before}"), 1));
        assert_eq!((ended.code, ended.stdout()), (Some(2), ""), "{inserted}");
        let told = ended.stderr.lines().next().unwrap_or_default();
        assert!(told.starts_with(&format!("lp.toml:{place}: ")), "{place} is not the place of {told}");
        assert!(told.contains(text), "{text:?} is not in {told}");
    }
}

/// Neither the variable nor the folders are there, and nothing is read or written.
#[test]
fn a_configuration_that_is_right_is_right_anywhere() {
    for text in [
        PIPELINE.to_owned(),
        format!("{PIPELINE}{INPUT}records = 2\n"),
        format!("{PIPELINE}{INPUT}output = \"200 /a\\n500 /b\\n\"\nalerts = '{ALERT}'\n"),
        format!("{PIPELINE}{INPUT}outputs = {{ errors = '{{\"path\":\"/b\"}}', all = \"200 /a\\n500 /b\" }}\n"),
        format!("{}{INPUT}output = \"200 /a\\n500 /b\\n\"\nalerts = '{ALERT}'\n", followed()),
    ] {
        let ended = checked(&text);
        assert_eq!(ended.code, Some(0), "{text}\n{}{}", ended.stdout(), ended.stderr);
    }
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let ended = checked(
        r#"[[source]]
type = "file"
path = "access.log"
format = "nginx-combined"

[[stage]]
type = "filter"
where = 'status_code >= "500"'

[[stage]]
type = "count"
by = ["sevrity"]
every = "ten seconds"

[[sink]]
type = "stdout"
template = "{staus_code}"
rotate = { size = "1MB" }

[[sink]]
type = "fiel"

[[sink]]
type = "file"
path = "errors.log"
where = 'severity >= ERROR && (path == "/"'

[[test]]
input = ""
records = -1
"#,
    );
    assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
    let told: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("lp.toml:")).collect();
    let expected = [
        ("3:1", "unknown key `path`; did you mean `paths`?"),
        ("8:10", "write 500 without quotes"),
        ("12:8", "did you mean `severity`?"),
        ("13:9", "`ten seconds` is no duration; a duration is written such as `500ms`, `10s`"),
        ("17:14", "did you mean `status_code`?"),
        ("18:1", "it belongs to sinks of the type `file`"),
        ("21:8", "did you mean `file`?"),
        ("26:43", "`)` is missing"),
        ("30:11", "from 0"),
    ];
    assert_eq!(told.len(), expected.len(), "{}", ended.stderr);
    for (told, (place, text)) in told.iter().zip(expected) {
        assert!(told.starts_with(&format!("lp.toml:{place}: ")), "{place} is not the place of {told:?}");
        assert!(told.contains(text), "{text:?} is not in {told:?}");
    }
}

#[test]
fn a_test_that_fails_says_what_was_expected_and_what_came() {
    for (expectation, texts) in [
        ("records = 3", &["records", "3", "2"][..]),
        ("output = \"200 /a\\n404 /b\\n\"", &["all", "404 /b", "500 /b"]),
        ("output = \"200 /a\\n\"", &["all", "500 /b"]),
        ("outputs = { errors = '{\"path\":\"/c\"}' }", &["errors", "{\"path\":\"/c\"}", "{\"path\":\"/b\"}"]),
        ("alerts = \"\"", &["alerts", "HTTP_5XX_ERROR"]),
    ] {
        let ended = checked(&format!("{PIPELINE}{INPUT}{expectation}\n"));
        let said = ended.stdout().to_owned() + &ended.stderr;
        assert_eq!(ended.code, Some(1), "{expectation}: {said}");
        assert!(said.contains("health checks are left out"), "{expectation}: {said}");
        for text in texts {
            assert!(said.contains(text), "{expectation}: {text:?} is not in\n{said}");
        }
    }
}

#[test]
fn every_test_is_run() {
    let wrong = |name: &str| INPUT.replace("health checks are left out", name) + "records = 9\n";
    let right = INPUT.replace("health checks are left out", "right") + "records = 2\n";
    let ended = checked(&[PIPELINE, &wrong("first"), &right, &wrong("last")].concat());
    let said = ended.stdout().to_owned() + &ended.stderr;
    assert_eq!(ended.code, Some(1));
    assert!(said.contains("first") && said.contains("last"), "{said}");
}

/// What a test's lines hold is shown, and never obeyed.
#[test]
fn nothing_of_a_test_speaks_to_a_terminal() {
    for (name, code) in [("t", 1), ("t\\u001b[2J", 2)] {
        let test = format!("[[test]]\nname = \"{name}\"\ninput = \"\\u001b]0;\\u009b31m\"\noutput = \"\\u001b[31m\"\n");
        let ended = checked(&format!("{PIPELINE}{test}"));
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let said = ended.stdout().to_owned() + &ended.stderr;
        assert!(!said.contains(|char: char| char != '\n' && char.is_control()), "{said:?}");
    }
}

/// What the library says, and the name of the file as it was given.
#[test]
fn mistakes_are_told_as_the_library_tells_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/config");
    for name in ["keys", "syntax"] {
        let told = fs::read_to_string(folder.join(name).with_extension("mistakes")).unwrap();
        let ended = check(format!("./{name}.toml")).in_dir(&folder).run();
        assert_eq!((ended.code, ended.stdout()), (Some(2), ""));
        assert_eq!(ended.stderr, told.replace("lp.toml:", &format!("./{name}.toml:")));
    }
}
