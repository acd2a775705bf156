//! How expressions are read and written.

use proptest::prelude::*;

use super::format;
use crate::filter::ast::{Call, Expr, ExprKind, Literal, Name, Operator};
use crate::{Filter, Names};

#[test]
fn precedence() {
    for (text, printed) in [
        ("a||b&&c==d+e*-f.g", "a || b && c == d + e * -f.g"),
        ("((a||b)&&c)==d", "((a || b) && c) == d"),
        ("(a && b) && c", "(a && b) && c"),
        ("a && (b && c)", "a && (b && c)"),
        ("a && b && c", "a && b && c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("!(!a)", "!!a"),
        ("-(-1)", "-(-1)"),
        ("-(1)", "-(1)"),
        ("- 1", "-1"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("a ? (b ? c : d) : e", "a ? (b ? c : d) : e"),
        ("!a.b(c)[0]", "!a.b(c)[0]"),
        ("(a+b).size()", "(a + b).size()"),
        ("a in [1,2u,0x10,.5,1e3,]", "a in [1, 2u, 16, 0.5, 1000.0]"),
        ("[]", "[]"),
        ("f()", "f()"),
        ("'a\"\\'' + r'\\' + \"\"\"a\nb\"\"\" + R\"\"\"\"\"\"", r#""a\"'" + "\\" + "a\nb" + """#),
        ("a // comment\n == // another", ""),
        ("a // comment\n == 1 // another", "a == 1"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("a == b == c", "a == b == c"),
        ("a\t<\r\nb", "a < b"),
    ] {
        match Filter::parse(text) {
            Ok(filter) => assert_eq!(filter.to_string(), printed, "{text}"),
            Err(error) => assert_eq!(printed, "", "{text}: {error}"),
        }
    }
}

#[test]
fn names_and_where_they_stand() {
    let text = r#"status >= 500 && severity == WARN && user.id in record["a-b"] && has(x[0]) && f(y)"#;
    let filter = Filter::parse(text).unwrap();
    assert_eq!(filter.text(), text);
    let names = filter.names();
    assert_eq!(
        names.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["status", "severity", "user", "a-b", "x", "y"]
    );
    assert_eq!(&text[names[3].1.clone()], r#"record["a-b"]"#);
    assert_eq!(&text[names[2].1.clone()], "user");
}

#[test]
fn names_of_other_formats_are_null() {
    let names = || Names::of(format("combined").schema());
    let bind =
        |text: &str, names: &Names| Filter::parse(text).unwrap().bind(names).map(drop).map_err(|e| e.to_string());
    assert!(bind("logger == 'x'", &names()).is_err());
    assert!(bind("logger == 'x'", &names().also(format("python").schema())).is_ok());
    assert!(bind("logger == 5", &names().also(format("python").schema())).is_err());
    assert!(bind("anything == 5", &names()).is_err());
    assert!(bind("anything == 5", &names().also(format("json").schema())).is_ok());
    assert!(bind("path == 5", &names().also(format("json").schema())).is_err());
    let python = Names::of(format("python").schema());
    assert!(bind("status_class == '5xx'", &python).is_err());
    assert!(bind("status_class == '5xx'", &python.also(format("combined").schema())).is_ok());

    // A record that lacks the name has null for it.
    let log = b"10.1.2.3 - - [06/Nov/2025:10:30:15 +0000] \"GET / HTTP/1.1\" 502 157 \"-\" \"-\"\n";
    let mut batch = lp_core::Batch::new();
    format("combined").parse(log, &mut batch);
    let record = batch.record(log, 0).unwrap();
    let names = names().also(format("python").schema());
    for (text, want) in
        [("logger == null", true), ("logger != 'x'", true), ("has(logger)", false), ("logger > 'x'", false)]
    {
        assert_eq!(Filter::parse(text).unwrap().bind(&names).unwrap().matches(&record), want, "{text}");
    }
}

fn make(kind: ExprKind) -> Expr {
    Expr::new(kind, 0..0).unwrap()
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Int),
        any::<u64>().prop_map(Literal::Uint),
        prop::num::f64::NORMAL.prop_map(Literal::Double),
        ".{0,8}".prop_map(Literal::Text),
    ]
    .prop_map(ExprKind::Literal);
    let leaf = prop_oneof![leaf, "[a-c]_?".prop_map(ExprKind::Name)].prop_map(make);
    leaf.prop_recursive(6, 40, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let many = |least| prop::collection::vec(inner.clone(), least..4);
        let operator = prop::sample::select(vec![
            Operator::Equal,
            Operator::NotEqual,
            Operator::Less,
            Operator::LessOrEqual,
            Operator::Greater,
            Operator::GreaterOrEqual,
            Operator::In,
            Operator::Add,
            Operator::Subtract,
            Operator::Multiply,
            Operator::Divide,
            Operator::Remainder,
        ]);
        let call = (prop::option::of(boxed.clone()), "[f-h]", many(0)).prop_map(|(receiver, name, arguments)| {
            ExprKind::Call(Call { receiver, name, name_at: Name(0..0), arguments })
        });
        prop_oneof![
            (boxed.clone(), "[a-c]").prop_map(|(of, name)| ExprKind::Select(of, name)),
            (boxed.clone(), boxed.clone()).prop_map(|(of, key)| ExprKind::Index(of, key)),
            call,
            many(0).prop_map(ExprKind::List),
            boxed.clone().prop_map(ExprKind::Not),
            boxed.clone().prop_map(ExprKind::Negate),
            (operator, boxed.clone(), boxed)
                .prop_map(|(operator, left, right)| ExprKind::Binary(operator, left, right)),
            many(2).prop_map(ExprKind::All),
            many(2).prop_map(ExprKind::Any),
            [inner.clone(), inner.clone(), inner.clone()].prop_map(|parts| ExprKind::If(Box::new(parts))),
        ]
        .prop_map(make)
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_the_same(expr in expr()) {
        let text = expr.to_string();
        let read = Filter::parse(&text);
        prop_assert!(read.is_ok(), "{}: {:?}", text, read);
        prop_assert_eq!(read.unwrap().expr, expr, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in r#"([a-c ()\[\].,!<>=&|+*/%?:'"\\0-9uxér-]|&&|\|\||==| in |0x|//|"a"|"""|\n){0,40}"#) {
        match Filter::parse(&text) {
            Ok(filter) => {
                let printed = filter.to_string();
                prop_assert_eq!(&Filter::parse(&printed).unwrap().expr, &filter.expr, "{}", printed);
            }
            Err(error) => prop_assert!(text.get(error.at()).is_some(), "{:?} of {:?}", error.at(), text),
        }
    }
}
