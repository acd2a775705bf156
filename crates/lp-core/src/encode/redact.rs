//! What must not be seen, and where else it could be.
//!
//! A value may show in more than one place, and hiding it in one of them is worth nothing. So:
//!
//! - Where any field is redacted, a record's raw text ([`raw`](super::Layout), the `message` of a record that did not parse)
//!   is replaced as a whole by [`REDACTED`], as nothing says where in it the field stands.
//! - The parts of a request line and the line itself show the same: a rule for `path`, `method` or `protocol` holds for
//!   `request`, and one for `request` for its parts; nginx's `request_uri`, `uri` and `args` are `path` and parts of it.
//! - Of a JSON log the time, the severity and the message are members with one of several names (`msg`, `event`); a rule for
//!   one of these holds for all of them. A rule for a member holds for all that is in it, for every member of that name if
//!   there are several, and within arrays.
//! - What is made of a field (`status_class`, `url.query`) is redacted with it, and a field keeps its rules under any name.
//! - A rule [for everything](super::Layout::redact_all) sees every text and number, the keys of JSON members too. Raw
//!   text with escapes in it is replaced as a whole where the rule matches it with its escapes decoded.
//! - Any rule sees a text with its escapes decoded, also where the text is shown as it was logged.
//!
//! What a rule for a field cannot know is that other fields say the same: an address in a message, a user's name in a path.
//! A rule for everything is the answer to that.

use std::borrow::Cow;
use std::sync::Arc;

use super::members;
use crate::escape::unescape;

/// What stands in place of a raw text that cannot be shown.
pub const REDACTED: &str = "[REDACTED]";

/// Replaces what should not be seen.
pub trait Redact: Send + Sync {
    /// Appends what is shown in place of a value to `out` and returns `true`; or returns `false`, and the value is shown as
    /// it is. Texts come with their escapes decoded, numbers as digits, values of JSON that are neither as they stand.
    fn redact(&self, value: &[u8], out: &mut Vec<u8>) -> bool;
}

/// Several redactors, applied one after the other.
pub(super) type Redactors = Box<[Arc<dyn Redact>]>;

/// What is to be redacted.
#[derive(Clone, Default)]
pub(super) struct Rules {
    fields: Vec<(Box<str>, Arc<dyn Redact>)>,
    everywhere: Vec<Arc<dyn Redact>>,
}

/// Names of members that a JSON log has for one thing, and of lp's own for it.
const SAME: [&[&str]; 3] = [
    &["message", "msg", "event"],
    &["timestamp", "time", "ts", "@timestamp", "asctime"],
    &["severity", "severity_text", "severity_number", "level", "levelname", "log.level"],
];

/// Names for what stands between the method and the protocol of a request line, and for parts of it.
const TARGET: [&str; 6] = ["path", "request_uri", "uri", "document_uri", "args", "query_string"];

impl Rules {
    pub(super) fn add(&mut self, name: &str, redact: Arc<dyn Redact>) {
        self.fields.push((name.into(), redact));
    }

    pub(super) fn add_everywhere(&mut self, redact: Arc<dyn Redact>) {
        self.everywhere.push(redact);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.everywhere.is_empty()
    }

    /// Whether any rule is for a field.
    pub(super) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Those for everything.
    pub(super) fn everywhere(&self) -> &[Arc<dyn Redact>] {
        &self.everywhere
    }

    /// Those for what is called so, in a record of a JSON log or of another.
    pub(super) fn of<'a>(&'a self, name: &'a str, json: bool) -> impl Iterator<Item = &'a Arc<dyn Redact>> {
        let fields = self.fields.iter().filter(move |(rule, _)| holds(rule, name, json)).map(|(_, redact)| redact);
        fields.chain(&self.everywhere)
    }

    /// Whether some rule is for a part of the member that is called so, or for everything.
    pub(super) fn reach_into(&self, member: &str) -> bool {
        let member = common(member);
        !self.everywhere.is_empty() || self.fields.iter().any(|(rule, _)| is_part_of(&common(rule), &member))
    }
}

/// Whether a rule for one name holds for what has another.
fn holds(rule: &str, name: &str, json: bool) -> bool {
    let is_target = |name: &str| TARGET.contains(&name);
    let is_part = |name: &str| matches!(name, "method" | "protocol") || is_target(name);
    let is_within = |rule: &str, name: &str| rule == name || is_part_of(name, rule);
    is_within(rule, name)
        || json && is_within(&common(rule), &common(name))
        || is_target(rule) && is_target(name)
        || rule == "request" && is_part(name)
        || name == "request" && is_part(rule)
        || name == "status_class" && rule == "status_code"
}

/// Whether a name is that of a member in another.
fn is_part_of(part: &str, whole: &str) -> bool {
    part.strip_prefix(whole).is_some_and(|rest| rest.starts_with('.'))
}

/// The name of a member with the first of those that mean the same.
fn common(name: &str) -> Cow<'_, str> {
    let first = |name: &str| SAME.iter().find(|same| same.contains(&name)).map(|same| same[0]);
    if let Some(same) = first(name) {
        return same.into();
    }
    match name.split_once('.').map(|(outer, rest)| (first(outer), rest)) {
        Some((Some(same), rest)) => format!("{same}.{rest}").into(),
        _ => name.into(),
    }
}

/// The buffers of [`apply`].
#[derive(Default)]
pub(super) struct Buffers {
    shown: Vec<u8>,
    next: Vec<u8>,
}

/// What is shown in place of a value, unless it stays as it is.
pub(super) fn apply<'a, 'r>(
    redactors: impl IntoIterator<Item = &'r Arc<dyn Redact>>,
    value: &[u8],
    buffers: &'a mut Buffers,
) -> Option<&'a [u8]> {
    let mut changed = false;
    for redactor in redactors {
        buffers.next.clear();
        let from = if changed { &buffers.shown } else { value };
        if redactor.redact(from, &mut buffers.next) {
            std::mem::swap(&mut buffers.shown, &mut buffers.next);
            changed = true;
        }
    }
    changed.then_some(&buffers.shown)
}

/// What is shown in place of raw text, unless it stays as it is.
pub(super) fn apply_to_raw<'a>(rules: &Rules, raw: &[u8], buffers: &'a mut Buffers) -> Option<&'a [u8]> {
    if rules.has_fields() {
        return Some(REDACTED.as_bytes());
    }
    if rules.is_empty() {
        return None;
    }
    if memchr::memchr(b'\\', raw).is_some() {
        let is_hidden = |decoded: &[u8]| apply(rules.everywhere(), decoded, &mut Buffers::default()).is_some();
        let (mut decoded, mut text) = (Vec::new(), String::new());
        unescape(raw, &mut decoded);
        members::unescape_json(raw, &mut text);
        if is_hidden(&decoded) || is_hidden(text.as_bytes()) {
            return Some(REDACTED.as_bytes());
        }
    }
    apply(rules.everywhere(), raw, buffers)
}
