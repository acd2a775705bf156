//! Chosen, renamed, added and redacted columns as JSON.
//!
//! What is shown as it was logged takes the way of the other encoder, a column at a time; only what is made or changed is
//! first made as a value.

use crate::batch::{Batch, Flags};
use crate::encode::column::{Part, Source};
use crate::encode::columns::{Columns, Scratch};
use crate::encode::json::head::TimeText;
use crate::encode::json::writer::Writer;
use crate::encode::json::{Column, Current, JsonEncoder, Key, Memory, OVERHEAD, current, escaped};
use crate::encode::layout::Layout;
use crate::encode::value::Value;
use crate::encode::{Encoder, Output};
use crate::record::Record;
use crate::scan::{Kernel, Vector};
use crate::schema::Field;
use crate::span::Span;

/// Writes the columns of a layout as JSON objects.
pub(in crate::encode) struct JsonColumns {
    /// The columns of the schema, and how their texts are read.
    fields: JsonEncoder,
    columns: Columns,
    members: Box<[Member]>,
}

/// How a column is written.
struct Member {
    /// `,"name":`
    key: Box<[u8]>,
    /// The field that is shown as it was logged, and how; and whether that is so for rejected records too.
    field: Option<(Field, Column, bool)>,
}

impl JsonColumns {
    pub(in crate::encode) fn new(layout: &Layout) -> Self {
        let columns = Columns::new(layout);
        let fields = JsonEncoder::new(&layout.schema).with_decode(layout.decode);
        let members = columns.list.iter().enumerate().map(|(number, column)| {
            let key = [b",\"", &*escaped(&column.name), b"\":"].concat().into();
            let field = match column.source {
                _ if !columns.is_as_logged(number) => None,
                Source::Field(field, _, Part::Whole) => Some((field, true)),
                Source::Message(field, _) => Some((field, false)),
                Source::Members(field) if columns.members_are_as_logged() => Some((field, true)),
                _ => None,
            };
            // JSON in which a rule is for a part is not as it was logged.
            let field = field.filter(|_| columns.raw_is_as_logged() || !column.is_json());
            let field = field.and_then(|(field, always)| {
                let of_field = fields.columns.get(field.position())?;
                let shown = Column {
                    key: Key::new(&column.name, of_field.quotes == 1),
                    optional: column.optional,
                    plain: false,
                    ..of_field.clone()
                };
                Some((field, shown, always))
            });
            Member { key, field }
        });
        let members = members.collect();
        Self { fields, columns, members }
    }
}

impl Encoder for JsonColumns {
    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        self.fields.level.for_copying().run(EncodeColumns { encoder: self, batch, input, records, out });
    }
}

struct EncodeColumns<'a> {
    encoder: &'a JsonColumns,
    batch: &'a Batch,
    input: &'a [u8],
    records: &'a [u32],
    out: &'a mut Output,
}

impl Kernel for EncodeColumns<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self, vector: V) {
        let Self { encoder, batch, input, records, out } = self;
        let mut memory = Memory { times: TimeText::new(), decoded: std::mem::take(&mut out.decoded) };
        let mut scratch = Scratch::default();
        for &number in records {
            let number = number as usize;
            let Some(row) = batch.row(number) else { continue };
            let record = Record::new(batch, input, row, number);
            let current = current(&encoder.fields, batch, input, number, row);
            let mut room = OVERHEAD + 2 * record.raw().len();
            loop {
                let mut writer = Writer { bytes: out.room(room), at: 0 };
                if writer.members_of(vector, encoder, &record, &current, &mut scratch, &mut memory).is_some() {
                    let written = writer.at;
                    out.advance(written);
                    break;
                }
                room *= 2;
            }
        }
        out.decoded = memory.decoded;
    }
}

impl Writer<'_> {
    #[inline(always)]
    fn members_of<V: Vector>(
        &mut self,
        vector: V,
        encoder: &JsonColumns,
        record: &Record<'_>,
        current: &Current<'_>,
        scratch: &mut Scratch,
        memory: &mut Memory,
    ) -> Option<()> {
        let (spans, numbers) = current.row.fields();
        let is_rejected = current.head.flags.has(Flags::REJECTED);
        for (number, _) in encoder.columns.of(record) {
            let member = encoder.members.get(number)?;
            match &member.field {
                Some((field, column, always)) if *always || !is_rejected => {
                    let span = spans.get(field.position()).map_or(Span::ABSENT, |&cell| Span::from_cell(cell));
                    self.column(vector, current, column, span, numbers, memory)?;
                }
                _ => self.member(&member.key, encoder.columns.value(number, record, scratch))?,
            }
        }
        // Every member begins with a comma.
        match self.at {
            0 => self.slice(b"{")?,
            _ => *self.bytes.first_mut()? = b'{',
        }
        self.slice(b"}\n")
    }

    /// A member with a value that was made for it.
    fn member(&mut self, key: &[u8], value: Value<'_>) -> Option<()> {
        match value {
            Value::Absent => return Some(()),
            Value::Members(members) => return self.members(members),
            _ => self.slice(key)?,
        }
        match value {
            Value::Absent | Value::Members(_) => Some(()),
            Value::Null => self.slice(b"null"),
            Value::Text(text) => {
                self.slice(b"\"")?;
                self.str(text)?;
                self.slice(b"\"")
            }
            Value::Integer(number) => self.number(number),
            Value::Decimal(number) => self.slice(number.as_bytes()),
            Value::Json(json) => self.json(json),
            Value::Error(reason, field, at) => {
                self.slice(b"{\"reason\":\"")?;
                self.slice(reason.as_bytes())?;
                self.slice(b"\",\"field\":\"")?;
                self.str(field)?;
                self.slice(b"\",\"at\":")?;
                self.number(u64::from(at))?;
                self.slice(b"}")
            }
        }
    }
}
