//! The terminal that records are shown on, if they are.

use std::io::{self, IsTerminal, Stdout};
use std::num::NonZeroU16;
use std::time::{SystemTime, UNIX_EPOCH};

use anstream::ColorChoice;
use lp::Timestamp;
use lp::encode::{Screen, Terminal};
use terminal_size::{Width, terminal_size_of};

use super::origin::{self, Origin};
use crate::args::Color;

/// How the standard output shows records to people.
pub(super) struct View {
    screen: Screen,
    is_terminal: bool,
    color: bool,
}

impl View {
    pub(super) fn new(stdout: &Stdout, color: Color) -> Self {
        let view = Self {
            screen: Screen::new(),
            is_terminal: stdout.is_terminal(),
            color: color.on(stdout) != ColorChoice::Never,
        };
        view.look();
        view
    }

    /// Lets what is shown from now on fit the terminal as it is now.
    pub(super) fn look(&self) {
        let columns = if self.is_terminal { terminal_size_of(io::stdout()) } else { None };
        self.screen.set_columns(columns.and_then(|(Width(columns), _)| NonZeroU16::new(columns)));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        if let Some(now) = now.and_then(|now| i64::try_from(now.as_nanos()).ok()) {
            self.screen.set_now(Timestamp::from_nanos(now));
        }
    }

    /// How records are shown there; `None` where they are not shown, but go to another program.
    pub(super) fn terminal(&self, origin: Option<Origin>) -> Option<Terminal> {
        if !self.is_terminal && !self.color {
            return None;
        }
        let terminal = Terminal::new(self.screen.clone()).color(self.color);
        Some(match origin {
            Some(Origin { folder, width }) => terminal.origin(origin::COLUMN, folder, width),
            None => terminal,
        })
    }
}
