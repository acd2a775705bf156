//! nginx's `log_format` directives: out of a configuration with all that it includes, or out of a directive's text.
//!
//! A configuration is read as nginx reads it, with its quotes, escapes, comments and blocks. What it says otherwise is
//! not looked at, so a part of one, such as a file of `conf.d`, can be read too. Only nginx's limit on the length of a
//! word is not kept.
//!
//! ```
//! use lp::nginx_conf::{self, Escape};
//!
//! let directive = nginx_conf::parse_directive(
//!     r#"log_format main escape=json '$remote_addr [$time_local] '
//!                                    '"$request" $status';"#,
//! )?;
//! assert_eq!(directive.name, "main");
//! assert_eq!(directive.escape, Escape::Json);
//! assert_eq!(directive.text, r#"$remote_addr [$time_local] "$request" $status"#);
//! # Ok::<(), nginx_conf::Error>(())
//! ```

mod choose;
mod directive;
mod error;
mod lexer;
mod lua;
mod walk;

use std::path::Path;

pub use directive::Directive;
pub use error::{Error, ErrorKind, Place, Position};
use lexer::{End, Lexer};
pub use lp_core::format::log_format::Escape;

/// Reads the configuration in the file `path`, and what it includes, and finds the log format with this name.
///
/// Where no name is given it is the only one there is, or else the one that every `access_log` names. `combined` is
/// there without being defined. A format of `http` goes before one of `stream`.
///
/// Relative paths of includes are relative to the folder of `path`.
///
/// # Errors
///
/// If a file cannot be read, is not written as nginx demands, or includes itself; if a format is defined twice; if
/// there is no such format, or no name is given and it is not clear which is meant; if the format is not UTF-8.
pub fn read(path: &Path, name: Option<&str>) -> Result<Directive, Error> {
    let found = walk::read(path)?;
    choose::choose(found, name, Place::of(path))
}

/// A path and a name, as `PATH:NAME` gives them; a path that is there may have a colon in it.
#[must_use]
pub fn path_and_name(place: &str) -> (&Path, Option<&str>) {
    match place.rsplit_once(':') {
        Some((path, name)) if !Path::new(place).exists() && !name.contains('/') => (Path::new(path), Some(name)),
        _ => (Path::new(place), None),
    }
}

/// Reads a directive as it stands in a configuration: `log_format NAME [escape=default|json|none] TEXT…;`. The
/// semicolon may be missing.
///
/// # Errors
///
/// If the text is anything else, or not written as nginx demands.
pub fn parse_directive(text: &str) -> Result<Directive, Error> {
    let fail = |fault: lexer::Fault| fault.in_text(text.as_bytes());
    let mut lexer = Lexer::of_fragment(text.as_bytes());
    let mut words = Vec::new();
    let end = lexer.next(&mut words).map_err(fail)?;
    match words.first() {
        Some(word) if *word.value() == *b"log_format" => {}
        other => return Err(fail(lexer::Fault { at: other.map_or(0, |word| word.at), what: directive::EXPECTED })),
    }
    if end == End::Open {
        return Err(fail(lexer.fault_before(directive::NOT_A_BLOCK)));
    }
    let directive = Directive::from_words(&words).map_err(fail)?;
    lexer.nothing_more("one directive only: nothing may follow its `;`").map_err(fail)?;
    Ok(directive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    /// A folder with these files.
    fn folder(files: &[(&str, &str)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    /// The name and text that are read; an error without the folder's name.
    fn read_in(files: &[(&str, &str)], name: Option<&str>) -> Result<String, String> {
        let folder = folder(files);
        let path = folder.path().join("nginx.conf");
        let shorten = |error: Error| error.to_string().replace(&format!("{}/", folder.path().display()), "");
        read(&path, name).map(|directive| format!("{}: {}", directive.name, directive.text)).map_err(shorten)
    }

    fn read_text(text: &str, name: Option<&str>) -> Result<String, String> {
        read_in(&[("nginx.conf", text)], name)
    }

    fn parse(text: &str) -> Result<(String, Escape, String), String> {
        parse_directive(text)
            .map(|directive| (directive.name, directive.escape, directive.text))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_directive() {
        let ok = |name: &str, escape, text: &str| Ok((name.to_owned(), escape, text.to_owned()));
        assert_eq!(parse("log_format a '$b';"), ok("a", Escape::Default, "$b"));
        assert_eq!(parse(" log_format a escape=json\n'{\"b\":\"$b\",' # c;\n '}' ; # d"), {
            ok("a", Escape::Json, "{\"b\":\"$b\",}")
        });
        assert_eq!(parse("log_format a escape=none $b"), ok("a", Escape::None, "$b"));
        assert_eq!(parse("log_format a 'escape=default' \"\\t\""), ok("a", Escape::Default, "\t"));
        assert_eq!(parse("log_format a x escape=json"), ok("a", Escape::Default, "xescape=json"));
    }

    #[test]
    fn parts_are_joined_but_not_the_names_of_variables() {
        for (parts, text) in [
            ("'$a ' '$b'", "$a $b"),
            ("'$a' 'b'", "${a}b"),
            ("'x$a' '' '0' '$b' '_' '$c' '-'", "x${a}0${b}_$c-"),
            ("'${a}' 'b' '$c' '$d' ' $e' '{f}'", "${a}b$c$d $e{f}"),
            ("'é$a' 'é'", "é$aé"),
        ] {
            assert_eq!(parse(&format!("log_format a {parts}")).unwrap().2, text, "{parts}");
        }
    }

    #[test]
    fn what_is_no_directive() {
        for (text, error) in [
            ("", "line 1, column 1: a directive is expected"),
            ("$remote_addr", "line 1, column 1: a directive is expected"),
            ("log_format", "line 1, column 1: a directive is expected"),
            ("log_format a", "line 1, column 1: a directive is expected"),
            ("log_format a escape=json", "line 1, column 1: a directive is expected"),
            ("log_format a escape=x y", "line 1, column 14: `escape=` takes"),
            ("log_format a\n 'é$';", "line 2, column 4: the name of a variable"),
            ("log_format a '$a' '$' 'b'", "line 1, column 20: the name of a variable"),
            ("log_format a '${a' 'b}'", "line 1, column 15: the name of a variable"),
            ("log_format a '$a", "line 1, column 14: this quote is never closed"),
            ("log_format a {", "line 1, column 14: `;` must end this directive"),
            ("log_format a b; c", "line 1, column 17: one directive only"),
            ("log_format a b;;", "line 1, column 16: one directive only"),
            ("}", "line 1, column 1: "),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.starts_with(error), "{text}: {message}");
        }
    }

    #[test]
    fn the_format_that_is_meant() {
        let two = "http { log_format a A; log_format b B; ";
        let text = |more: &str| [two, more, "}"].concat();
        assert_eq!(read_text("http { log_format a A; }", None).unwrap(), "a: A");
        assert_eq!(read_text(&text(""), Some("b")).unwrap(), "b: B");
        assert_eq!(read_text(&text("access_log /x b; server { access_log /y B buffer=1k; }"), None).unwrap(), "b: B");
        assert_eq!(read_text(&text("access_log off; location / { access_log /y a; }"), None).unwrap(), "a: A");
        assert!(read_text(&text("access_log /x;"), None).unwrap().starts_with("combined: $remote_addr - "));
        assert!(read_text(&text(""), Some("combined")).unwrap().ends_with(" \"$http_user_agent\""));
        let ambiguous = "nginx.conf: a name must be given, as there are several log_formats: `a`, `b`";
        for more in ["", "access_log /x a; access_log /x b;", "access_log /x a; access_log /y;", "access_log /x c;"] {
            assert_eq!(read_text(&text(more), None).unwrap_err(), ambiguous, "{more}");
        }
        let unknown = "nginx.conf: there is no log_format `c`, only `a`, `b`, `combined`";
        assert_eq!(read_text(&text(""), Some("c")).unwrap_err(), unknown);
        assert!(read_text("http { access_log /x; }", None).unwrap_err().contains("`combined`"));
    }

    #[test]
    fn http_goes_before_stream() {
        let text = "stream { log_format a S; log_format c C; server { access_log /x c; } } http { log_format a A; }";
        assert_eq!(read_text(text, None).unwrap(), "a: A");
        assert_eq!(read_text(text, Some("a")).unwrap(), "a: A");
        assert_eq!(read_text(text, Some("c")).unwrap(), "c: C");
        assert_eq!(read_text(&text.replace("http", "mail"), None).unwrap(), "c: C");
    }

    #[test]
    fn what_is_no_log_format() {
        let text = "\
            load_module x; events { worker_connections 1; } # log_format c C;\n\
            http {\n\
              types { text/html html; log_format c; include nowhere; }\n\
              map $a $b { default '{'; log_format c; \"~x}\" 1; }\n\
              init_by_lua_block { local a = {'}'} -- } it's\n log_format(c) [[ } ]] }\n\
              log_format a A;\n\
              server { if ($a = \"b\") { return 200 'log_format c C;'; } location ~ \"^/{2}$\" { } }\n\
            }\n";
        assert_eq!(read_text(text, None).unwrap(), "a: A");
    }

    #[test]
    fn includes() {
        let files = [
            (
                "nginx.conf",
                "http { include conf.d/*.conf; include 'formats'; include sites/[0-9]*/*; include none/*; }",
            ),
            ("conf.d/10.conf", "log_format a A; # é"),
            ("conf.d/9.conf", "server { include snippets/log; }"),
            ("conf.d/old", "}"),
            ("snippets/log", "access_log /x b;"),
            ("formats", "log_format b B;"),
            ("sites/1/x", "server { access_log /y b; }"),
        ];
        assert_eq!(read_in(&files, None).unwrap(), "b: B");
        assert_eq!(read_in(&files, Some("a")).unwrap(), "a: A");
    }

    #[test]
    fn includes_that_fail() {
        let message = read_text("\nhttp {\n  include x;\n}", None).unwrap_err();
        assert!(message.starts_with("nginx.conf:3:3: include of `x`: cannot be read: "), "{message}");
        let message = read_in(&[("nginx.conf", "include d*;"), ("d/x", "")], None).unwrap_err();
        assert!(message.starts_with("nginx.conf:1:1: include of `d`: cannot be read: "), "{message}");
        let cycle = [("nginx.conf", "include a;"), ("a", "events { }\nserver { include ./b; }"), ("b", "include *;")];
        assert_eq!(read_in(&cycle, None).unwrap_err(), "./b:1:1: include of `a`: it includes itself");
        let chain: Vec<(String, String)> = (0..32)
            .map(|n| (format!("f{n}"), format!("include f{};", n + 1)))
            .chain([("f32".into(), "".into())])
            .collect();
        let mut files: Vec<(&str, &str)> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        files.push(("nginx.conf", "include f0; log_format a A;"));
        assert_eq!(read_in(&files, None).unwrap_err(), "f30:1:1: more than 32 files include one another");
        files.push(("f30", ""));
        assert_eq!(read_in(&files, None).unwrap(), "a: A");
    }

    #[test]
    fn the_file_itself_fails() {
        let message = read_in(&[], None).unwrap_err();
        assert!(message.starts_with("nginx.conf: cannot be read: "), "{message}");
        let message = read_in(&[("nginx.conf/x", "")], None).unwrap_err();
        assert!(message.starts_with("nginx.conf: cannot be read: "), "{message}");
        for (text, error) in [
            ("http {\n log_format a A;\n", "nginx.conf:1:1: this block does not end: `}` is missing"),
            ("http { }\n}", "nginx.conf:2:1: no block is open that this `}` could close"),
            ("http { log_format a A }", "nginx.conf:1:23: `;` is missing before `}`"),
            ("http { log_format a A { } }", "nginx.conf:1:23: `;` must end this directive, not a block"),
            ("http { include; }", "nginx.conf:1:8: one path must follow `include`"),
            ("x_by_lua_block { [[ } ", "nginx.conf:1:16: this block of Lua code does not end: `}` is missing"),
            (
                "log_format a A;\nlog_format a B;",
                "nginx.conf:2:1: the log_format `a` is defined already, at nginx.conf:1:1: every name may be given once",
            ),
            (
                "log_format combined A;",
                "nginx.conf:1:1: nginx defines the log_format `combined` itself: this needs another name",
            ),
        ] {
            assert_eq!(read_text(text, None).unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn only_the_format_itself_must_be_right() {
        let folder = folder(&[]);
        let path = folder.path().join("nginx.conf");
        fs::write(&path, b"# \xFF\n\xFF \xFF; http { log_format a '\xFF'; log_format b B; log_format c $; }").unwrap();
        assert_eq!(read(&path, Some("b")).unwrap().text, "B");
        let message = read(&path, Some("a")).unwrap_err().to_string();
        assert!(message.ends_with(":2:27: the name and the text of a log_format must be UTF-8"), "{message}");
        assert!(read(&path, Some("c")).unwrap_err().to_string().ends_with("`$name` or `${name}`"));
    }
}
