//! The bar that shows how far the reading has come.

use std::fmt;
use std::fs::File;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lp::Input;

use crate::terminal;

/// Shows progress where a person sees it, and tells what could not be read.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// With a bar if stderr is a terminal, the size of every input is known, and the records go to where nobody shows
    /// them: not to the terminal, nor to a program that may.
    pub(crate) fn new(inputs: &[Input], output: &File) -> Self {
        let visible = io::stderr().is_terminal() && !output.is_terminal() && !is_pipe(output);
        let size = if visible { inputs.iter().map(Input::size).sum() } else { None };
        let bar = size.map(|size: u64| {
            let bar = ProgressBar::with_draw_target(Some(size), ProgressDrawTarget::stderr());
            let style =
                "{bar:30} {percent:>3}%  {binary_bytes} of {binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Self { bar }
    }

    /// Without a bar.
    pub(crate) const fn none() -> Self {
        Self { bar: None }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Tells a problem on stderr, beside the bar.
    pub(crate) fn complain(&self, message: fmt::Arguments<'_>) {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::complain(message)),
            None => terminal::complain(message),
        }
    }

    /// Tells something on stderr, beside the bar.
    pub(crate) fn say(&self, message: fmt::Arguments<'_>) {
        let _ = self.tell(message);
    }

    /// As [`say`](Self::say), for what must not be lost without a sign.
    pub(crate) fn tell(&self, message: fmt::Arguments<'_>) -> io::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(|| terminal::tell(message)),
            None => terminal::tell(message),
        }
    }

    /// So many bytes have been read.
    pub(crate) fn set(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(bytes);
        }
    }
}

#[cfg(unix)]
fn is_pipe(output: &File) -> bool {
    use std::os::unix::fs::FileTypeExt;
    output.metadata().is_ok_and(|output| output.file_type().is_fifo() || output.file_type().is_socket())
}

#[cfg(windows)]
fn is_pipe(output: &File) -> bool {
    !output.metadata().is_ok_and(|output| output.is_file())
}
