//! The names and kinds of a format's fields.

use std::borrow::Cow;

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
    /// Bytes of the line that are shown exactly as they stand; escapes in them are not decoded.
    Verbatim,
    /// An unsigned integer below 2⁶⁴−1.
    Integer,
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
}

impl Schema {
    /// A schema of constants. The names must differ from each other and from the keys that every record may have:
    /// `timestamp`, `severity`, `message`, `parse_error` and `truncated`.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_FIELDS`](Self::MAX_FIELDS); in a `static` that is an error of the compiler.
    #[must_use]
    pub const fn from_static(fields: &'static [FieldDef]) -> Self {
        assert!(fields.len() <= Self::MAX_FIELDS);
        Self { fields: Cow::Borrowed(fields) }
    }

    /// No format may have more fields than this.
    pub const MAX_FIELDS: usize = 1024;

    /// The definitions, in the order of the output.
    #[inline]
    #[must_use]
    pub fn fields(&self) -> &[FieldDef] {
        &self.fields
    }

    /// The field of that name.
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
