//! `[[test]]`: lines, and what must come out of them.

use super::names::Names;
use super::sink::{Sink, SinkInput};
use super::table::Table;
use super::text::Text;

/// Lines of a source, and what must come out of them.
///
/// The texts have the line ends of the configuration: they are to be compared line by line.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name, which no other test has.
    pub name: Text,
    /// The name of the source whose lines they are.
    pub source: Text,
    /// The lines.
    pub input: Text,
    /// Names of sinks, and what must be written to each.
    pub outputs: Vec<(Text, Text)>,
    /// The alerts that must be raised, each as a line of JSON.
    pub alerts: Option<Text>,
    /// How many records must come through all stages.
    pub records: Option<u64>,
}

impl Test {
    pub(super) fn read(
        mut table: Table<'_, '_>,
        names: &mut Names,
        sources: &Names,
        sinks: &[Sink],
        sink_names: &Names,
    ) -> Self {
        let name = names.take(&mut table, "test");
        let source = source(&mut table, sources);
        table.require("input", "'''a line of the log'''");
        let input = table.text("input").unwrap_or_else(|| Text::implied(String::new(), table.span()));
        table.one_of(&["output", "outputs"]);
        let mut outputs = table.text_members("outputs", "{ errors = '''a line''' }");
        for (name, _) in &outputs {
            if sink_names.find(name.as_str()).is_none() {
                table.reader.no_choice(name, "sink", sink_names.iter());
            }
        }
        if let Some(output) = table.text("output") {
            match sinks.iter().find(|sink| matches!(sink.input, SinkInput::Records)) {
                Some(sink) => outputs.push((sink.name.clone(), output)),
                // Perhaps one of those whose type is wrong.
                None if sinks.len() < sink_names.len() => {}
                None => {
                    let hint = "`outputs` says of which sink; `alerts` and `records` say what else is expected";
                    table.reader.missing(table.key_span("output"), "there is no sink for records", hint);
                }
            }
        }
        let alerts = table.text("alerts");
        let records = table.integer("records", 0..=u64::MAX);
        if !["output", "outputs", "alerts", "records"].iter().any(|key| table.has(key)) {
            let hint = "`output`, `outputs`, `alerts` and `records` do";
            table.reader.missing(table.span(), "it is not said what must come out", hint);
        }
        table.finish();
        Self { name, source, input, outputs, alerts, records }
    }
}

/// Takes `source`: the only one there is if it is not given.
fn source(table: &mut Table<'_, '_>, sources: &Names) -> Text {
    if let Some(source) = table.text("source") {
        if source.is_known() && sources.find(source.as_str()).is_none() {
            table.reader.no_choice(&source, "source", sources.iter());
        }
        return source;
    }
    let mut names = sources.iter();
    if let (Some(first), Some(_), false) = (names.next(), names.next(), table.has("source")) {
        let message = "it is not said of which source the lines are";
        table.reader.missing(table.span(), message, format!("for example `source = \"{first}\"`"));
    }
    let first = sources.iter().next().unwrap_or_default();
    Text::implied(first.to_owned(), table.span())
}
