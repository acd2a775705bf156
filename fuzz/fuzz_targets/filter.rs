//! Any expression, and any lines for it. The first line of an input is the expression.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use lp::format::Mixed;
use lp::format::access::Access;
use lp::format::json::Json;
use lp::format::log_format::{Escape, LogFormat};
use lp::{Batch, Filter, Format, Names, Predicate};
use lp_fuzz::{first_line, mutate, split};

const SETTINGS: usize = 1;

/// The format of that number: each kind of field is in one of them.
fn format(number: usize) -> Arc<dyn Format> {
    match number {
        0 => Arc::new(Access::combined()),
        1 => Arc::new(Json::new()),
        2 => Arc::new(Mixed::new(format(1), format(0)).unwrap()),
        _ => {
            let text = r#"$remote_addr $status $request_time $upstream_response_time "$http_user_agent" $request"#;
            Arc::new(LogFormat::compile(text, Escape::Json).unwrap())
        }
    }
}

/// Of another expression that must be taken where one of its parts is, unless that makes it too large.
fn bind(text: &str, names: &Names) -> Option<Predicate> {
    let filter = Filter::parse(text).ok()?;
    Some(filter.bind(names).unwrap_or_else(|error| panic!("{text}: {error}")))
}

fuzz_target!(|data: &[u8]| {
    let (mut settings, text) = split::<SETTINGS>(data);
    let format = format(settings.up_to(3));
    let Some((text, log)) = first_line(text) else { return };
    let names = Names::of(format.schema());
    let bound = Filter::parse(text).and_then(|filter| Ok((filter.bind(&names)?, filter)));
    let (predicate, filter) = match bound {
        Ok(bound) => bound,
        Err(error) => {
            assert!(text.get(error.at()).is_some(), "{:?} of {text:?}", error.at());
            let says = error.to_string();
            return assert!(!says.is_empty() && !says.contains('\n'), "{says}");
        }
    };
    assert_eq!(filter.text(), text);
    for (_, at) in filter.names() {
        assert!(text.get(at).is_some());
    }
    let printed = filter.to_string();
    if let Ok(same) = Filter::parse(&printed) {
        assert_eq!(same.to_string(), printed);
    }
    // The comparison with a constant is evaluated value by value.
    let (true_text, false_text) = (format!("({printed}) == true"), format!("({printed}) == false"));
    let asked: Vec<_> = [&printed, &true_text].into_iter().filter_map(|text| bind(text, &names)).collect();
    let denied: Vec<_> =
        [&format!("!({printed})"), &false_text].into_iter().filter_map(|text| bind(text, &names)).collect();

    let mut batch = Batch::new();
    format.parse(log, &mut batch);
    for record in batch.records(log) {
        let holds = predicate.matches(&record);
        for same in &asked {
            assert_eq!(same.matches(&record), holds, "{printed} of {record:?}");
        }
        let denials: Vec<bool> = denied.iter().map(|predicate| predicate.matches(&record)).collect();
        assert!(denials.windows(2).all(|pair| pair[0] == pair[1]), "not {printed} of {record:?}");
        assert!(!denials.contains(&true) || !holds, "{printed} and not of {record:?}");
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, SETTINGS)
});
