//! The cases of `cases.txt`.

use std::sync::Arc;

use lp_core::encode::{Encoding, Layout, LayoutError, Place, Preset, Screen, Template, Terminal};
use lp_core::format::Mixed;
use lp_core::format::access::Access;
use lp_core::format::json::Json;
use lp_core::format::log_format::{Escape, LogFormat};
use lp_core::format::nginx_error::NginxError;
use lp_core::format::python::Python;
use lp_core::{Format, Timestamp, Zone};

/// Does the steps of a layout.
fn layout(format: &dyn Format, steps: &str) -> Result<Layout, LayoutError> {
    let mut layout = Layout::of(format.schema());
    for step in steps.split(" | ").filter(|step| !step.is_empty()) {
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        layout = match verb {
            "select" | "rename" => {
                let pairs: Vec<(&str, &str)> =
                    rest.split(' ').map(|pair| pair.split_once('>').unwrap_or((pair, pair))).collect();
                if verb == "select" { layout.select(&pairs)? } else { layout.rename(&pairs)? }
            }
            "first" | "last" => {
                let (name, value) = rest.split_once('=').unwrap();
                layout.add(name, value, if verb == "first" { Place::First } else { Place::Last })?
            }
            "position" => {
                let (name, before) = rest.split_once('=').unwrap();
                layout.add_position(name, before, Place::Last)?
            }
            "hide" => layout.redact(rest, Arc::new(super::Mark))?,
            "hide-secrets" => layout.redact_all(Arc::new(super::Secret)),
            "ecs" => layout.with_preset(Preset::Ecs),
            "otel" => layout.with_preset(Preset::OpenTelemetry),
            "no-decode" => layout.with_decode(false),
            other => panic!("{other}"),
        };
    }
    Ok(layout)
}

fn format(name: &str) -> Arc<dyn Format> {
    match name {
        "combined" => Arc::new(Access::combined()),
        "json" => Arc::new(Json::new()),
        "python" => Arc::new(Python::usual()),
        "nginx-error" => Arc::new(NginxError::new()),
        "nginx-json" => Arc::new(LogFormat::compile("$status \"$http_user_agent\"", Escape::Json).unwrap()),
        "python+combined" => Arc::new(Mixed::new(Arc::new(Python::usual()), Arc::new(Access::combined())).unwrap()),
        other => panic!("{other}"),
    }
}

/// The columns of a terminal on the day of most logs here, or `-`; perhaps `color`, and `origin NAME FOLDER COLUMNS`.
fn terminal(settings: &str) -> Terminal {
    let screen = Screen::new();
    screen.set_now(Timestamp::read(b"2025-11-06 23:59:59", &Zone::UTC).unwrap().0);
    let mut words = settings.split(' ');
    screen.set_columns(words.next().unwrap().parse().ok());
    let mut terminal = Terminal::new(screen).color(false);
    while let Some(word) = words.next() {
        let mut next = || words.next().unwrap();
        terminal = match word {
            "color" => terminal.color(true),
            "origin" => terminal.origin(next(), next(), next().parse().unwrap()),
            other => panic!("{other}"),
        };
    }
    terminal
}

/// What must come of a case, and what does.
fn outcome(format_name: &str, steps: &str, encoding: &str, log: &[u8]) -> String {
    let format = format(format_name);
    let layout = match layout(&*format, steps) {
        Ok(layout) => layout,
        Err(error) => return format!("layout: {error}\n"),
    };
    let encoding = match encoding.split_once(' ') {
        None => encoding.parse().unwrap(),
        Some(("terminal", settings)) => Encoding::Terminal(terminal(settings)),
        Some((_, text)) => match Template::parse(text) {
            Ok(template) => Encoding::Template(template),
            Err(error) => return format!("template: {} at {}\n", error, error.at()),
        },
    };
    match encoding.encoder(&layout) {
        Ok(_) => super::written(&*format, log, &layout, &encoding),
        Err(error) => format!("encoding: {error}\n"),
    }
}

/// `LP_BLESS=1` writes what comes out to the file, to be read before it is committed.
#[test]
fn cases() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/encode/cases.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut written = String::new();
    let mut count = 0;
    let mut failed = Vec::new();
    for block in text.split("\n\n") {
        let lines: Vec<&str> = block.lines().collect();
        if lines.iter().all(|line| line.starts_with('#') || line.is_empty()) {
            written.push_str(block.trim_end());
            continue;
        }
        let value = |key: &str| lines.iter().find_map(|line| line.strip_prefix(key)).map_or("", str::trim_start);
        let of = |mark: char| -> Vec<&str> { lines.iter().filter_map(|line| line.strip_prefix(mark)).collect() };
        let log: String = of('<').iter().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
        let log = log.replace("\\e", "\x1b").replace("\\t", "\t");
        let got =
            outcome(value("format:"), value("layout:"), value("encoding:"), log.as_bytes()).replace('\x1b', "\\e");
        let got: Vec<String> =
            got.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") }).collect();
        if got != of('>') {
            failed.push(format!("{}\n{}", lines[0], got.join("\n")));
        }
        count += 1;
        let rest: Vec<&str> = lines.iter().copied().filter(|line| !line.starts_with('>')).collect();
        written.push_str(&format!("\n\n{}\n", rest.join("\n")));
        written.push_str(&got.iter().map(|line| format!(">{line}")).collect::<Vec<_>>().join("\n"));
    }
    if std::env::var_os("LP_BLESS").is_some() {
        std::fs::write(path, written + "\n").unwrap();
        return;
    }
    assert!(count > 20);
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
