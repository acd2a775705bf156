//! The stage over whole inputs, cut in every way.

use std::collections::BTreeMap;
use std::sync::Arc;

use lp_core::encode::{Encoder, JsonEncoder};
use lp_core::format::access::{self, Access};
use lp_core::format::json::Json;
use lp_core::{Batch, Format};

use super::*;
use crate::stage::Place;

/// Runs a stage over inputs that are cut into batches of so many records, mapped in `order` of a few at a time.
fn run<S: Stage>(stage: &S, inputs: &[(&dyn Format, &[u8])], batch_records: usize, ahead: usize) {
    let mut state = S::State::default();
    let mut events = Events::default();
    for (number, &(format, input)) in (0..).zip(inputs) {
        let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
        let binding = Binding::new("log", format.schema(), &[], &json);
        let bound = stage.bind(&binding).unwrap();
        let mut batch = Batch::new().with_capacity(batch_records);
        let mut places = Vec::new();
        let mut start = 0;
        while start < input.len() {
            places.push(start);
            start += format.parse(&input[start..], &mut batch);
        }
        for places in places.chunks(ahead) {
            // Threads that are ahead of each other: the last is done first.
            let mut parts: Vec<S::Partial> = Vec::new();
            for &start in places.iter().rev() {
                format.parse(&input[start..], &mut batch);
                let mut numbers: Vec<u32> = (0..batch.len() as u32).collect();
                let origin = Place { input: number, offset: start as u64 };
                let mut records = Selected::new(&batch, &input[start..], format.schema(), origin, &mut numbers);
                parts.push(stage.map(&bound, &mut records));
            }
            for part in parts.into_iter().rev() {
                stage.fold(&mut state, part, &mut events);
            }
        }
    }
    stage.finish(state, &mut events);
}

/// Lines of so many different clients, paths and agents that some have to be forgotten.
fn lines(count: u64) -> String {
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut log = String::new();
    for number in 0..count {
        let path = if next(3) == 0 { next(20) } else { next(1 << 20) };
        let status = [200, 200, 301, 404, 500, 999, 1234][next(7) as usize];
        let (minute, second) = (number * 60 / count, next(60));
        let (client, size, agent) = (next(256), next(1 << 20), next(5));
        log += &format!(
            "192.0.2.{client} - - [06/Nov/2025:10:{minute:02}:{second:02} +0000] \"GET /{path}?q={number} HTTP/1.1\" {status} {size} \
             \"-\" \"agent {agent}\"\n"
        );
        if next(1000) == 0 {
            log += "no record\n";
        }
    }
    log
}

#[test]
fn nothing_depends_on_batches_and_threads() {
    let log = lines(60_000);
    let (combined, json) = (Access::combined(), Json::new());
    let lines: &[u8] = br#"{"severity":"ERROR","message":"x","path":"/1?a=1","status":503,"duration_ms":12}
{"level":"info","logger":"app","msg":"y"}
"#;
    let inputs: [(&dyn Format, &[u8]); 3] = [
        (&combined, log.as_bytes()),
        (&json, lines),
        (&combined, &log.as_bytes()[..lp_core::whole_lines(&log.as_bytes()[..100_000])]),
    ];
    let mut seen = None;
    for (batch, ahead) in [(4096, 1), (4096, 7), (611, 3), (10_000, 2)] {
        let stats = Stats::new(50);
        run(&stats, &inputs, batch, ahead);
        let count = CountBy::new(["path".to_owned(), "severity".to_owned()], 50);
        run(&count, &inputs, batch, ahead);
        let now = (stats.take().unwrap(), count.take().unwrap());
        assert!(stats.take().is_none());
        let before = seen.get_or_insert_with(|| now.clone());
        assert_eq!(*before, now, "{batch} {ahead}");
    }
    let (summary, breakdown) = seen.unwrap();
    let paths = &summary.tops[Topic::Paths as usize];
    assert!(paths.different.is_none() && paths.missed > 0 && paths.texts[..20].iter().all(|path| path.count > 500));
    assert!(breakdown.different.is_none());
    let texts = inputs.iter().flat_map(|(_, input)| input.split(|&byte| byte == b'\n'));
    let timed = texts.filter(|line| line.starts_with(b"192")).count() as u64;
    assert_eq!(summary.chart.buckets().iter().map(|bucket| bucket.records).sum::<u64>(), timed);
}

#[test]
fn counts_are_those_of_a_plain_loop() {
    let log = lines(5000);
    let format = Access::combined();
    let mut batch = Batch::new();
    format.parse(log.as_bytes(), &mut batch);
    let mut counts: BTreeMap<(&[u8], Topic), u64> = BTreeMap::new();
    let mut sizes = 0;
    for record in batch.records(log.as_bytes()) {
        let path = record.get(access::PATH).map(|path| path.split(|&byte| byte == b'?').next().unwrap());
        let failed = record.integer(access::STATUS_CODE).is_some_and(|status| status / 100 == 5);
        for (topic, text) in [
            (Topic::Paths, path),
            (Topic::FailedPaths, path.filter(|_| failed)),
            (Topic::Clients, record.get(access::CLIENT_IP)),
            (Topic::UserAgents, record.get(access::USER_AGENT)),
        ] {
            if let Some(text) = text {
                *counts.entry((text, topic)).or_default() += 1;
            }
        }
        sizes += record.integer(access::RESPONSE_SIZE).unwrap_or(0);
    }
    let stats = Stats::new(usize::MAX);
    run(&stats, &[(&format, log.as_bytes())], 300, 4);
    let summary = stats.take().unwrap();
    let found = summary.tops.iter().flat_map(|top| top.texts.iter().map(move |text| (top.topic, text)));
    let found: BTreeMap<(&[u8], Topic), u64> =
        found.map(|(topic, found)| ((&found.text[..], topic), found.count)).collect();
    assert_eq!(found, counts);
    assert_eq!(summary.sizes.as_ref().unwrap().sum, sizes as f64);
    assert_eq!(summary.records, batch.len() as u64);
    assert_eq!(summary.rejected_total(), batch.errors().len() as u64);
    let severities: u64 = summary.severities.iter().map(|(_, count)| count).sum();
    assert_eq!(severities, summary.records);
}

#[test]
fn members_of_json_say_what_fields_do() {
    let log: &[u8] = br#"{"time":"2025-11-06T10:30:15Z","level":"error","msg":"a \"b\"","path":"/x?y","status":502,"method":"GET","duration_ms":12.5}
{"time":"2025-11-06T10:30:16Z","level":"info","msg":"c","logger":"app","client_ip":"192.0.2.1"}
"#;
    let stats = Stats::new(10);
    run(&stats, &[(&Json::new(), log)], 10, 1);
    let summary = stats.take().unwrap();
    let tops: Vec<(Topic, &[u8])> = summary.tops.iter().map(|top| (top.topic, &top.texts[0].text[..])).collect();
    assert_eq!(
        tops,
        [
            (Topic::Paths, &b"/x"[..]),
            (Topic::FailedPaths, b"/x"),
            (Topic::Clients, b"192.0.2.1"),
            (Topic::Loggers, b"app"),
            (Topic::Messages, b"a \"b\""),
            (Topic::ErrorMessages, b"a \"b\""),
        ]
    );
    assert_eq!((&summary.statuses[..], &summary.methods[..]), (&[(502, 1)][..], &[("GET", 1)][..]));
    assert_eq!(summary.durations[0].0, "duration_ms");
    assert_eq!(summary.durations[0].1.max, 12.5);
}

#[test]
fn fields_that_no_record_has_are_refused() {
    let format = Access::combined();
    let json: Arc<dyn Encoder> = Arc::new(JsonEncoder::new(format.schema()));
    let to = Binding::new("log", format.schema(), &[], &json);
    for (name, want) in
        [("status_code", None), ("status_class", None), ("severty", Some("severity")), ("pth", Some("path"))]
    {
        let refused = CountBy::new([name.to_owned()], 10).bind(&to).err();
        assert_eq!(refused.is_some(), want.is_some(), "{name}");
        if let (Some(error), Some(want)) = (refused, want) {
            assert_eq!(error.why, format!("the records have no field \"{name}\"; did you mean `{want}`?"));
        }
    }
}
