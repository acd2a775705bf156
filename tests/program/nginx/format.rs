//! A `log_format` of nginx, in parts.

use std::sync::LazyLock;

use regex::Regex;

/// How nginx escapes what it logs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escape {
    Default,
    Json,
    None,
}

#[derive(Clone, Debug)]
pub(crate) struct LogFormat {
    pub(crate) name: &'static str,
    pub(crate) escape: Escape,
    pub(crate) text: String,
}

/// What nginx logs where it is not told otherwise.
pub(crate) const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

pub(crate) enum Piece<'a> {
    Literal(&'a str),
    Variable(&'a str),
}

impl LogFormat {
    pub(crate) fn combined() -> Self {
        Self { name: "combined", escape: Escape::Default, text: COMBINED.to_owned() }
    }

    /// The directive as people write it: in several strings.
    pub(crate) fn directive(&self) -> String {
        let escape = match self.escape {
            Escape::Default => "",
            Escape::Json => " escape=json",
            Escape::None => " escape=none",
        };
        let strings: Vec<_> = self.text.split_inclusive("\" ").map(|string| format!("'{string}'")).collect();
        format!("log_format {}{escape} {};\n", self.name, strings.join("\n    "))
    }

    pub(crate) fn pieces(&self) -> Vec<Piece<'_>> {
        static VARIABLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\$(?:\{(\w+)\}|(\w+))").unwrap());
        let mut pieces = Vec::new();
        let mut end = 0;
        for variable in VARIABLE.captures_iter(&self.text) {
            let whole = variable.get_match();
            let name = variable.get(1).or(variable.get(2)).unwrap();
            pieces.push(Piece::Literal(&self.text[end..whole.start()]));
            pieces.push(Piece::Variable(name.as_str()));
            end = whole.end();
        }
        pieces.push(Piece::Literal(&self.text[end..]));
        pieces
    }
}
