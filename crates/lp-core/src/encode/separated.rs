//! Records as a table: a line of names, then a line a record with a value for each of them.

use super::columns::{Columns, Scratch, each, names, table};
use super::layout::Layout;
use super::{Encoder, Output};
use crate::batch::Batch;

/// How the values of a table are told from each other.
pub(super) trait Dialect: Send + Sync {
    /// What stands between two values.
    const SEPARATOR: &'static [u8];
    /// What stands for no value, where there is one column, or more.
    fn null(only: bool) -> &'static [u8];
    /// Appends a value.
    fn value(text: &str, out: &mut Output);
}

/// Writes a table.
pub(super) struct Table<D> {
    columns: Columns,
    /// For the kinds of records, the column that has each of the names.
    places: [Vec<Option<usize>>; 2],
    header: Vec<u8>,
    dialect: std::marker::PhantomData<D>,
}

impl<D: Dialect> Table<D> {
    pub(super) fn new(layout: &Layout) -> Self {
        let columns = Columns::new(layout);
        let places = table(&columns.list);
        let mut out = Output::new();
        for (number, name) in names(&columns.list).into_iter().enumerate() {
            if number > 0 {
                out.extend(D::SEPARATOR);
            }
            D::value(name, &mut out);
        }
        out.extend(b"\n");
        Self { columns, places, header: out.as_bytes().to_vec(), dialect: std::marker::PhantomData }
    }
}

impl<D: Dialect> Encoder for Table<D> {
    fn header(&self) -> &[u8] {
        &self.header
    }

    fn encode(&self, batch: &Batch, input: &[u8], records: &[u32], out: &mut Output) {
        let mut scratch = Scratch::default();
        each(batch, input, records, |record| {
            let places = &self.places[usize::from(record.is_second_kind())];
            for (number, &place) in places.iter().enumerate() {
                if number > 0 {
                    out.extend(D::SEPARATOR);
                }
                let written = place.and_then(|place| {
                    self.columns.value(place, &record, &mut scratch).as_text(|text| D::value(text, out))
                });
                if written.is_none() {
                    out.extend(D::null(places.len() == 1));
                }
            }
            out.extend(b"\n");
        });
    }
}
