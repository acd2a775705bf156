//! The configuration of a pipeline: the text of `lp.toml` to plain data, or to everything that is wrong with it.
//!
//! Nothing is opened and nothing is run. What a configuration takes from outside comes from an [`Environment`], and texts
//! in languages that are defined elsewhere are left to [`Checks`].
//!
//! ```
//! use lp::config::{Config, Unknown};
//!
//! let text = r#"
//! [[source]]
//! type = "stdin"
//! format = "nginx-combined"
//!
//! [[stage]]
//! type = "filter"
//! where = 'status_code >= ${STATUS:-500}'
//!
//! [[sink]]
//! type = "stdout"
//! "#;
//! let config = Config::read(text, &Unknown, &())?;
//! assert_eq!(config.stages[0].name.as_str(), "filter-1");
//!
//! let mistakes = Config::read(&text.replace("where", "wehre"), &Unknown, &()).unwrap_err();
//! assert_eq!(
//!     mistakes.to_string(),
//!     "lp.toml:8:1: unknown key `wehre`; did you mean `where`?
//!   wehre = 'status_code >= ${STATUS:-500}'
//!   ^^^^^",
//! );
//! # Ok::<(), lp::config::Mistakes>(())
//! ```

mod checkpoint;
mod checks;
mod environment;
mod format;
mod http;
mod lines;
mod listed;
mod mistake;
mod names;
mod paths;
mod reader;
mod run;
mod secret;
mod shown;
mod sink;
mod source;
mod stage;
mod table;
mod templated;
mod test;
mod text;
mod variables;
mod webhook;

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use checkpoint::Checkpoint;
pub use checks::{Checks, Fault, Schemas};
pub use environment::{Environment, Secret, System, Unknown, Variable};
pub use format::SourceFormat;
pub use http::Http;
pub use mistake::{Mistake, Mistakes};
pub use run::Run;
pub use sink::{Form, Sink, SinkInput, Target};
pub use source::{Origin, Source};
pub use stage::{Add, Alert, Count, Dedup, Redact, Replacement, Sample, Select, Share, Stage, StageKind};
pub use test::Test;
pub use text::Text;
pub use webhook::{Hidden, Webhook};

use lines::Lines;
use names::Names;
use reader::{Found, Reader};
use sink::Before;
use table::Table;

/// The configuration of a pipeline.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where records come from. There is at least one, save where a source's type depends on the environment and that
    /// is not known.
    pub sources: Vec<Source>,
    /// What happens to them, in this order.
    pub stages: Vec<Stage>,
    /// Where they go. There is at least one, save as with the sources.
    pub sinks: Vec<Sink>,
    /// How the pipeline runs.
    pub run: Run,
    /// Where it is kept how far files have been followed.
    pub checkpoint: Option<Checkpoint>,
    /// Where metrics and health are served.
    pub http: Option<Http>,
    /// What must come out of which lines.
    pub tests: Vec<Test>,
    /// The places of values that could not be checked, because they depend on variables that are not
    /// [known](Variable::Unknown). What is not a text has a value that is like them.
    pub unchecked: Vec<Range<usize>>,
    /// Those of them on which it depends what comes out of given lines; that is not so of paths, addresses and times of waiting.
    pub decisive: Vec<Range<usize>>,
}

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it. Where the text is not TOML, what seems to be missing is not told.
    pub fn read(text: &str, environment: &dyn Environment, checks: &dyn Checks) -> Result<Self, Mistakes> {
        let lines = Lines::new(text);
        let (document, faults) = DeTable::parse_recoverable(text);
        let syntax: Vec<Mistake> = faults.iter().map(|fault| syntax(&lines, fault)).collect();
        let mut reader = Reader::new(lines, environment, checks, syntax.is_empty());
        let mut config = read(&mut reader, &document);
        let Found { mistakes, unchecked, decisive } = reader.finish();
        (config.unchecked, config.decisive) = (unchecked, decisive);
        // What was made of a line that is not TOML is a guess.
        let guessed: BTreeSet<usize> = syntax.iter().map(Mistake::line).collect();
        let others = mistakes.into_iter().filter(|mistake| !guessed.contains(&mistake.line()));
        match Mistakes::new(syntax.into_iter().chain(others)) {
            Some(mistakes) => Err(mistakes),
            None => Ok(config),
        }
    }
}

/// What the parser of TOML says.
fn syntax(lines: &Lines<'_>, fault: &toml::de::Error) -> Mistake {
    let end = lines.text().len();
    Mistake::at(lines, fault.span().unwrap_or(end..end), format!("this is not TOML: {}", fault.message()))
}

fn read<'t>(reader: &mut Reader<'t>, document: &'t Spanned<DeTable<'t>>) -> Config {
    // What is missing would stand at the end.
    let end = reader.lines.text().len()..reader.lines.text().len();
    let mut root = Table::new(reader, document.get_ref(), end.clone(), "a configuration");
    let sources_given = root.tables("source");
    let stages_given = root.tables("stage");
    let sinks_given = root.tables("sink");
    let tests_given = root.tables("test");
    let run = root.table("run", "`[run]`", "{ threads = 2 }").map(Run::read).unwrap_or_default();
    let checkpoint_at = root.key_span("checkpoint");
    let checkpoint =
        root.table("checkpoint", "`[checkpoint]`", "{ path = \"/var/lib/lp/checkpoint\" }").map(Checkpoint::read);
    let http = root.table("http", "`[http]`", "{ listen = \"127.0.0.1:9180\" }").map(Http::read);
    let has_checkpoint = root.has("checkpoint");
    root.finish();
    for (name, given) in [("source", &sources_given), ("sink", &sinks_given)] {
        let is_none = |value: &Spanned<DeValue<'_>>| value.get_ref().as_array().is_some_and(|array| array.is_empty());
        if given.is_empty() && document.get_ref().get(name).is_none_or(is_none) {
            reader.missing(end.clone(), format!("there is no {name}"), format!("begin one with `[[{name}]]`"));
        }
    }

    let mut source_names = Names::new("source");
    let mut sources = Vec::new();
    let mut schemas = Schemas::default();
    let number_of_sources = sources_given.len();
    for (entries, span) in sources_given {
        let table = Table::new(reader, entries, span, "a source");
        match Source::read(table, &mut source_names, &sources, has_checkpoint) {
            Some(source) => {
                schemas.push_source(source.name.as_str(), source.format.schema(&source.settings));
                sources.push(source);
            }
            None => schemas.push_source("", None),
        }
    }
    // What is wrong with a type may be that of a followed one.
    if sources.len() == number_of_sources
        && !sources.is_empty()
        && !sources.iter().any(|source| source.origin.is_followed())
    {
        refuse_of_followed(reader, document, has_checkpoint.then_some(checkpoint_at));
    }
    let mut stage_names = Names::new("stage");
    let mut stages = Vec::new();
    for (entries, span) in stages_given {
        let table = Table::new(reader, entries, span, "a stage");
        stages.extend(Stage::read(table, &mut stage_names, &mut schemas, has_checkpoint));
    }
    let mut sink_names = Names::new("sink");
    let mut sinks: Vec<Sink> = Vec::new();
    let has_all_sources = sources.len() == number_of_sources;
    let before = Before { sources: &sources, has_all_sources, stages: &stages, names: &stage_names };
    for (entries, span) in sinks_given {
        sinks.extend(Sink::read(Table::new(reader, entries, span, "a sink"), &mut sink_names, &before, &schemas));
    }
    paths::check(reader, &sources, &sinks, checkpoint.as_ref());
    check_streams(reader, &sinks);
    let mut test_names = Names::new("test");
    let mut tests = Vec::new();
    for (entries, span) in tests_given {
        let table = Table::new(reader, entries, span, "a test");
        tests.push(Test::read(table, &mut test_names, &source_names, &sinks, &sink_names));
    }
    Config { sources, stages, sinks, run, checkpoint, http, tests, unchecked: Vec::new(), decisive: Vec::new() }
}

/// Where nothing is followed, some of what may be said has no meaning.
fn refuse_of_followed(reader: &mut Reader<'_>, document: &Spanned<DeTable<'_>>, checkpoint: Option<Range<usize>>) {
    if let Some(place) = checkpoint {
        let hint = "only files are followed, which are sources of the type `file`";
        reader.mistake(place, "there is nothing to follow, and so nothing to keep in a checkpoint", hint);
    }
    let run = document.get_ref().get("run").and_then(|run| run.get_ref().as_table());
    for key in run::OF_FOLLOWED {
        if let Some((key, _)) = run.and_then(|run| run.get_key_value(key)) {
            let message = format!("`{}` has no meaning here", key.get_ref());
            reader.mistake(key.span(), message, "it is for files that are followed, and none is");
        }
    }
}

/// The order of what two sinks write to one stream would depend on how the input was cut.
fn check_streams(reader: &mut Reader<'_>, sinks: &[Sink]) {
    let stream = |sink: &Sink| match sink.target {
        Target::Stdout => Some("standard output"),
        Target::Stderr => Some("standard error"),
        _ => None,
    };
    for (number, sink) in sinks.iter().enumerate() {
        if let Some(name) = stream(sink)
            && sinks[..number].iter().any(|before| stream(before) == Some(name))
        {
            let message = format!("another sink writes to the {name} already");
            reader.mistake(sink.name.span(), message, "every stream needs a sink of its own");
        }
    }
}
