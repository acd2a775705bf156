//! The names and kinds of a format's fields.

use std::borrow::Cow;
use std::fmt;

/// One field of a [`Schema`], by its position in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Field(u16);

impl Field {
    /// The field at this position of its schema.
    #[must_use]
    pub const fn new(position: u16) -> Self {
        Self(position)
    }

    /// The position in the schema.
    #[inline(always)]
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// What a field's bytes stand for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// Text as the client or the program gave it, in the log's escaping (`\xHH`, `\"`, `\\`).
    Text,
    /// Text in the escaping of a JSON string, as nginx writes it with `escape=json`.
    JsonText,
    /// Bytes of the line that are shown exactly as they stand; escapes in them are not decoded.
    Verbatim,
    /// An unsigned integer below 2⁶⁴−1.
    Integer,
    /// A number that JSON can show as it stands, such as `0.001`; where the bytes are none, they are shown as
    /// text, and where there are none as `null`.
    Decimal,
    /// A JSON value, shown as it stands.
    Json,
    /// Members of a JSON object (`"a":1,"b":[2]`), shown as they stand among the record's own; the field's name does
    /// not show.
    Members,
}

/// The definition of one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldDef {
    name: Cow<'static, str>,
    kind: Kind,
    optional: bool,
}

impl FieldDef {
    /// A field that every record shows: with `null` where it has no value.
    #[must_use]
    pub const fn required(name: &'static str, kind: Kind) -> Self {
        Self { name: Cow::Borrowed(name), kind, optional: false }
    }

    /// A field that only those records show that have it.
    #[must_use]
    pub const fn optional(name: &'static str, kind: Kind) -> Self {
        Self { name: Cow::Borrowed(name), kind, optional: true }
    }

    /// A field whose name is known only at run time, which every record shows.
    pub fn named(name: impl Into<Cow<'static, str>>, kind: Kind) -> Self {
        Self { name: name.into(), kind, optional: false }
    }

    /// The same field, but shown only by those records that have it.
    #[must_use]
    pub fn into_optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// The name, as it stands in the output.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The kind of value.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the output leaves the field out where a record lacks it, instead of showing `null`.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.optional
    }
}

/// The fields of a format, in the order of the output. The time and the severity are no fields: every record has a
/// place for them ([`Record::timestamp`](crate::Record::timestamp), [`Record::severity`](crate::Record::severity)).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schema {
    fields: Cow<'static, [FieldDef]>,
    /// Where the fields of the second kind of records begin.
    second: usize,
}

impl Schema {
    /// A schema of constants. The names must differ from each other and from the [reserved](Self::RESERVED) keys.
    ///
    /// A field named `message` holds what the record says; for a record that did not parse the output has the whole
    /// raw text there.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_FIELDS`](Self::MAX_FIELDS); in a `static` that is an error of the compiler.
    #[must_use]
    pub const fn from_static(fields: &'static [FieldDef]) -> Self {
        assert!(fields.len() <= Self::MAX_FIELDS);
        Self { fields: Cow::Borrowed(fields), second: fields.len() }
    }

    /// A schema that is made at run time.
    ///
    /// # Errors
    ///
    /// If two fields have the same name, a name is empty or [reserved](Self::RESERVED), or there are too many.
    pub fn new(fields: Vec<FieldDef>) -> Result<Self, SchemaError> {
        if fields.len() > Self::MAX_FIELDS {
            return Err(SchemaError::TooManyFields);
        }
        for (number, field) in fields.iter().enumerate() {
            let name = field.name();
            if name.is_empty() {
                return Err(SchemaError::EmptyName);
            } else if Self::RESERVED.contains(&name) {
                return Err(SchemaError::ReservedName(name.to_owned()));
            } else if fields[..number].iter().any(|before| before.name() == name) {
                return Err(SchemaError::DuplicateName(name.to_owned()));
            }
        }
        Ok(Self { second: fields.len(), fields: Cow::Owned(fields) })
    }

    /// The schema of records of two kinds: each record has the fields of the first kind, or those of the second, which stand
    /// behind. The same name may be in both.
    ///
    /// # Errors
    ///
    /// If there are too many fields.
    pub fn either(first: &Self, second: &Self) -> Result<Self, SchemaError> {
        let fields = [first.fields(), second.fields()].concat();
        if fields.len() > Self::MAX_FIELDS {
            return Err(SchemaError::TooManyFields);
        }
        Ok(Self { second: first.fields().len(), fields: Cow::Owned(fields) })
    }

    /// How many fields the records of the first kind have: all, unless it is a schema of [two kinds](Self::either).
    #[must_use]
    pub fn first_kind(&self) -> usize {
        self.second
    }

    /// The keys that lp itself writes for a record; no field may be named so.
    pub const RESERVED: [&'static str; 4] = ["timestamp", "severity", "parse_error", "truncated"];

    /// No format may have more fields than this.
    pub const MAX_FIELDS: usize = 1024;

    /// The definitions, in the order of the output.
    #[inline]
    #[must_use]
    pub fn fields(&self) -> &[FieldDef] {
        &self.fields
    }

    /// The field of that name, the first of two.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Field> {
        let position = self.fields.iter().position(|field| field.name == name)?;
        u16::try_from(position).ok().map(Field)
    }

    /// The definition of a field, or `None` if it is another schema's.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&FieldDef> {
        self.fields.get(field.position())
    }
}

/// Why a [`Schema`] cannot be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SchemaError {
    /// A field has no name.
    EmptyName,
    /// A field has the name of a key that lp itself writes.
    ReservedName(String),
    /// Two fields have this name.
    DuplicateName(String),
    /// More than [`Schema::MAX_FIELDS`].
    TooManyFields,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("a field without a name"),
            Self::ReservedName(name) => write!(f, "a field cannot be named `{name}`, which every record has"),
            Self::DuplicateName(name) => write!(f, "two fields are named `{name}`"),
            Self::TooManyFields => write!(f, "more than {} fields", Schema::MAX_FIELDS),
        }
    }
}

impl std::error::Error for SchemaError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let schema =
            |names: &[&'static str]| Schema::new(names.iter().map(|name| FieldDef::named(*name, Kind::Text)).collect());
        assert_eq!(schema(&["a", "message"]).unwrap().field("message"), Some(Field::new(1)));
        assert_eq!(schema(&["a", ""]), Err(SchemaError::EmptyName));
        assert_eq!(schema(&["severity"]), Err(SchemaError::ReservedName("severity".to_owned())));
        assert_eq!(schema(&["a", "b", "a"]), Err(SchemaError::DuplicateName("a".to_owned())));
        assert_eq!(schema(&["a"; 1025]), Err(SchemaError::TooManyFields));
    }
}
