//! A pipeline with stages of one's own: two of one line, one that counts on all threads, and one that sees the records in
//! order. What the stages tell goes to stderr, the records that are left to stdout.
//!
//! `cargo run --release --example custom_stage < examples/logs/access.log`

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use lp::event::{Event, EventKind, Events, Value};
use lp::sink::Writer;
use lp::stage::{self, BindError, Binding, Place, Selected, Sequential, Stage};
use lp::{Access, Field, Input, Outlet, Pipeline, Severity, Takes, Which, access};

/// Adds up the bytes that each client was sent, and tells the totals at the end.
struct BytesByClient;

impl Stage for BytesByClient {
    /// Where the fields stand is found once for each input.
    type Bound = (Field, Field);
    /// What a batch contributes.
    type Partial = BTreeMap<Vec<u8>, u64>;
    /// What the run has gathered.
    type State = BTreeMap<Vec<u8>, u64>;

    fn bind(&self, to: &Binding<'_>) -> Result<Self::Bound, BindError> {
        let field = |name: &str| {
            to.schema().field(name).ok_or_else(|| BindError {
                text: name.to_owned(),
                at: 0..name.len(),
                why: format!("the records have no {name}"),
            })
        };
        Ok((field("client_ip")?, field("response_size")?))
    }

    fn map(&self, &(client, size): &Self::Bound, records: &mut Selected<'_>) -> Self::Partial {
        let mut bytes = BTreeMap::new();
        for record in records.iter() {
            if let (Some(client), Some(size)) = (record.get(client), record.integer(size)) {
                *bytes.entry(client.to_vec()).or_default() += size;
            }
        }
        bytes
    }

    fn fold(&self, state: &mut Self::State, part: Self::Partial, _out: &mut Events) {
        for (client, size) in part {
            *state.entry(client).or_default() += size;
        }
    }

    fn finish(&self, state: Self::State, out: &mut Events) {
        for (client, size) in state {
            let members = vec![
                ("client".into(), Value::Text(String::from_utf8_lossy(&client).into_owned())),
                ("bytes".into(), Value::Integer(size)),
            ];
            out.emit(Event { place: Place::END, kind: EventKind::Other("bytes"), members });
        }
    }
}

/// Leaves out a record whose client asked for the same just before.
struct NoReloads;

impl Sequential for NoReloads {
    type Bound = ();
    type State = BTreeMap<Vec<u8>, Vec<u8>>;

    fn bind(&self, _to: &Binding<'_>) -> Result<(), BindError> {
        Ok(())
    }

    fn run(&self, (): &(), state: &mut Self::State, records: &mut Selected<'_>, _out: &mut Events) {
        records.retain(|record| {
            let (Some(client), Some(path)) = (record.get(access::CLIENT_IP), record.get(access::PATH)) else {
                return true;
            };
            state.insert(client.to_vec(), path.to_vec()).is_none_or(|before| before != path)
        });
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let pipeline = Pipeline::new(Access::combined())
        .threads(2)
        .stage(stage::filter(|record| record.get(access::PATH) != Some(b"/health")))
        .sequential_stage("no reloads", Arc::new(NoReloads))
        .named_stage("bytes", Arc::new(BytesByClient))
        .stage(stage::filter(|record| record.severity() >= Some(Severity::WARN)));

    let outlets = vec![
        Outlet::new("records", Writer::new("standard output", std::io::stdout())),
        Outlet::new("bytes", Writer::new("standard error", std::io::stderr()))
            .takes(Takes::Events(Which::Stages(vec!["bytes".to_owned()]))),
    ];
    let report = pipeline.run_to([Input::stdin()], outlets, &mut ())?;
    assert!(report.total().is_balanced());
    Ok(())
}
