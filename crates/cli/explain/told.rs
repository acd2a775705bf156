//! Which format reads a text, and which others would.

use std::fmt;
use std::sync::Arc;

use lp::format::detect::{Known, Settings, detect};
use lp::format::python::Python;
use lp::{Batch, Format};

use super::account::{Account, accounts};
use crate::format::{Choice, FormatArgs};

/// The format of a text's records.
pub(super) struct Told {
    pub(super) format: Arc<dyn Format>,
    how: How,
    settings: Settings,
    among: Vec<Known>,
}

enum How {
    /// Flags said it.
    Given(FormatName),
    /// The records show it.
    Recognised { first: Known, second: Option<Known> },
    /// No format takes any record. This one comes furthest.
    Nearest(Known),
}

/// What a format is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct FormatName {
    /// As in `--format`; the flag, where that holds the format itself.
    pub(super) name: &'static str,
    /// The format string, where the name does not say it all.
    pub(super) pattern: Option<String>,
    pub(super) known: Option<Known>,
}

impl FormatName {
    /// That of the format that the flags say, if they do.
    pub(super) fn given(args: &FormatArgs) -> Option<Self> {
        let custom = args.custom().map(|(flag, text)| Self { name: flag, pattern: Some(text.to_owned()), known: None });
        custom.or_else(|| args.known().map(Self::from))
    }
}

impl From<Known> for FormatName {
    fn from(known: Known) -> Self {
        let pattern = match known {
            Known::Python(number) => Python::usual_text(number).map(str::to_owned),
            _ => None,
        };
        Self { name: known.name(), pattern, known: Some(known) }
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match &self.pattern {
            Some(pattern) => write!(f, " '{pattern}'"),
            None => Ok(()),
        }
    }
}

impl Told {
    /// Finds the format of a text, of which `sample` is the beginning.
    pub(super) fn new(choice: &Choice, args: &FormatArgs, settings: &Settings, sample: &[u8]) -> Self {
        let told = |format, how, among| Self { format, how, settings: settings.clone(), among };
        let among = match choice {
            Choice::Given(format) => {
                let name = FormatName::given(args).unwrap_or(Known::Combined.into());
                return told(Arc::clone(format), How::Given(name), Vec::new());
            }
            Choice::Detect(among, _) => among.clone(),
        };
        let detected = detect(sample, among.iter().copied(), settings);
        if let Some(first) = detected.first {
            return told(detected.format(settings), How::Recognised { first, second: detected.second }, among);
        }
        // The first of those that come as far.
        let understood = |known: &Known| {
            let format = known.format(settings);
            let mut batch = Batch::new().with_capacity(1).with_time_places();
            format.parse(sample, &mut batch);
            accounts(&*format, &batch, sample).first().map_or(0, Account::understood)
        };
        let nearest = among.iter().rev().max_by_key(|known| understood(known)).copied().unwrap_or(Known::Combined);
        told(nearest.format(settings), How::Nearest(nearest), among)
    }

    /// Whether no format takes any record of the text.
    pub(super) const fn is_none(&self) -> bool {
        matches!(self.how, How::Nearest(_))
    }

    /// Whether only Python's formats came into question.
    pub(super) fn is_among_python(&self) -> bool {
        self.among.iter().all(is_python)
    }

    /// Whether the records show the format.
    pub(super) const fn is_recognised(&self) -> bool {
        matches!(self.how, How::Recognised { .. })
    }

    /// The format that read a record.
    pub(super) fn name(&self, account: &Account<'_>) -> FormatName {
        match &self.how {
            How::Given(name) => name.clone(),
            How::Nearest(known) => (*known).into(),
            How::Recognised { first, second } => {
                let family = if account.is_second_kind { second.unwrap_or(*first) } else { *first };
                self.member(family, account).into()
            }
        }
    }

    /// Every parser of Python's formats knows all the usual ones: which of them has read a record.
    fn member(&self, family: Known, account: &Account<'_>) -> Known {
        if account.error.is_some() || !is_python(&family) {
            return family;
        }
        let all = Known::all().filter(is_python).collect::<Vec<_>>();
        let read = |among: &[Known]| self.pythons(among, account.raw).next();
        read(&[family]).or_else(|| read(&all)).unwrap_or(family)
    }

    /// The formats, beside the one of this name, that take the record too.
    ///
    /// A format that was given is not put into question, unless it does not take the record.
    pub(super) fn others(&self, account: &Account<'_>, name: &FormatName) -> Vec<FormatName> {
        let among = match (&self.how, &account.error) {
            (How::Given(_), None) => Vec::new(),
            (_, Some(_)) => Known::all().collect(),
            (_, None) => self.among.clone(),
        };
        let (pythons, others): (Vec<Known>, Vec<Known>) =
            among.into_iter().filter(|known| name.known != Some(*known)).partition(is_python);
        let others = others.into_iter().filter(|known| takes(&*known.format(&self.settings), account.raw));
        others.chain(self.pythons(&pythons, account.raw)).map(FormatName::from).collect()
    }

    /// Those of these formats of Python that read the record.
    fn pythons(&self, among: &[Known], record: &[u8]) -> impl Iterator<Item = Known> {
        let line = record.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let mut left = among.to_vec();
        // Each parser reads lines of all of them, but a detector tells one; then it is asked for the next.
        std::iter::from_fn(move || {
            let first = detect(line, left.iter().copied(), &self.settings).first?;
            left.retain(|known| *known != first);
            Some(first)
        })
    }
}

/// Whether it is one of Python's formats.
const fn is_python(known: &Known) -> bool {
    matches!(known, Known::Python(_))
}

/// Whether the text is one record of the format.
fn takes(format: &dyn Format, text: &[u8]) -> bool {
    let mut batch = Batch::new();
    format.parse(text, &mut batch);
    batch.len() == 1 && batch.errors().len() == 0
}
