//! Which fields of a format say what: what people ask of a log has the same name in no two of them.

use lp_core::{Field, Kind, Record, Schema};

use super::texts::Writing;

/// How the time that something took is called, and the unit that it is given in; the first of them are nginx's.
pub(super) const DURATIONS: [(&str, Unit); 14] = [
    ("request_time", Unit::Seconds),
    ("upstream_response_time", Unit::Seconds),
    ("upstream_connect_time", Unit::Seconds),
    ("upstream_header_time", Unit::Seconds),
    ("session_time", Unit::Seconds),
    ("duration_ms", Unit::Milliseconds),
    ("latency_ms", Unit::Milliseconds),
    ("elapsed_ms", Unit::Milliseconds),
    ("response_time_ms", Unit::Milliseconds),
    ("duration_seconds", Unit::Seconds),
    ("duration", Unit::Unknown),
    ("latency", Unit::Unknown),
    ("elapsed", Unit::Unknown),
    ("response_time", Unit::Unknown),
];

/// What a time is given in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// The log does not say.
    Unknown,
}

/// What texts are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Topic {
    /// The paths that were asked for, without what follows a `?`.
    Paths,
    /// Those of them that were answered with a status of 500 to 599.
    FailedPaths,
    /// The addresses of the clients.
    Clients,
    /// What the clients say that they are.
    UserAgents,
    /// Python's loggers.
    Loggers,
    /// The messages.
    Messages,
    /// Those of them with a severity of ERROR or worse.
    ErrorMessages,
}

impl Topic {
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 7] = [
        Self::Paths,
        Self::FailedPaths,
        Self::Clients,
        Self::UserAgents,
        Self::Loggers,
        Self::Messages,
        Self::ErrorMessages,
    ];
}

/// A field that holds a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextField {
    field: Field,
    kind: Kind,
}

/// A text of the log, and how it is written there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Text<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) writing: Writing,
}

impl TextField {
    /// The field of that name, if it holds a text.
    pub(super) fn new(field: Field, kind: Kind) -> Option<Self> {
        let holds_text = !matches!(kind, Kind::Members);
        holds_text.then_some(Self { field, kind })
    }

    #[inline(always)]
    pub(super) fn of<'a>(self, record: &Record<'a>) -> Option<Text<'a>> {
        let bytes = record.get(self.field)?;
        Some(match self.kind {
            Kind::Text => Text { bytes, writing: Writing::Escaped },
            Kind::JsonText => Text { bytes, writing: Writing::JsonText },
            Kind::Json => Text::of_json(bytes)?,
            _ => Text { bytes, writing: Writing::Plain },
        })
    }
}

impl<'a> Text<'a> {
    /// The text that a JSON value stands for; `null` for none.
    pub(super) fn of_json(value: &'a [u8]) -> Option<Self> {
        match value {
            b"null" => None,
            [b'"', bytes @ .., b'"'] => Some(Self { bytes, writing: Writing::JsonText }),
            bytes => Some(Self { bytes, writing: Writing::Plain }),
        }
    }
}

/// The fields of one kind of records.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    pub(super) status: Option<Field>,
    pub(super) method: Option<Field>,
    pub(super) path: Option<TextField>,
    pub(super) client: Option<TextField>,
    pub(super) user_agent: Option<TextField>,
    pub(super) size: Option<Field>,
    pub(super) logger: Option<TextField>,
    pub(super) message: Option<TextField>,
    /// With the place of each in [`DURATIONS`].
    pub(super) durations: Vec<(usize, Field)>,
    /// Where the members stand that are no fields.
    pub(super) members: Vec<Field>,
}

impl Fields {
    /// The fields of the first kind of a schema's records, and those of the second.
    pub(super) fn of(schema: &Schema) -> [Self; 2] {
        let first = schema.first_kind();
        [Self::among(schema, 0..first), Self::among(schema, first..schema.fields().len())]
    }

    fn among(schema: &Schema, places: std::ops::Range<usize>) -> Self {
        let fields = || schema.fields().iter().zip(0..).skip(places.start).take(places.len());
        let named = |names: &[&str], is_right: fn(Kind) -> bool| {
            names.iter().find_map(|name| {
                let (def, position) = fields().find(|(def, _)| def.name() == *name && is_right(def.kind()))?;
                Some((Field::new(position), def.kind()))
            })
        };
        let integer = |names: &[&str]| named(names, |kind| kind == Kind::Integer).map(|(field, _)| field);
        let text = |names: &[&str]| {
            let (field, kind) = named(names, |kind| kind != Kind::Members)?;
            TextField::new(field, kind)
        };
        let durations = DURATIONS.iter().enumerate().filter_map(|(number, (name, _))| {
            let (field, _) = named(&[*name], |kind| matches!(kind, Kind::Decimal | Kind::Integer))?;
            Some((number, field))
        });
        Self {
            status: integer(&["status_code"]),
            method: text(&["method", "request_method"]).map(|method| method.field),
            path: text(&["path", "request_uri", "uri"]),
            client: text(&["client_ip", "client", "realip_remote_addr", "http_x_forwarded_for"]),
            user_agent: text(&["user_agent"]),
            size: integer(&["response_size", "bytes_sent"]),
            logger: text(&["logger"]),
            message: text(&["message"]),
            durations: durations.collect(),
            members: fields()
                .filter(|(def, _)| def.kind() == Kind::Members)
                .map(|(_, position)| Field::new(position))
                .collect(),
        }
    }
}

/// What a record says of a request, or of whatever else it is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said<'a> {
    pub(super) status: Option<u64>,
    pub(super) method: Option<&'a [u8]>,
    pub(super) size: Option<u64>,
    pub(super) path: Option<Text<'a>>,
    pub(super) client: Option<Text<'a>>,
    pub(super) user_agent: Option<Text<'a>>,
    pub(super) logger: Option<Text<'a>>,
    pub(super) message: Option<Text<'a>>,
}

impl Fields {
    /// What the record's fields say, members apart.
    #[inline(always)]
    pub(super) fn of_record<'a>(&self, record: &Record<'a>) -> Said<'a> {
        let text = |field: Option<TextField>| field.and_then(|field| field.of(record));
        Said {
            status: self.status.and_then(|status| record.integer(status)),
            method: self.method.and_then(|method| record.get(method)),
            size: self.size.and_then(|size| record.integer(size)),
            path: text(self.path),
            client: text(self.client),
            user_agent: text(self.user_agent),
            logger: text(self.logger),
            message: text(self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_their_own_indices() {
        for (index, topic) in Topic::ALL.into_iter().enumerate() {
            assert_eq!(topic as usize, index);
        }
    }
}
