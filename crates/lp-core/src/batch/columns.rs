//! One value of every record, for those who look at many records and at little of each.

use super::{Batch, Flags, Head, Row};
use crate::schema::Field;
use crate::severity::Severity;
use crate::timestamp::Timestamp;

/// The values of an integer field, by the number of the record.
#[derive(Clone, Copy, Debug)]
pub struct Integers<'a> {
    /// Without any cell where the field is not an integer.
    rows: Rows<'a>,
    /// The cell of the value.
    cell: usize,
}

/// The times of records, by their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Times<'a>(Rows<'a>);

/// The severities of records, by their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Severities<'a>(Rows<'a>);

/// The rows of a batch, with all that is needed to find one. It is small and holds no vector, so a loop keeps it in registers.
#[derive(Clone, Copy, Debug)]
struct Rows<'a> {
    cells: &'a [u64],
    width: usize,
}

impl Batch {
    /// What [`Record::integer`](crate::Record::integer) says of this field, for all records.
    #[inline]
    #[must_use]
    pub fn integers(&self, field: Field) -> Integers<'_> {
        match self.number_cell(field) {
            Some(cell) => Integers { rows: self.all_rows(), cell },
            None => Integers { rows: Rows { cells: &[], width: self.width }, cell: 0 },
        }
    }

    /// What [`Record::timestamp`](crate::Record::timestamp) says, for all records.
    #[inline]
    #[must_use]
    pub fn times(&self) -> Times<'_> {
        Times(self.all_rows())
    }

    /// What [`Record::severity`](crate::Record::severity) says, for all records.
    #[inline]
    #[must_use]
    pub fn severities(&self) -> Severities<'_> {
        Severities(self.all_rows())
    }

    #[inline(always)]
    fn all_rows(&self) -> Rows<'_> {
        Rows { cells: &self.cells[..self.used], width: self.width }
    }
}

impl Rows<'_> {
    /// A cell of a row; none if there is no such record. The cell must be one of a row's.
    #[inline(always)]
    fn cell(self, record: u32, cell: usize) -> Option<u64> {
        // A row has far fewer than 2³² cells, so nothing overflows.
        let place = u64::from(record) * self.width as u64 + cell as u64;
        self.cells.get(usize::try_from(place).ok()?).copied()
    }
}

impl Integers<'_> {
    /// The value of the record of this number.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, record: u32) -> Option<u64> {
        Row::value(self.rows.cell(record, self.cell)?)
    }
}

impl Times<'_> {
    /// The time of the record of this number.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, record: u32) -> Option<Timestamp> {
        let head = Head::from_cells([0, self.0.cell(record, 1)?, self.0.cell(record, 2)?]);
        head.flags.has(Flags::TIME).then_some(head.timestamp)
    }
}

impl Severities<'_> {
    /// The severity of the record of this number.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, record: u32) -> Option<Severity> {
        Head::from_cells([0, 0, self.0.cell(record, 2)?]).severity
    }
}

#[cfg(test)]
mod tests {
    use crate::format::access::Access;
    use crate::schema::Field;
    use crate::{Batch, Format};

    #[test]
    fn columns_say_what_records_say() {
        let log = b"::1 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 502 5 \"-\" \"-\"\n\
            nothing\n\
            ::1 - - [06/Nov/2025:10:30:16 +0000] \"GET / HTTP/1.1\" 200 - \"-\" \"-\"\n";
        let format = Access::combined();
        let mut batch = Batch::new();
        format.parse(log, &mut batch);
        assert_eq!(batch.len(), 3);
        for record in batch.records(log) {
            let number = record.number() as u32;
            assert_eq!(batch.times().get(number), record.timestamp());
            assert_eq!(batch.severities().get(number), record.severity());
            for field in (0..20).map(Field::new) {
                assert_eq!(batch.integers(field).get(number), record.integer(field), "{field:?}");
            }
        }
        for beyond in [3, u32::MAX] {
            assert_eq!(batch.times().get(beyond), None);
            assert_eq!(batch.severities().get(beyond), None);
            assert_eq!(batch.integers(crate::format::access::STATUS_CODE).get(beyond), None);
        }
    }
}
