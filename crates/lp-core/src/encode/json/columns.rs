//! The fields of a record: a key, and a value that is a text, a number or null.

use crate::batch::NO_NUMBER;
use crate::encode::json::writer::{TEXT_BLOCK, Writer, block};
use crate::encode::json::{Column, Current, KEY_BLOCK, Key, Memory, ROOM, Value};
use crate::scan::{Plain, Vector};
use crate::span::Span;

impl Writer<'_> {
    /// The fields of a record that is `PLAIN`: texts and numbers are both copied from the input without a look.
    ///
    /// The place to write to is a local variable on purpose. What each field writes depends on it, so it must stay in
    /// a register; as a field of `self` it is read back from memory for every field, and that is what takes longest.
    #[inline(always)]
    pub(super) fn plain_columns(&mut self, record: &Current<'_>, memory: &mut Memory) -> Option<usize> {
        let (spans, _) = record.row.fields();
        let text = record.text;
        let mut at = self.at;
        let kind = record.columns();
        let first = kind.start;
        let columns = record.encoder.columns.get(kind.clone()).unwrap_or_default();
        for (number, (column, &span)) in columns.iter().zip(spans.get(kind).unwrap_or_default()).enumerate() {
            let span = Span::from_cell(span);
            if column.optional && span == Span::ABSENT {
                continue;
            }
            let key_len = usize::from(column.key.len) % KEY_BLOCK;
            let quotes = usize::from(column.quotes);
            let room: &mut [u8; ROOM] = self.bytes.get_mut(at..)?.first_chunk_mut()?;
            room[..KEY_BLOCK].copy_from_slice(&column.key.block);
            let len = span.len();
            match block(text, span) {
                Some(block) if column.plain && (block[0] != b'0' || quotes == 1 || len == 1) => {
                    room[key_len..][..TEXT_BLOCK].copy_from_slice(block);
                    if len < TEXT_BLOCK {
                        room[key_len + len] = b'"';
                        at += key_len + len + quotes;
                    } else {
                        at = long_plain_text(self.bytes, at + key_len, text, span)?;
                    }
                }
                None if column.plain && !span.is_value() => {
                    let end = key_len.saturating_sub(quotes);
                    room[end..][..4].copy_from_slice(b"null");
                    at += end + 4;
                }
                // Near the end of the input; a number that JSON would not take; a key that is too long for a block;
                // or a field that the flag says nothing of.
                _ => at = self.any_column(at, record, first + number, memory)?,
            }
        }
        Some(at)
    }

    /// The field of that number of any record, written to `at`; returns where its text ends.
    #[cold]
    #[inline(never)]
    fn any_column(&mut self, at: usize, record: &Current<'_>, number: usize, memory: &mut Memory) -> Option<usize> {
        let (spans, numbers) = record.row.fields();
        self.at = at;
        let span = Span::from_cell(*spans.get(number)?);
        self.column(Plain, record, record.encoder.columns.get(number)?, span, numbers, memory)?;
        Some(self.at)
    }

    /// A field of any record.
    #[inline(always)]
    pub(super) fn column<V: Vector>(
        &mut self,
        vector: V,
        record: &Current<'_>,
        column: &Column,
        span: Span,
        numbers: &[u64],
        memory: &mut Memory,
    ) -> Option<()> {
        if column.optional && span == Span::ABSENT {
            return Some(());
        }
        match column.value {
            Value::Integer(place) => {
                self.key(&column.key)?;
                match numbers.get(place).copied() {
                    None | Some(NO_NUMBER) => self.slice(b"null"),
                    Some(number) => self.number(number),
                }
            }
            Value::Members => self.members(record.bytes(span)),
            _ if !span.is_value() => {
                self.key(&column.key)?;
                // Over the opening quote, if there is one.
                self.at -= usize::from(column.quotes);
                self.slice(b"null")
            }
            Value::Decimal => {
                self.key(&column.key)?;
                self.decimal(record.bytes(span))
            }
            Value::Json => {
                self.key(&column.key)?;
                self.json(record.bytes(span))
            }
            value => {
                if self.short_text_column(vector, &column.key, record.text, span)? {
                    return Some(());
                }
                if value == Value::JsonText && record.encoder.decode {
                    self.json_text(record.bytes(span))?;
                    return self.slice(b"\"");
                }
                let decode = record.encoder.decode && value == Value::Text;
                self.text(vector, record.text, span, decode, &mut memory.decoded)?;
                self.slice(b"\"")
            }
        }
    }

    #[inline(always)]
    fn key(&mut self, key: &Key) -> Option<()> {
        if key.len == 0 {
            return self.slice(&key.long);
        }
        *self.room()? = key.block;
        self.at += usize::from(key.len);
        Some(())
    }

    /// A key and a text of less than a block without anything special: what nearly every field is. Where it is
    /// something else only the key is written, and the answer is `false`.
    #[inline(always)]
    fn short_text_column<V: Vector>(&mut self, vector: V, key: &Key, text: &[u8], span: Span) -> Option<bool> {
        // Below the block, so that no bounds need to be checked for what is behind it.
        let key_len = usize::from(key.len) % KEY_BLOCK;
        let len = span.len();
        if len < TEXT_BLOCK
            && key_len > 0
            && let Some(block) = block(text, span)
        {
            let room: &mut [u8; ROOM] = self.room()?;
            room[..KEY_BLOCK].copy_from_slice(&key.block);
            room[key_len..][..TEXT_BLOCK].copy_from_slice(block);
            room[key_len + len] = b'"';
            if vector.json_special(block) & ((1 << len) - 1) == 0 {
                self.at += key_len + len + 1;
                return Some(true);
            }
        }
        self.key(key)?;
        Some(false)
    }
}

/// The rest of a text that needs no escapes, and of which a block has been written to `at`, with the closing quote;
/// returns where it ends.
#[inline(always)]
fn long_plain_text(bytes: &mut [u8], at: usize, text: &[u8], span: Span) -> Option<usize> {
    let mut at = at + TEXT_BLOCK;
    let mut from = span.start() + TEXT_BLOCK;
    let end = span.start() + span.len();
    while let Some(block) = text.get(from..).and_then(<[u8]>::first_chunk::<TEXT_BLOCK>) {
        let room: &mut [u8; TEXT_BLOCK + 1] = bytes.get_mut(at..)?.first_chunk_mut()?;
        room[..TEXT_BLOCK].copy_from_slice(block);
        if end - from <= TEXT_BLOCK {
            room[end - from] = b'"';
            return Some(at + (end - from) + 1);
        }
        at += TEXT_BLOCK;
        from += TEXT_BLOCK;
    }
    // Near the end of the input; or it is not the input that was parsed, and what is missing is left out.
    let rest = text.get(from..end).unwrap_or_default();
    let room = bytes.get_mut(at..)?.get_mut(..=rest.len())?;
    room[..rest.len()].copy_from_slice(rest);
    room[rest.len()] = b'"';
    Some(at + rest.len() + 1)
}
