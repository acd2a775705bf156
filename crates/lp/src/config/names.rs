//! The names of sources, stages, sinks and tests: given or made, and each only once.

use super::table::Table;
use super::text::Text;

/// The names of the sources, or of another kind of tables.
pub(super) struct Names {
    /// What has the names: `source`.
    what: &'static str,
    names: Vec<Text>,
    /// How many there are of each type.
    types: Vec<(&'static str, usize)>,
}

impl Names {
    pub(super) const fn new(what: &'static str) -> Self {
        Self { what, names: Vec::new(), types: Vec::new() }
    }

    /// The `type` and the `name` of a table. `None` if the type is wrong or not known; then the table is finished, for
    /// nobody knows what else it may have.
    pub(super) fn take_typed<'r, 't, T: Copy>(
        &mut self,
        mut table: Table<'r, 't>,
        types: &[(&'static str, T)],
        example: &'static str,
    ) -> Option<(Table<'r, 't>, T, Text)> {
        table.require("type", example);
        let Some((kind, value)) = table.named_choice("type", types) else {
            self.take(&mut table, self.what);
            table.finish_untyped();
            return None;
        };
        table.is(format!("a {} of the type `{kind}`", self.what));
        let name = self.take(&mut table, kind);
        Some((table, value, name))
    }

    /// The `name` of a table, or if it has none its type and the number that it is of that type: `filter-2`.
    pub(super) fn take(&mut self, table: &mut Table<'_, '_>, kind: &'static str) -> Text {
        let number = match self.types.iter_mut().find(|(name, _)| *name == kind) {
            Some((_, number)) => {
                *number += 1;
                *number
            }
            None => {
                self.types.push((kind, 1));
                1
            }
        };
        let name = table.filled_text("name").unwrap_or_else(|| Text::implied(format!("{kind}-{number}"), table.span()));
        if name.as_str().contains(char::is_control) {
            let message = format!("{} is no name", table.reader.written(&name));
            table.reader.mistake(name.span(), message, "names are shown in messages, and hold no control characters");
        }
        if let Some(first) = self.find(name.as_str()) {
            let line = table.reader.lines.number(first.span().start);
            let message = format!("the name {} is taken", table.reader.written(&name));
            let hint = format!("the {} of line {line} has it; every {} needs a name of its own", self.what, self.what);
            table.reader.mistake(name.span(), message, hint);
        }
        self.names.push(name.clone());
        name
    }

    pub(super) fn find(&self, name: &str) -> Option<&Text> {
        self.names.iter().find(|known| known.as_str() == name)
    }

    pub(super) const fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.names.iter().map(Text::as_str)
    }
}
