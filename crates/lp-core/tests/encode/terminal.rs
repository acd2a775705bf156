//! What is written to a terminal, whatever is in the log.

use std::collections::HashMap;
use std::num::NonZeroU16;

use lp_core::Format;
use lp_core::encode::{Encoding, Layout, Place, Screen, Terminal, is_printable};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::{chosen, logs, written};

/// Every sequence that may be written.
const STYLES: [&str; 9] = ["0", "1", "2", "31", "32", "33", "35", "36", "1;31"];

fn shown(format: &dyn Format, log: &[u8], layout: &Layout, columns: Option<u16>, color: bool) -> String {
    let screen = Screen::new();
    screen.set_columns(columns.and_then(NonZeroU16::new));
    let terminal = Terminal::new(screen).color(color).origin("from", "/var/log/", 12);
    written(format, log, layout, &Encoding::Terminal(terminal))
}

fn without_styles(text: &str) -> String {
    STYLES.iter().fold(text.to_owned(), |text, style| text.replace(&format!("\x1b[{style}m"), ""))
}

/// How often each word is there that is no wider than this.
fn words(text: &str, widest: usize) -> HashMap<&str, usize> {
    let mut words = HashMap::new();
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty() && word.width() <= widest) {
        *words.entry(word).or_default() += 1;
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn lines_fit_and_nothing_is_lost((format, log) in logs::any(), columns in 20_u16..100, from in "[a-z/]{1,20}", all in any::<bool>()) {
        let layout = if all { Layout::of(format.schema()) } else { chosen(&*format) };
        let layout = layout.add("from", &format!("/var/log/{from}"), Place::Last).unwrap();
        let text = shown(&*format, &log, &layout, None, false);
        let wrapped = shown(&*format, &log, &layout, Some(columns), false);
        for line in wrapped.lines() {
            prop_assert!(line.width() <= columns.into(), "{line:?} {}", line.width());
            prop_assert!(!line.ends_with(' '), "{line:?}");
        }
        prop_assert!(wrapped.chars().all(|char| char == '\n' || is_printable(char)), "{wrapped:?}");
        let letters = |text: &str| text.replace([' ', '\n'], "");
        prop_assert_eq!(letters(&text), letters(&wrapped));
        let (whole, found) = (words(&text, usize::from(columns) / 2), words(&wrapped, usize::from(columns)));
        for (word, count) in whole {
            prop_assert!(found.get(word).is_some_and(|found| *found >= count), "{word:?} {wrapped}");
        }
        let colored = shown(&*format, &log, &layout, Some(columns), true);
        prop_assert_eq!(&without_styles(&colored), &wrapped);
        // A line can be cut out.
        prop_assert!(colored.lines().all(|line| line.rfind("\x1b[").is_none_or(|last| line[last..].starts_with("\x1b[0m"))), "{colored:?}");
    }
}

/// What any character does to a terminal, it does not do there.
#[test]
fn every_character() {
    let format = lp_core::format::python::Python::usual();
    let layout = Layout::of(Format::schema(&format));
    for char in ('\0'..='\u{E1000}').filter(|char| *char != '\n') {
        if !is_printable(char) || (char as u32).is_multiple_of(64) {
            let log = format!("2025-11-06 10:30:15,123 INFO a: x{char}y\n");
            let text = shown(&format, log.as_bytes(), &layout, Some(40), false);
            assert!(text.chars().all(|char| char == '\n' || is_printable(char)), "{text:?}");
            assert_eq!(text.contains(char), is_printable(char), "{text:?}");
        }
    }
}

#[test]
fn what_joins_emoji_is_shown_between_them_only() {
    let format = lp_core::format::python::Python::usual();
    let layout = Layout::of(Format::schema(&format));
    let shown = |message: &str, columns| {
        let log = format!("2025-11-06 10:30:15,123 INFO a: {message}\n");
        shown(&format, log.as_bytes(), &layout, Some(columns), false)
    };
    for (message, want) in [
        ("👨\u{200D}👩\u{200D}👧", "👨\u{200D}👩\u{200D}👧"),
        ("❤\u{FE0F}\u{200D}🔥!", "❤\u{FE0F}\u{200D}🔥!"),
        ("a\u{200D}b", "a\\u{200d}b"),
        ("👩\u{200D}\u{202E}x", "👩\\u{200d}\\u{202e}x"),
        ("👩\u{200D}\u{200D}👩", "👩\\u{200d}\\u{200d}👩"),
    ] {
        assert!(shown(message, 80).ends_with(&format!(" {want}\n")), "{message:?} {}", shown(message, 80));
    }
    let couple = "👩🏽\u{200D}❤\u{FE0F}\u{200D}💋\u{200D}👨🏽";
    let many = couple.repeat(5);
    for columns in 20..60 {
        let shown = shown(&many, columns);
        assert_eq!(shown.matches(couple).count(), 5, "{columns} {shown}");
        assert!(shown.lines().all(|line| line.width() <= usize::from(columns)), "{columns} {shown}");
    }
}

#[test]
fn a_screen_may_change() {
    let format = lp_core::format::python::Python::usual();
    let layout = Layout::of(Format::schema(&format));
    let log = b"2025-11-06 10:30:15,123 INFO a: some words that may or may not fit\n";
    let mut batch = lp_core::Batch::new();
    format.parse(log, &mut batch);
    let screen = Screen::new();
    let encoder = Encoding::Terminal(Terminal::new(screen.clone()).color(false)).encoder(&layout).unwrap();
    let lines = || {
        let mut out = lp_core::encode::Output::new();
        encoder.encode(&batch, log, &[0], &mut out);
        std::str::from_utf8(out.as_bytes()).unwrap().lines().count()
    };
    assert_eq!(lines(), 1);
    screen.set_columns(NonZeroU16::new(60));
    assert_eq!(lines(), 2);
    screen.set_columns(NonZeroU16::new(1));
    assert_eq!(lines(), 6);
    screen.set_columns(None);
    assert_eq!(lines(), 1);
}
