//! Which of the formats of a configuration is meant.

use super::directive::Directive;
use super::error::{Error, ErrorKind, Place};
use super::walk::{Definition, Family, Found};

/// The format with this name, or without a name the one that is meant. `place` is the configuration as a whole.
pub(super) fn choose(found: Found, name: Option<&str>, place: Place) -> Result<Directive, Error> {
    let chosen = match name {
        Some(name) => named(found, name),
        None if found.http.formats.is_empty() => meant(found.stream, false),
        None => meant(found.http, true),
    };
    chosen.unwrap_or_else(|kind| Err(Error { place, kind }))
}

/// What became of the directive that was chosen, or why none was.
type Choice = Result<Result<Directive, Error>, ErrorKind>;

fn named(found: Found, name: &str) -> Choice {
    if name == "combined" {
        return Ok(Ok(Directive::combined()));
    }
    let mut known = Vec::new();
    for format in found.http.formats.into_iter().chain(found.stream.formats) {
        if format.name == name.as_bytes() {
            return Ok(format.directive);
        }
        known.push(readable(&format));
    }
    known.push("combined".to_owned());
    Err(ErrorKind::Unknown { name: name.to_owned(), known })
}

/// `predefined`: whether `combined` is there.
fn meant(Family { mut formats, logs }: Family, predefined: bool) -> Choice {
    if formats.len() > 1 {
        // `combined` is the first of all, and a log takes the first whose name it gives, in upper or lower case.
        let format_of = |log: &Vec<u8>| match predefined && log.eq_ignore_ascii_case(b"combined") {
            true => Some(None),
            false => formats.iter().position(|format| format.name.eq_ignore_ascii_case(log)).map(Some),
        };
        let mut used = logs.iter().map(format_of);
        let first = used.next().flatten().filter(|first| used.all(|format| format == Some(*first)));
        match first {
            None => return Err(ErrorKind::Ambiguous(formats.iter().map(readable).collect())),
            Some(None) => return Ok(Ok(Directive::combined())),
            Some(Some(index)) => return Ok(formats.swap_remove(index).directive),
        }
    }
    formats.pop().map(|format| format.directive).ok_or(ErrorKind::Undefined)
}

fn readable(format: &Definition) -> String {
    String::from_utf8_lossy(&format.name).into_owned()
}
