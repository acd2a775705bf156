//! Access logs in any `log_format` of nginx.
//!
//! The text of the [directive] is compiled once; every variable becomes a field. Where it is that of `combined` or
//! `common`, it is the parser of [`Access`] that reads the lines.
//!
//! [directive]: https://nginx.org/en/docs/http/ngx_http_log_module.html#log_format

mod compile;
mod variables;

use std::ops::Range;

use crate::batch::Batch;
use crate::format::access::Access;
use crate::format::template::{Levels, Matcher, Row, Template, Times};
use crate::format::{Format, PatternError};
use crate::scan::{IndexedLines, Level};
use crate::schema::Schema;
use crate::timestamp::Zone;

/// How nginx escapes the values of variables: the `escape` parameter of `log_format`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Escape {
    /// `\xHH` for quotes, backslashes, controls and bytes that are not ASCII; `-` for no value.
    #[default]
    Default,
    /// As in a JSON string; an empty text for no value.
    Json,
    /// Not at all; an empty text for no value.
    None,
}

/// An access log in a `log_format` of nginx.
#[derive(Clone, Debug)]
pub struct LogFormat(Parser);

#[derive(Clone, Debug)]
enum Parser {
    Access(Access),
    Template { template: Template, schema: Schema },
}

impl LogFormat {
    /// Compiles the text of a `log_format` directive: its strings, joined.
    ///
    /// # Errors
    ///
    /// If two variables touch, or it is not such a text; the error says where.
    pub fn compile(text: &str, escape: Escape) -> Result<Self, PatternError> {
        let pieces = compile::pieces(text)?;
        if escape == Escape::Default
            && let Some(access) = compile::builtin(&pieces)
        {
            return Ok(Self(Parser::Access(access)));
        }
        let (template, schema) = compile::template(text, &pieces, escape)?;
        Ok(Self(Parser::Template { template, schema }))
    }

    /// Without the parser that is made for `combined` and `common`. The records of well-formed lines are the same; tests
    /// and benchmarks hold one against the other.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile).
    pub fn compile_generic(text: &str, escape: Escape) -> Result<Self, PatternError> {
        let (template, schema) = compile::template(text, &compile::pieces(text)?, escape)?;
        Ok(Self(Parser::Template { template, schema }))
    }
}

impl Format for LogFormat {
    fn schema(&self) -> &Schema {
        match &self.0 {
            Parser::Access(access) => access.schema(),
            Parser::Template { schema, .. } => schema,
        }
    }

    fn parse(&self, input: &[u8], batch: &mut Batch) -> usize {
        match &self.0 {
            Parser::Access(access) => access.parse(input, batch),
            Parser::Template { template, schema } => {
                batch.begin(schema);
                let matcher = Matcher { template, zone: &Zone::UTC, levels: &Levels::default(), known_levels: false };
                let mut row = Row::new(schema);
                let mut times = Times::new();
                let mut lines = IndexedLines::new(input, Level::best(), std::mem::take(&mut batch.index));
                while !batch.is_full()
                    && let Some(line) = lines.next()
                {
                    parse_line(matcher, input, line, &mut row, &mut times, batch);
                }
                let end = lines.position();
                batch.index = lines.into_index();
                end
            }
        }
    }

    fn starts_record(&self, line: &[u8]) -> bool {
        match &self.0 {
            Parser::Access(access) => access.starts_record(line),
            Parser::Template { .. } => true,
        }
    }
}

#[inline(always)]
fn parse_line(
    matcher: Matcher<'_>,
    input: &[u8],
    line: Range<usize>,
    row: &mut Row,
    times: &mut Times,
    batch: &mut Batch,
) {
    let limit = batch.limit() as usize;
    let text = &input[line.clone()];
    let (text, cut) = (&text[..text.len().min(limit)], text.len() > limit);
    let parts = matcher.template.parts.len();
    row.clear();
    if !cut
        && let Some(end) = matcher.line(text, row, times).parts_before(parts)
        && row.no_time().is_none()
    {
        extra(matcher.template, text, end, row);
        return row.push(batch, line.start, line.len(), line.len(), None);
    }
    row.clear();
    let diagnosis = matcher.line(text, row, times).diagnose(0..parts, 0, cut);
    if let Some(end) = diagnosis.end {
        extra(matcher.template, text, end, row);
    }
    row.push(batch, line.start, line.len(), line.len(), diagnosis.failure);
}

/// What follows the last part, without one leading space.
#[inline(always)]
fn extra(template: &Template, text: &[u8], end: usize, row: &mut Row) {
    if end < text.len()
        && let Some(field) = template.extra
    {
        let start = end + usize::from(text[end] == b' ');
        if start < text.len() {
            row.set(field, start..text.len());
        }
    }
}
