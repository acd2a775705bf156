//! A format of your own, run like the ones that are built in: on any number of threads, in input order, nothing lost.
//!
//! `cargo run --release --example custom_format < examples/logs/sensors.log`

use lp::{
    Batch, Field, FieldDef, Format, Input, Kind, Lines, Pipeline, Reason, Schema, Severity, Slot, Timestamp, Zone,
};

/// Lines such as `2025-11-06T10:30:15Z WARN boiler-7 81 too hot`.
struct Sensors;

const SENSOR: Field = Field::new(0);
const CELSIUS: Field = Field::new(1);
const REMARK: Field = Field::new(2);

static FIELDS: [FieldDef; 3] = [
    FieldDef::required("sensor", Kind::Verbatim),
    FieldDef::required("celsius", Kind::Integer),
    FieldDef::optional("remark", Kind::Verbatim),
];
static SCHEMA: Schema = Schema::from_static(&FIELDS);

impl Format for Sensors {
    fn schema(&self) -> &Schema {
        &SCHEMA
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        batch.begin(&SCHEMA);
        let mut lines = Lines::new(input);
        while !batch.is_full()
            && let Some(range) = lines.next()
        {
            let mut record = batch.push(range.clone());
            let line = &input[range];
            let Some((time, digits, len)) = Timestamp::read(line, &Zone::UTC) else {
                record.reject(Reason::InvalidTime, Slot::Timestamp, 0);
                continue;
            };
            record.set_timestamp(time, digits);
            // Each word with its place in the line; the fifth is all that is left.
            let mut at = len + 1;
            for (number, word) in line.get(at..).unwrap_or_default().splitn(4, |&byte| byte == b' ').enumerate() {
                let place = at..at + word.len();
                at = place.end + 1;
                match (number, std::str::from_utf8(word).ok().and_then(|word| word.parse().ok())) {
                    (0, _) => Severity::from_name(word).into_iter().for_each(|severity| record.set_severity(severity)),
                    (1, _) => record.set(SENSOR, place),
                    (2, Some(celsius)) => {
                        record.set(CELSIUS, place);
                        record.set_integer(CELSIUS, celsius);
                    }
                    (2, None) => record.reject(Reason::InvalidNumber, Slot::Field(CELSIUS), place.start),
                    _ => record.set(REMARK, place),
                }
            }
        }
        lines.position()
    }
}

fn main() -> Result<(), lp::RunError> {
    Pipeline::new(Sensors).threads(4).run([Input::stdin()], &mut std::io::stdout(), &mut ()).map(drop)
}
