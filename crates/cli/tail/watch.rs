//! What a person is told beside the records.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use lp::format::detect::Detected;
use lp::tail::{Pattern, glob};
use lp::{Input, InputError, Notice, Observer, Status};

use super::view::View;
use crate::summary::DetectedFormat;
use crate::terminal;

/// Tells of files on stderr, in a colour that keeps behind the records.
pub(super) struct Watch {
    view: View,
    style: Style,
    /// The paths of which files are open, and how many.
    open: HashMap<PathBuf, usize>,
    /// Of which there was nothing when it began.
    awaited: Vec<PathBuf>,
    /// The one that was closed last: a file that is truncated is closed and opened again.
    closed: Option<PathBuf>,
}

impl Watch {
    pub(super) fn new(patterns: &[Pattern], view: View) -> Self {
        let has_colors = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let style = if has_colors { Style::new().dimmed() } else { Style::new() };
        let watch = |awaited| Self { view, style, open: HashMap::new(), awaited, closed: None };
        let missing = patterns.iter().filter_map(|pattern| match pattern {
            Pattern::Path(path) if !path.exists() => Some(path.clone()),
            _ => None,
        });
        let watch = watch(missing.collect());
        for path in &watch.awaited {
            watch.tell(path, format_args!("it is not there yet, and waited for"));
        }
        for pattern in patterns {
            if let Pattern::Glob(text) = pattern
                && glob::expand(Path::new(""), text.as_bytes()).is_ok_and(|found| found.is_empty())
            {
                watch.tell(Path::new(text), format_args!("no file matches it yet, and one is waited for"));
            }
        }
        watch
    }

    fn tell(&self, path: &Path, what: fmt::Arguments<'_>) {
        self.say(format_args!("{}: {what}", Input::path(path).name()));
    }

    fn say(&self, message: fmt::Arguments<'_>) {
        let style = self.style;
        terminal::say(format_args!("{style}lp: {message}{style:#}"));
    }

    fn opened(&mut self, path: &Path) {
        let is_another = self.open.contains_key(path) || self.closed.as_deref() == Some(path);
        *self.open.entry(path.to_owned()).or_default() += 1;
        let awaited = self.awaited.len();
        self.awaited.retain(|awaited| awaited != path);
        if self.awaited.len() < awaited {
            self.tell(path, format_args!("it is there now"));
        } else if is_another {
            self.tell(path, format_args!("it has begun anew"));
        }
    }

    fn closed(&mut self, path: &Path) {
        if let Some(open) = self.open.get_mut(path) {
            *open -= 1;
            if *open == 0 {
                self.open.remove(path);
            }
        }
        self.closed = Some(path.to_owned());
    }
}

impl Observer for Watch {
    fn input_failed(&mut self, error: &InputError) {
        self.say(format_args!("{error}"));
    }

    fn format_detected(&mut self, input: &str, detected: &Detected) {
        if detected.first.is_none() {
            self.say(format_args!("{}", DetectedFormat { input, detected }));
        }
    }

    fn status(&mut self, _status: &Status<'_>) {
        self.view.look();
    }

    fn notice(&mut self, notice: &Notice<'_>) {
        match notice {
            Notice::Opened { path, .. } => self.opened(path),
            Notice::Ended { path } => self.closed(path),
            Notice::Lost { path, bytes } => {
                self.tell(path, format_args!("{bytes} bytes are gone that were not read before it was cut or deleted"));
            }
            Notice::Skipped { path, bytes } => self.tell(path, format_args!("a hole of {bytes} NUL bytes is left out")),
            Notice::Unreadable { path, error } => self.tell(path, format_args!("{error}; it is tried again")),
            Notice::Compressed { path } => self.tell(path, format_args!("it is compressed, and not followed")),
            Notice::Lacking { input, name, error } => {
                self.say(format_args!("{input}: {name}: {error} (it is followed all the same)"))
            }
            _ => {}
        }
    }
}
