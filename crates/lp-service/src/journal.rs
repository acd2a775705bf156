//! What the service says of itself while it goes on: short lines, and never more of them than somebody can read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lp::event::Event;
use lp::format::detect::Detected;

/// Where the service's own lines go, and the events that no sink takes. Called from several threads.
pub trait Log: Send + Sync {
    /// A line for people. It holds nothing that could speak to a terminal.
    fn line(&self, line: &str);

    /// The stage of this name tells something that no sink takes.
    fn event(&self, stage: &str, event: &Event);

    /// The format of an input was told from its first records.
    fn format_detected(&self, input: &str, detected: &Detected) {
        let _ = (input, detected);
    }
}

/// What lines are about. Lines of each topic are bounded, so that a thousand files that come and go do not bury an outage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Topic {
    /// The life of the service. Never held back.
    Life,
    /// Files that are not there.
    Awaited,
    /// Files that come and go.
    Files,
    /// Bytes that are lost or skipped.
    Losses,
    /// Files that cannot be read.
    Unreadable,
    /// The formats of files.
    Formats,
    /// Sinks and the checkpoint that fail, and work again.
    Outages,
}

/// The most lines of a topic in a [`WINDOW`].
const MOST: u32 = 10;

/// After so much time there may be more of them.
const WINDOW: Duration = Duration::from_secs(10);

/// Says lines, as far as they are not too many.
#[derive(Clone)]
pub(crate) struct Journal {
    log: Arc<dyn Log>,
    topics: Arc<Mutex<BTreeMap<Topic, Window>>>,
}

struct Window {
    since: Instant,
    said: u32,
    held_back: u64,
}

impl Journal {
    pub(crate) fn new(log: Arc<dyn Log>) -> Self {
        Self { log, topics: Arc::default() }
    }

    /// Says a line, or counts it if there were too many of its topic.
    pub(crate) fn say(&self, topic: Topic, line: fmt::Arguments<'_>) {
        self.say_at(Instant::now(), topic, line);
    }

    fn say_at(&self, now: Instant, topic: Topic, line: fmt::Arguments<'_>) {
        self.catch_up_at(now);
        if topic == Topic::Life || self.has_room(now, topic) {
            self.log.line(&line.to_string());
        }
    }

    /// Whether there may be another line of this topic; if not, it is counted.
    fn has_room(&self, now: Instant, topic: Topic) -> bool {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        let window = topics.entry(topic).or_insert(Window { since: now, said: 0, held_back: 0 });
        let has_room = window.said < MOST;
        if has_room {
            window.said += 1
        } else {
            window.held_back += 1
        }
        has_room
    }

    /// Says how many lines were held back, where their time is over. To be called now and then.
    pub(crate) fn catch_up(&self) {
        self.catch_up_at(Instant::now());
    }

    fn catch_up_at(&self, now: Instant) {
        let mut held_back = Vec::new();
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        topics.retain(|topic, window| {
            let goes_on = now.saturating_duration_since(window.since) < WINDOW;
            if !goes_on && window.held_back > 0 {
                held_back.push((*topic, window.held_back));
            }
            goes_on
        });
        drop(topics);
        for (topic, count) in held_back {
            self.log.line(&format!("and {count} more about {}", topic.name()));
        }
    }

    /// The format of an input. (Some have a thousand files of one format.)
    pub(crate) fn format_detected(&self, input: &str, detected: &Detected) {
        if self.has_room(Instant::now(), Topic::Formats) {
            self.log.format_detected(input, detected);
        }
    }

    /// An event that no sink takes.
    pub(crate) fn event(&self, stage: &str, event: &Event) {
        self.log.event(stage, event);
    }
}

impl Topic {
    const fn name(self) -> &'static str {
        match self {
            Self::Life => "the service",
            Self::Awaited => "files that are not there yet",
            Self::Files => "files that come and go",
            Self::Losses => "what is lost or skipped",
            Self::Unreadable => "files that cannot be read",
            Self::Formats => "formats",
            Self::Outages => "what fails",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Log for Lines {
        fn line(&self, line: &str) {
            self.0.lock().unwrap().push(line.to_owned());
        }

        fn event(&self, _stage: &str, _event: &Event) {}
    }

    #[test]
    fn lines_are_bounded() {
        let lines = Arc::new(Lines::default());
        let journal = Journal::new(Arc::clone(&lines) as Arc<dyn Log>);
        let start = Instant::now();
        for number in 0..1000 {
            journal.say_at(start, Topic::Files, format_args!("file {number}"));
        }
        journal.say_at(start, Topic::Outages, format_args!("outage"));
        for _ in 0..20 {
            journal.say_at(start, Topic::Life, format_args!("reloaded"));
        }
        journal.catch_up_at(start + WINDOW / 2);
        journal.catch_up_at(start + WINDOW);
        journal.say_at(start + WINDOW, Topic::Files, format_args!("another"));
        journal.catch_up_at(start + 3 * WINDOW);
        let mut expected: Vec<String> = (0..10).map(|number| format!("file {number}")).collect();
        expected.push("outage".to_owned());
        expected.extend(vec!["reloaded".to_owned(); 20]);
        expected.extend(["and 990 more about files that come and go".to_owned(), "another".to_owned()]);
        assert_eq!(*lines.0.lock().unwrap(), expected);
    }
}
