//! The names that an expression may use, and where a record has their values.

use std::collections::BTreeMap;

use lp_core::{Field, Kind, Schema};

use super::source::Source;
use super::types::Type;
use crate::escape::Escape;

/// What a filter is bound to: the fields of the records that it will look at, and the names that every record has.
///
/// | name | is |
/// |---|---|
/// | `timestamp` | the record's time |
/// | `severity` | its severity |
/// | `parse_error` | why it did not parse, as [`Reason::name`](lp_core::Reason::name) says |
/// | `truncated` | its length in bytes before it was cut, where it was |
/// | `raw` | the record as it was logged |
/// | `status_class` | `"2xx"` for a `status_code` of 200 to 299, `"0xx"` to `"9xx"`, where there is such a field |
///
/// A field of the schema goes before `raw` and `status_class`.
#[derive(Clone, Debug)]
pub struct Names {
    kinds: Vec<RecordKind>,
    /// The names that only other formats of the run have.
    others: BTreeMap<String, Type>,
    /// Whether another format's records may have any name.
    others_have_any: bool,
}

/// The fields of one kind of records.
#[derive(Clone, Debug, Default)]
struct RecordKind {
    fields: BTreeMap<String, (Field, Kind)>,
    /// The fields that hold members of JSON.
    members: Vec<Field>,
}

impl RecordKind {
    fn ty(&self, name: &str) -> Option<Type> {
        match self.fields.get(name) {
            Some((_, kind)) => Some(type_of(*kind)),
            None => (!self.members.is_empty()).then_some(Type::Dynamic),
        }
    }

    fn source(&self, name: &str) -> Source {
        let is_message = name == "message";
        match self.fields.get(name) {
            Some((field, Kind::Integer)) => Source::Integer(*field),
            Some((field, Kind::Decimal)) => Source::Decimal(*field),
            Some((field, Kind::Json)) => Source::Json { field: *field, is_message },
            Some((field, kind)) => Source::Text { field: *field, escape: Escape::of(*kind), is_message },
            None if self.members.is_empty() => Source::None,
            None => Source::Member { pieces: self.members.as_slice().into(), name: name.to_owned() },
        }
    }

    fn status(&self) -> Option<Field> {
        self.fields.get(STATUS_CODE).filter(|(_, kind)| *kind == Kind::Integer).map(|(field, _)| *field)
    }
}

const STATUS_CODE: &str = "status_code";

/// The names that every record has, whatever its fields are.
const ALWAYS: [(&str, Type, Source); 4] = [
    ("timestamp", Type::Time, Source::Timestamp),
    ("severity", Type::Severity, Source::Severity),
    ("parse_error", Type::Text, Source::ParseError),
    ("truncated", Type::Int, Source::Truncated),
];
const RAW: &str = "raw";
const STATUS_CLASS: &str = "status_class";

fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Integer => Type::Int,
        Kind::Decimal => Type::Decimal,
        Kind::Json | Kind::Members => Type::Dynamic,
        _ => Type::Text,
    }
}

impl Names {
    /// The names of records with this schema. Where it is one of two kinds, a record lacks the names of the other kind.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let first = schema.first_kind();
        let mut kinds = vec![RecordKind::default(); if first < schema.fields().len() { 2 } else { 1 }];
        for (number, definition) in schema.fields().iter().enumerate() {
            let Ok(position) = u16::try_from(number) else { break };
            let Some(kind) = kinds.get_mut(usize::from(number >= first)) else { break };
            let field = Field::new(position);
            if definition.kind() == Kind::Members {
                kind.members.push(field);
            } else {
                kind.fields.entry(definition.name().to_owned()).or_insert((field, definition.kind()));
            }
        }
        Self { kinds, others: BTreeMap::new(), others_have_any: false }
    }

    /// The names of records that may have any, each with any value.
    pub(super) fn any() -> Self {
        let kind = RecordKind { fields: BTreeMap::new(), members: vec![Field::new(0)] };
        Self { kinds: vec![kind], others: BTreeMap::new(), others_have_any: true }
    }

    /// With the names of another format of the same run: these records lack them, so that they are null here instead of
    /// refused.
    #[must_use]
    pub fn also(mut self, schema: &Schema) -> Self {
        let other = Self::of(schema);
        for kind in &other.kinds {
            for (name, (_, kind)) in &kind.fields {
                let ty = type_of(*kind);
                self.others.entry(name.clone()).and_modify(|known| *known = known.or(ty)).or_insert(ty);
            }
            if kind.status().is_some() {
                self.others.insert(STATUS_CLASS.to_owned(), Type::Text);
            }
            self.others_have_any |= !kind.members.is_empty();
        }
        self
    }

    /// How many kinds of records there are.
    pub(super) fn kinds(&self) -> usize {
        self.kinds.len()
    }

    /// The type of a name in records of any kind, and where one kind of them has its value.
    pub(super) fn find(&self, name: &str, kind: usize) -> Option<(Type, Source)> {
        if let Some((_, ty, source)) = ALWAYS.into_iter().find(|(always, ..)| *always == name) {
            return Some((ty, source));
        }
        let kind = self.kinds.get(kind)?;
        if !self.kinds.iter().any(|kind| kind.fields.contains_key(name)) {
            if name == RAW {
                return Some((Type::Text, Source::Raw));
            }
            if name == STATUS_CLASS && self.kinds.iter().any(|kind| kind.status().is_some()) {
                return Some((Type::Text, kind.status().map_or(Source::None, Source::StatusClass)));
            }
        }
        let types = self.kinds.iter().filter_map(|kind| kind.ty(name));
        // What is known of one kind is what somebody means who writes the name.
        let ty = types.reduce(|this, that| match (this, that) {
            (Type::Dynamic, known) | (known, Type::Dynamic) => known,
            _ => this.or(that),
        });
        let ty = ty.or_else(|| self.others.get(name).copied());
        let ty = ty.or_else(|| self.others_have_any.then_some(Type::Dynamic))?;
        Some((ty, kind.source(name)))
    }

    /// All names that are known.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        let always = ALWAYS.iter().map(|(name, ..)| *name).chain([RAW]);
        let class = self.kinds.iter().any(|kind| kind.status().is_some()).then_some(STATUS_CLASS);
        let fields = self.kinds.iter().flat_map(|kind| kind.fields.keys().map(String::as_str));
        always.chain(class).chain(fields).chain(self.others.keys().map(String::as_str))
    }
}
