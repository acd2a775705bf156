//! Formats, and lines that nginx could write in them.

use lp_core::format::log_format::Escape;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::mutation::mutated;
use super::naive::{Kind, Piece};

pub(crate) const VARIABLES: [(&str, Kind); 20] = [
    ("remote_addr", Kind::List),
    ("http_x_forwarded_for", Kind::List),
    ("upstream_addr", Kind::List),
    ("remote_user", Kind::Text),
    ("http_referer", Kind::Text),
    ("http_user_agent", Kind::Text),
    ("host", Kind::Text),
    ("my_variable", Kind::Text),
    ("request", Kind::Request),
    ("status", Kind::Status),
    ("body_bytes_sent", Kind::Integer),
    ("bytes_sent", Kind::Integer),
    ("connection", Kind::Integer),
    ("request_time", Kind::Decimal),
    ("gzip_ratio", Kind::Decimal),
    ("upstream_response_time", Kind::Decimals),
    ("upstream_status", Kind::Decimals),
    ("time_local", Kind::Clf),
    ("time_iso8601", Kind::Iso),
    ("msec", Kind::Msec),
];

/// A format, and how its values are escaped.
#[derive(Clone, Debug)]
pub(crate) struct Format {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) escape: Escape,
}

impl Format {
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                // Braces where a name would go on.
                Piece::Variable(name, _) => text.push_str(&format!("${{{name}}}")),
            }
        }
        text
    }

    /// The line with these values, one for each variable.
    pub(crate) fn print(&self, values: &[Vec<u8>]) -> Vec<u8> {
        let mut values = values.iter();
        let piece = |piece: &Piece| match piece {
            Piece::Literal(literal) => literal.as_bytes().to_vec(),
            Piece::Variable(..) => values.next().unwrap().clone(),
        };
        self.pieces.iter().flat_map(piece).collect()
    }

    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(_, kind) => Some(*kind),
            Piece::Literal(_) => None,
        })
    }
}

/// Any format.
pub(crate) fn format() -> impl Strategy<Value = Format> {
    const LITERALS: [&str; 26] = [
        " ", " ", " ", " ", " - ", " [", "] ", "] \"", "\" \"", " \"", "\" ", "\"", "|", "\t", ";", " rt=", ",", ", ",
        ":", " : ", "-", ".", "0", "ms ", "\u{e9}", "\\",
    ];
    let literals = vec(select(LITERALS.to_vec()), 8);
    let escape = select(vec![Escape::Default, Escape::Default, Escape::Json, Escape::None]);
    let variables = subsequence(VARIABLES.to_vec(), 1..=7).prop_shuffle();
    (variables, literals, escape, any::<bool>(), any::<bool>()).prop_map(
        |(variables, literals, escape, before, behind)| {
            let mut pieces = Vec::new();
            let count = variables.len();
            for (number, ((name, kind), literal)) in variables.into_iter().zip(literals).enumerate() {
                if number > 0 || before {
                    pieces.push(Piece::Literal(literal.to_owned()));
                }
                pieces.push(Piece::Variable(name, kind));
                if number + 1 == count && behind {
                    pieces.push(Piece::Literal(if literal == " " { "\"" } else { literal }.to_owned()));
                }
            }
            Format { pieces, escape }
        },
    )
}

/// A format whose values can be told from what is between them, whatever they are.
pub(crate) fn plain_format() -> impl Strategy<Value = Format> {
    format().prop_map(|mut format| {
        // No value has a bar in it, nor begins with one.
        for piece in &mut format.pieces {
            if let Piece::Literal(literal) = piece {
                *literal = "| ".to_owned();
            }
        }
        format
    })
}

const INSERTS: &[&str] =
    &["\"", "\\", " ", "-", ",", ", ", " : ", "0", "x", "\u{e9}", "] \"", "2025-11-06T10:30:15Z", "200"];

/// A format and a line: most often one that nginx writes, else one with something done to it.
pub(crate) fn format_and_line() -> impl Strategy<Value = (Format, Vec<u8>)> {
    format().prop_flat_map(|format| {
        let line = values(&format, true).prop_map({
            let format = format.clone();
            move |values| format.print(&values)
        });
        let extra = select(vec!["", "", "", "", " ", " extra", "x", "  -"]);
        let line = (line, extra).prop_map(|(line, extra)| [&line[..], extra.as_bytes()].concat()).boxed();
        let line = prop_oneof![line.clone(), mutated(line, INSERTS)].prop_map(|mut line| {
            line.retain(|byte| *byte != b'\n');
            line
        });
        (Just(format), line)
    })
}

/// A value for each variable. `odd`: those too that the server writes for nobody sane.
pub(crate) fn values(format: &Format, odd: bool) -> Vec<BoxedStrategy<Vec<u8>>> {
    format.kinds().map(|kind| value(kind, format.escape, odd)).collect()
}

fn value(kind: Kind, escape: Escape, odd: bool) -> BoxedStrategy<Vec<u8>> {
    let nothing = if escape == Escape::Default { "-" } else { "" };
    let of = |texts: &[&'static str]| select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec()).boxed();
    let pattern = |pattern: &'static str| proptest::string::bytes_regex(pattern).unwrap().boxed();
    let ordinary = match kind {
        Kind::Text => prop_oneof![
            pattern("[a-zA-Z0-9/._][a-zA-Z0-9/._-]{0,20}"),
            of(&["john doe", "Mozilla/5.0 (X11; Linux)", "-x"])
        ]
        .boxed(),
        Kind::List => pattern("[0-9a-f.:]{3,15}(, [0-9a-f.:]{3,15}){0,2}( : [0-9a-f.]{3,15})?"),
        Kind::Request => of(&["GET / HTTP/1.1", "POST /a?b=c d HTTP/2.0", "GET /", "PRI * HTTP/2.0"]),
        Kind::Integer => pattern("[0-9]{1,7}"),
        Kind::Status => pattern("[1-5][0-9]{2}"),
        Kind::Decimal => pattern("[0-9]{1,3}\\.[0-9]{3}"),
        Kind::Decimals => pattern("[0-9]\\.[0-9]{3}((, | : )([0-9]\\.[0-9]{3}|-)){0,3}"),
        Kind::Clf => of(&["06/Nov/2025:10:30:15 +0000", "06/Nov/2025:10:30:16 +0000", "29/Feb/2024:23:59:60 -0530"]),
        Kind::Iso => of(&["2025-11-06T10:30:15+00:00", "2025-11-06T10:30:16+00:00", "2024-02-29T23:59:60-05:30"]),
        Kind::Msec => pattern("1[0-9]{9}\\.[0-9]{3}"),
    };
    if !odd {
        return ordinary;
    }
    let strange = match kind {
        Kind::Text | Kind::List | Kind::Request => {
            let raw = vec(select(STRANGE.to_vec()), 0..6).prop_map(|pieces| pieces.concat().into_bytes());
            raw.prop_map(move |raw| escaped(&raw, escape)).boxed()
        }
        Kind::Integer => {
            of(&["0", "007", "18446744073709551614", "18446744073709551615", "99999999999999999999", "-1", "1.5"])
        }
        Kind::Status => of(&["000", "20", "2000", "999", "2x0", "-1"]),
        Kind::Decimal => of(&["0", "1.", ".5", "-0.5", "1.2.3", "1e5", "00.10"]),
        Kind::Decimals => of(&["-", "-, -", "1, ", "1 : ", "1,2", "1 :2", ", 1", "0.1, x", "1 : - : 2", "--"]),
        Kind::Clf => of(&[
            "30/Feb/2025:10:30:15 +0000",
            "06/Nov/2025:10:30:61 +0000",
            "06/Nov/9999:10:30:15 +0000",
            "06/nov/2025:10:30:15 +0000",
        ]),
        Kind::Iso => of(&[
            "2025-02-30T10:30:15+00:00",
            "2025-11-06T10:30:15Z",
            "2025-11-06 10:30:15,123",
            "2025/11/06 10:30:15.1234567891 +0100",
            "2025-11-06T10:30:15+25:00",
            "2025-11-06T10:30:15+01",
            "2025-11-06T10:30:15+012",
            "9999-11-06T10:30:15Z",
        ]),
        Kind::Msec => of(&[
            "0",
            "-1.5",
            "1762425015",
            "1762425015.1234567891",
            "99999999999.000",
            "000000000000000000000001762425015.123",
            "1762425015.",
        ]),
    };
    prop_oneof![6 => ordinary, 1 => of(&[nothing, "", "-"]), 2 => strange].boxed()
}

/// What a client may send to be logged.
const STRANGE: [&str; 20] = [
    "a",
    "b c",
    " ",
    "\"",
    "\\",
    "-",
    ",",
    ", ",
    " : ",
    ":",
    "[",
    "] ",
    "|",
    " 200 ",
    "\u{e9}",
    "\u{1}",
    "\n",
    "0",
    " HTTP/1.1",
    "06/Nov/2025:10:30:15 +0000",
];

/// As nginx writes it.
fn escaped(raw: &[u8], escape: Escape) -> Vec<u8> {
    let escaped = raw.iter().map(|&byte| match (escape, byte) {
        (Escape::Default, b'"' | b'\\' | 0..0x20 | 0x7F..) => format!("\\x{byte:02X}").into_bytes(),
        (Escape::Json, b'"' | b'\\') => vec![b'\\', byte],
        (Escape::Json, b'\n') => b"\\n".to_vec(),
        (Escape::Json, 0..0x20) => format!("\\u{byte:04X}").into_bytes(),
        _ => vec![byte],
    });
    escaped.collect::<Vec<_>>().concat()
}
