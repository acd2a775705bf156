//! What is too large or too deep is refused, on a small stack too.

use super::format;
use crate::filter::FilterErrorKind;
use crate::{Filter, FilterError, Names};

/// Parses, prints, binds and drops on a stack of 2 MiB.
fn on_a_small_stack(text: String) -> Result<(), FilterError> {
    let run = move || {
        let filter = Filter::parse(&text)?;
        let printed = filter.to_string();
        if printed.len() <= text.len() {
            assert_eq!(Filter::parse(&printed).unwrap().expr, filter.expr);
        }
        assert!(filter.names().len() <= text.len());
        let names = Names::of(format("json").schema());
        let predicate = filter.bind(&names)?;
        let log = b"{\"a\":1}\n";
        let mut batch = lp_core::Batch::new();
        format("json").parse(log, &mut batch);
        assert!(batch.records(log).filter(|record| predicate.matches(record)).count() <= 1);
        Ok(())
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap()
}

fn is_too_large(result: Result<(), FilterError>) -> bool {
    matches!(result.unwrap_err().kind(), FilterErrorKind::TooLarge(_))
}

#[test]
fn nesting() {
    let shapes: [(&str, &str, &str); 14] = [
        ("(", "a", ")"),
        ("!", "a", ""),
        ("-", "a", ""),
        ("a == [", "1", "]"),
        ("", "a", ".b"),
        ("", "a", "[0]"),
        ("", "a", " + a"),
        ("a + (", "a", ")"),
        ("", "a", ".trim()"),
        ("size(", "a", ")"),
        ("true ? a : ", "a", ""),
        ("a || (b && ", "a", ")"),
        ("a || a && a == a + a * -f(", "a", ")"),
        ("a || a && a == a + a * [a].f(a)[", "0", "]"),
    ];
    for (open, inner, close) in shapes {
        let nested = |depth: usize| format!("{}{inner}{} == 1", open.repeat(depth), close.repeat(depth));
        // Whatever is said of these, nothing overflows.
        for depth in [50, 100, 120, 125, 126, 127, 128] {
            let _ = on_a_small_stack(nested(depth));
        }
        for depth in [129, 1000, 5000] {
            assert!(is_too_large(on_a_small_stack(nested(depth))), "{open}{close} {depth}");
        }
    }
    assert!(on_a_small_stack(format!("{}a == 1{}", "(".repeat(120), ")".repeat(120))).is_ok());
    assert!(on_a_small_stack(format!("{}a", "!".repeat(120))).is_ok());
    assert!(on_a_small_stack(vec!["1"; 120].join(" + ") + " == 120").is_ok());
}

#[test]
fn sizes() {
    let ors = |count: usize| vec!["a"; count].join("||");
    assert!(on_a_small_stack(ors(20_000)).is_ok());
    assert!(is_too_large(on_a_small_stack(ors(25_000))));
    let list = |count: usize| format!("a in [{}]", vec!["1"; count].join(","));
    assert!(on_a_small_stack(list(10_000)).is_ok());
    assert!(is_too_large(on_a_small_stack(list(10_001))));
    assert!(is_too_large(on_a_small_stack("a".repeat(65_537))));
    assert!(is_too_large(on_a_small_stack(vec!["a.matches('b')"; 65].join("||"))));
    // What is checked once at each depth is checked once.
    let inner = (0..20).fold("1".to_owned(), |inner, _| format!("(1 in [({inner}) == 1 ? 1 : 2] ? 1 : 2)"));
    let refused = on_a_small_stack(format!("{inner} == 1"));
    assert!(refused.is_ok(), "{refused:?}");
}
