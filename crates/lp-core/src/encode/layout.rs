//! Which columns go out, in which order and under which name.

use std::fmt;
use std::sync::Arc;

use super::column::{Column, Kinds, Part, Source};
use super::preset::Preset;
use super::redact::{Redact, Rules};
use crate::schema::{Field, Kind, Schema};

/// What of a record goes out: the columns, their order, their names, and what of them must not be seen.
///
/// [`Layout::of`] has all that lp knows of a record, as [`JsonEncoder`](super::JsonEncoder) shows it; the other methods
/// change that. [`Encoding::encoder`](super::Encoding::encoder) makes an encoder of it.
///
/// # Names
///
/// Columns are chosen by the name of a field of the schema, or by one of those that every record has:
///
/// | name | what it is |
/// |---|---|
/// | `timestamp` | the time, as RFC 3339 in UTC with as many digits of a fraction as were logged |
/// | `severity` | OpenTelemetry's short name |
/// | `severity_number` | its number, 1 to 24 |
/// | `message` | the field of that name; for a record that did not parse, its raw text |
/// | `raw` | the record as it was logged |
/// | `status_class` | `2xx`, `4xx` and so on, where the schema has a number `status_code` |
/// | `parse_error` | why the record did not parse |
/// | `truncated` | its length in bytes before it was cut |
///
/// In a JSON log every other name is that of a member, `a.b` too: a member of that name, or else `b` in the object `a`.
/// In a schema of two kinds a name may belong to either or both; a record shows `null` for what its kind does not have.
/// A column that was given another name can be chosen by that, too.
///
/// # Redaction
///
/// What a rule hides it hides wherever else that value shows: in the raw text, in the parts of a request line, in what is
/// made of it, in other members for the same. See [`redact`](Self::redact) and [`redact_all`](Self::redact_all).
#[derive(Clone)]
pub struct Layout {
    pub(super) schema: Schema,
    /// The schemas of other formats: their names are known, but no record here has them.
    others: Vec<Schema>,
    pub(super) columns: Vec<Column>,
    /// The names that columns were given, each with the one that it is known by; also those of columns that do not go out.
    given: Vec<(Box<str>, Box<str>)>,
    pub(super) rules: Rules,
    pub(super) decode: bool,
    /// Whether columns were chosen, and are not all there are.
    pub(super) chosen: bool,
    /// Whether the columns are those of [`Layout::of`].
    pub(super) full: bool,
}

/// Where a column that is added stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Before all other columns.
    First,
    /// Behind all other columns.
    Last,
}

/// Names that every schema has columns for, beside its fields.
const GENERAL: [&str; 7] = ["timestamp", "severity", "severity_number", "message", "parse_error", "truncated", "raw"];

impl Layout {
    /// All columns, as [`JsonEncoder`](super::JsonEncoder) shows them.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let mut columns = vec![
            Column::general("timestamp", Source::Timestamp, false),
            Column::general("severity", Source::Severity, false),
        ];
        for kind in kinds(schema) {
            let of_kind = columns.len();
            for (field, def) in fields(schema, kind) {
                let source = match (def.kind(), def.name()) {
                    (Kind::Members, _) => Source::Members(field),
                    (kind, "message") => Source::Message(field, kind),
                    (kind, _) => Source::Field(field, kind, Part::Whole),
                };
                columns.push(Column::new(def.name(), source, kind, def.is_optional()));
            }
            if !columns[of_kind..].iter().any(|column| &*column.name == "message") {
                columns.push(Column::new("message", Source::RawOfRejected, kind, true));
            }
        }
        columns.push(Column::general("parse_error", Source::ParseError, true));
        columns.push(Column::general("truncated", Source::Truncated, true));
        Self {
            schema: schema.clone(),
            others: Vec::new(),
            columns,
            given: Vec::new(),
            rules: Rules::default(),
            decode: true,
            chosen: false,
            full: true,
        }
    }

    /// Whether escapes in text fields are decoded where the result is UTF-8, as it is unless this says otherwise.
    #[must_use]
    pub fn with_decode(mut self, decode: bool) -> Self {
        self.decode = decode;
        self
    }

    /// With the names of another format of the same run: a column that only its records have can be chosen here too, and has
    /// no value.
    #[must_use]
    pub fn also(mut self, schema: &Schema) -> Self {
        self.others.push(schema.clone());
        self
    }

    /// The names that columns can be chosen by. In a JSON log those of its members come to these.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let fields = self.schema.fields().iter().filter(|field| field.kind() != Kind::Members);
        let fields = fields.map(|field| field.name()).filter(|name| !GENERAL.contains(name));
        let class = kinds(&self.schema).any(|kind| status_code(&self.schema, kind).is_some());
        GENERAL.into_iter().chain(fields).chain(class.then_some("status_class"))
    }

    /// The names of the columns that go out, each once, in their order.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        super::columns::names(&self.columns)
    }

    /// Whether a column can be chosen by this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The same columns, some of them under other names: pairs of the name that a column is [known by](Self#names) and the
    /// name that it gets. A column that does not go out is left out still.
    ///
    /// # Errors
    ///
    /// A name that no record has, an empty one, or one that two columns get.
    pub fn rename(mut self, names: &[(&str, &str)]) -> Result<Self, LayoutError> {
        let unknown = names.iter().find(|(name, _)| !self.has(name));
        if let Some((name, _)) = unknown {
            return Err(LayoutError::UnknownName((*name).to_owned()));
        }
        let given = self.given_by(names);
        for (shown, known) in &given {
            for column in self.columns.iter_mut().filter(|column| column.known_as == *known) {
                column.name.clone_from(shown);
            }
        }
        self.given.extend(given);
        self.full = false;
        self.checked()
    }

    /// Only these columns, in this order: pairs of the name that each is [known by](Self#names) and the name that it gets.
    ///
    /// # Errors
    ///
    /// A name that no record has, an empty one, or one that two columns get.
    pub fn select(mut self, columns: &[(&str, &str)]) -> Result<Self, LayoutError> {
        let mut chosen = Vec::new();
        for &(name, shown) in columns {
            let mut found = self.find(name).ok_or_else(|| LayoutError::UnknownName(name.to_owned()))?;
            for column in &mut found {
                column.name = shown.into();
            }
            chosen.append(&mut found);
        }
        self.columns = chosen;
        let given = self.given_by(columns);
        self.given.extend(given);
        (self.chosen, self.full) = (true, false);
        self.checked()
    }

    /// A constant in every record.
    ///
    /// # Errors
    ///
    /// A name that is empty, or that another column has.
    pub fn add(self, name: &str, value: &str, place: Place) -> Result<Self, LayoutError> {
        self.add_source(name, Source::Constant(value.into()), place)
    }

    /// The [position](crate::Record::position) of every record, in decimal digits behind a text: `access.log:181`.
    ///
    /// # Errors
    ///
    /// A name that is empty, or that another column has.
    pub fn add_position(self, name: &str, before: &str, place: Place) -> Result<Self, LayoutError> {
        self.add_source(name, Source::Position(before.into()), place)
    }

    fn add_source(mut self, name: &str, source: Source, place: Place) -> Result<Self, LayoutError> {
        let column = Column::general(name, source, false);
        match place {
            Place::First => self.columns.insert(0, column),
            Place::Last => self.columns.push(column),
        }
        self.full = false;
        self.checked()
    }

    /// The names of a standard for the columns that have their own name so far.
    #[must_use]
    pub fn with_preset(mut self, preset: Preset) -> Self {
        preset.rename(&mut self.columns);
        self.full = false;
        self
    }

    /// Hides the values of a column, which need not be one of those that go out: of a field, of a member, or what is made of
    /// them. With several rules for one column, the later sees what the earlier has left.
    ///
    /// Where any column has a rule, raw text is replaced as a whole by [`REDACTED`](super::REDACTED), also that of a record
    /// which did not parse: it is not known where in it the value stands. A rule for a part of a request line holds for the
    /// line, and the other way round; one for a member holds for every member of that name and all that is in it; one for a
    /// member that lp shows as `message`, time or severity holds for lp's column, and the other way round.
    ///
    /// Other fields may say the same, such as a message that quotes an address. For that there is
    /// [`redact_all`](Self::redact_all).
    ///
    /// # Errors
    ///
    /// A name that no record has.
    pub fn redact(mut self, name: &str, redact: Arc<dyn Redact>) -> Result<Self, LayoutError> {
        if self.find(name).is_none() {
            return Err(LayoutError::UnknownName(name.to_owned()));
        }
        let known = self.known_as(name).to_owned();
        if known != name {
            // Members of a JSON log may have the name that the column was given.
            self.rules.add(&known, Arc::clone(&redact));
        }
        self.rules.add(name, redact);
        self.full = false;
        Ok(self)
    }

    /// Hides something in every text and number of a record, in the names of JSON members, and in raw text; what was added
    /// stays.
    /// Raw text with escapes in it is replaced as a whole where the redactor changes it with its escapes decoded.
    #[must_use]
    pub fn redact_all(mut self, redact: Arc<dyn Redact>) -> Self {
        self.rules.add_everywhere(redact);
        self.full = false;
        self
    }

    /// What hides the values of a column, in the order in which it is applied. For those who show values elsewhere than in
    /// records.
    #[must_use]
    pub fn redactors(&self, name: &str) -> Vec<Arc<dyn Redact>> {
        let is_json = self.is_json(false) || self.is_json(true);
        self.rules.of(name, is_json).map(Arc::clone).collect()
    }

    /// Whether raw text must not be shown as it is, since there may be something in it that is hidden elsewhere.
    #[must_use]
    pub fn hides_raw(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Whether members of a JSON log are among what goes out, whose names are not known before.
    pub(super) fn has_open_members(&self) -> bool {
        self.columns.iter().any(|column| matches!(column.source, Source::Members(_)))
    }

    /// Whether records of a kind come from a JSON log.
    pub(super) fn is_json(&self, is_second: bool) -> bool {
        let kind = if is_second { Kinds::Second } else { Kinds::First };
        fields(&self.schema, kind).any(|(_, field)| field.kind() == Kind::Members)
    }

    /// The columns of a name, one for each kind of records; `None` where no kind has any.
    pub(super) fn find(&self, name: &str) -> Option<Vec<Column>> {
        let is_added = |column: &&Column| column.source.is_added() && *column.name == *name;
        if let Some(added) = self.columns.iter().find(is_added) {
            return Some(vec![added.clone()]);
        }
        let name = self.known_as(name);
        let general = match name {
            "timestamp" => Some(Source::Timestamp),
            "severity" => Some(Source::Severity),
            "severity_number" => Some(Source::SeverityNumber),
            "parse_error" => Some(Source::ParseError),
            "truncated" => Some(Source::Truncated),
            _ => None,
        };
        if let Some(source) = general {
            return Some(vec![Column::general(name, source, matches!(name, "parse_error" | "truncated"))]);
        }
        let found: Vec<Column> = kinds(&self.schema).map(|kind| self.find_in(kind, name)).collect();
        let is_known = found.iter().any(|column| column.source != Source::Nothing);
        (is_known || self.others.iter().any(|other| Self::of(other).find(name).is_some())).then_some(found)
    }

    /// The name that a column is known by which was given this one; else it is the name itself.
    fn known_as<'n>(&'n self, name: &'n str) -> &'n str {
        self.given.iter().rev().find(|(given, _)| **given == *name).map_or(name, |(_, known)| known)
    }

    /// What pairs of a name and a new one say: the new names, and what each is known by.
    fn given_by(&self, names: &[(&str, &str)]) -> Vec<(Box<str>, Box<str>)> {
        names.iter().map(|&(name, shown)| (shown.into(), self.known_as(name).into())).collect()
    }

    fn find_in(&self, kind: Kinds, name: &str) -> Column {
        let mut all = fields(&self.schema, kind).filter(|(_, def)| def.kind() != Kind::Members);
        let is_json = self.is_json(kind == Kinds::Second);
        let (source, optional) = match all.find(|(_, def)| def.name() == name) {
            Some((field, def)) if name == "message" => (Source::Message(field, def.kind()), def.is_optional()),
            Some((field, def)) => (Source::Field(field, def.kind(), Part::Whole), def.is_optional()),
            None => match (name, status_code(&self.schema, kind)) {
                ("raw", _) => (Source::Raw, false),
                ("message", _) => (Source::RawOfRejected, true),
                ("status_class", Some(field)) => (Source::StatusClass(field), false),
                _ if is_json && !name.is_empty() => (Source::Member, false),
                _ => (Source::Nothing, false),
            },
        };
        Column::new(name, source, kind, optional)
    }

    fn checked(self) -> Result<Self, LayoutError> {
        for (number, column) in self.columns.iter().enumerate() {
            let name = &*column.name;
            if name.is_empty() {
                return Err(LayoutError::EmptyName);
            }
            let is_taken = |other: &Column| *other.name == *name && other.kinds.overlap(column.kinds);
            if self.columns[..number].iter().any(is_taken) {
                return Err(LayoutError::DuplicateName(name.to_owned()));
            }
        }
        Ok(self)
    }
}

/// The kinds of records there are.
fn kinds(schema: &Schema) -> impl Iterator<Item = Kinds> {
    let has_two = schema.first_kind() < schema.fields().len();
    [Kinds::First, Kinds::Second].into_iter().take(if has_two { 2 } else { 1 }).map(move |kind| {
        // With one kind all is of every record.
        if has_two { kind } else { Kinds::Both }
    })
}

/// The fields of a kind of records.
fn fields(schema: &Schema, kind: Kinds) -> impl Iterator<Item = (Field, &crate::schema::FieldDef)> {
    let first = schema.first_kind();
    // A schema has no more fields than the number holds.
    let all = schema.fields().iter().enumerate().map(|(number, def)| (Field::new(number as u16), def));
    all.filter(move |(field, _)| kind.have(field.position() >= first))
}

fn status_code(schema: &Schema, kind: Kinds) -> Option<Field> {
    let mut all = fields(schema, kind);
    all.find(|(_, def)| def.name() == "status_code" && def.kind() == Kind::Integer).map(|(field, _)| field)
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// Why a [`Layout`] cannot be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum LayoutError {
    /// No record has a column of this name; [`Layout::names`] has those there are.
    UnknownName(String),
    /// Two columns have this name.
    DuplicateName(String),
    /// A column has no name.
    EmptyName,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName(name) => write!(f, "there is no field `{name}`"),
            Self::DuplicateName(name) => write!(f, "two fields would be named `{name}`"),
            Self::EmptyName => f.write_str("a field without a name"),
        }
    }
}

impl std::error::Error for LayoutError {}
