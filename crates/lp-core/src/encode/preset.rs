//! The names that others have for what lp knows.

use super::column::{Column, Kinds, Part, Source};

/// A standard for the names of fields. A field that the standard has no name for keeps its own, as does one whose name there
/// another one has taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Preset {
    /// The [Elastic Common Schema].
    ///
    /// `log.level` is the level as it was logged, and lp's severity where there is none. The client's address is
    /// `source.address`, which ECS asks for wherever there is one (`client.*` comes to it, never in its place); it is no
    /// `source.ip`, because a log may have a name, a list or `unix:` there. `http.version` is without `HTTP/`.
    ///
    /// [Elastic Common Schema]: https://www.elastic.co/docs/reference/ecs/ecs-field-reference
    Ecs,
    /// OpenTelemetry's [log data model] and its [semantic conventions], as one flat object: `severity_text` is the level as it
    /// was logged, and the short name of the severity where there is none; `severity_number` comes behind it.
    ///
    /// `url.path` and `url.query` are made of the request's target. `http.request.method` is as logged, also where it is
    /// none of the methods that the conventions know. There, the referrer would be a list (`http.request.header.referer`), so
    /// it keeps lp's name.
    ///
    /// [log data model]: https://opentelemetry.io/docs/specs/otel/logs/data-model/
    /// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/registry/attributes/
    OpenTelemetry,
}

/// lp's names with those of the Elastic Common Schema.
const ECS: &[(&str, &str)] = &[
    ("timestamp", "@timestamp"),
    ("severity", "log.level"),
    ("raw", "event.original"),
    ("client_ip", "source.address"),
    ("client", "source.address"),
    ("remote_port", "source.port"),
    ("user", "user.name"),
    ("method", "http.request.method"),
    ("path", "url.original"),
    ("scheme", "url.scheme"),
    ("host", "url.domain"),
    ("protocol", "http.version"),
    ("status_code", "http.response.status_code"),
    ("response_size", "http.response.body.bytes"),
    ("bytes_sent", "http.response.bytes"),
    ("request_length", "http.request.bytes"),
    ("request_id", "http.request.id"),
    ("referer", "http.request.referrer"),
    ("referrer", "http.request.referrer"),
    ("user_agent", "user_agent.original"),
    ("server", "server.address"),
    ("server_port", "server.port"),
    ("logger", "log.logger"),
    ("traceback", "error.stack_trace"),
    ("exc_text", "error.stack_trace"),
    ("pid", "process.pid"),
    ("tid", "process.thread.id"),
    ("process", "process.pid"),
    ("processName", "process.name"),
    ("thread", "process.thread.id"),
    ("threadName", "process.thread.name"),
    ("filename", "log.origin.file.name"),
    ("lineno", "log.origin.file.line"),
    ("funcName", "log.origin.function"),
];

/// lp's names with those of OpenTelemetry.
const OPEN_TELEMETRY: &[(&str, &str)] = &[
    ("severity", "severity_text"),
    ("message", "body"),
    ("raw", "log.record.original"),
    ("client_ip", "client.address"),
    ("client", "client.address"),
    ("remote_port", "client.port"),
    ("user", "user.name"),
    ("method", "http.request.method"),
    ("path", "url.path"),
    ("scheme", "url.scheme"),
    ("protocol", "network.protocol.version"),
    ("status_code", "http.response.status_code"),
    ("response_size", "http.response.body.size"),
    ("bytes_sent", "http.response.size"),
    ("request_length", "http.request.size"),
    ("user_agent", "user_agent.original"),
    ("logger", "otel.scope.name"),
    ("traceback", "exception.stacktrace"),
    ("pid", "process.pid"),
    ("tid", "thread.id"),
    ("thread", "thread.id"),
    ("threadName", "thread.name"),
    ("pathname", "code.file.path"),
    ("lineno", "code.line.number"),
    ("process", "process.pid"),
    ("funcName", "code.function.name"),
];

impl Preset {
    fn name(self, name: &str) -> Option<&'static str> {
        let names = match self {
            Self::Ecs => ECS,
            Self::OpenTelemetry => OPEN_TELEMETRY,
        };
        names.iter().find(|(known, _)| *known == name).map(|(_, name)| *name)
    }

    /// Gives the columns their names.
    pub(super) fn rename(self, columns: &mut Vec<Column>) {
        let mut renamed: Vec<Column> = Vec::with_capacity(columns.len() + 2);
        for column in columns.iter().flat_map(|column| level_columns(column, columns)) {
            // What was added has the name that somebody has chosen for it.
            let is_own = column.name == column.known_as && !column.source.is_added();
            let free = |name: &&str, renamed: &[Column], column: &Column| {
                let others = columns.iter().filter(|other| other.known_as != column.known_as);
                let is_taken = |other: &Column| *other.name == **name && other.is_beside(column);
                !renamed.iter().any(is_taken)
                    && !others.clone().any(|other| other.name != other.known_as && is_taken(other))
            };
            let Some(name) = self.name(&column.known_as).filter(|name| is_own && free(name, &renamed, &column)) else {
                renamed.push(column);
                continue;
            };
            let mut named = Column { name: name.into(), ..column.clone() };
            if let Source::Field(field, kind, Part::Whole) = column.source {
                let part = match name {
                    "http.version" | "network.protocol.version" => Part::HttpVersion,
                    "url.path" => Part::UrlPath,
                    "url.domain" => Part::HostName,
                    _ => Part::Whole,
                };
                named.source = Source::Field(field, kind, part);
                renamed.push(named);
                if part == Part::UrlPath {
                    let source = Source::Field(field, kind, Part::UrlQuery);
                    renamed.push(Column { name: "url.query".into(), source, optional: true, ..column });
                }
                continue;
            }
            let is_level = self == Self::OpenTelemetry && &*column.known_as == "severity";
            renamed.push(named);
            if is_level && !columns.iter().any(|other| other.source == Source::SeverityNumber) {
                let name = "severity_number".into();
                renamed.push(Column {
                    name,
                    source: Source::SeverityNumber,
                    known_as: "severity_number".into(),
                    ..column
                });
            }
        }
        *columns = renamed;
    }
}

/// The column, and for the severity one for each kind of records: with the level as it was logged, where it goes out too.
/// That has no column of its own then.
fn level_columns(column: &Column, all: &[Column]) -> Vec<Column> {
    let is_level = |column: &Column| {
        column.name == column.known_as
            && matches!(&*column.name, "level" | "severity_text")
            && matches!(column.source, Source::Field(..))
    };
    let severity = all.iter().find(|column| column.source == Source::Severity && column.name == column.known_as);
    if severity.is_none() || !(is_level(column) || column.source == Source::Severity && column.name == column.known_as)
    {
        return vec![column.clone()];
    }
    if is_level(column) {
        return Vec::new();
    }
    let with_level = |kinds: Kinds| {
        let level = all.iter().find(|other| is_level(other) && other.kinds == kinds);
        let source = match level.map(|level| &level.source) {
            Some(&Source::Field(field, kind, _)) => Source::LevelOrSeverity(field, kind),
            _ => Source::Severity,
        };
        Column { source, kinds, ..column.clone() }
    };
    let has_two = all.iter().any(|other| other.kinds != Kinds::Both);
    if has_two { vec![with_level(Kinds::First), with_level(Kinds::Second)] } else { vec![with_level(Kinds::Both)] }
}
