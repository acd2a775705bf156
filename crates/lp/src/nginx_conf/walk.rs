//! Through a configuration and what it includes: the formats, and what the access logs name.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::directive::{self, Directive};
use super::error::{Error, ErrorKind, Place};
use super::lexer::{End, Fault, Lexer, Word};
use lp_tail::glob;

/// The most bytes of a file.
const MAX_FILE: u64 = 64 << 20;
/// The most files that are open at a time, each included by the one before.
const MAX_DEPTH: usize = 32;
/// The most files that are read.
const MAX_FILES: usize = 100_000;

/// What a configuration says of logs.
#[derive(Default)]
pub(super) struct Found {
    pub(super) http: Family,
    pub(super) stream: Family,
}

/// The formats of a module and the logs that use them. `http` and `stream` each have their own.
#[derive(Default)]
pub(super) struct Family {
    pub(super) formats: Vec<Definition>,
    /// What each `access_log` names.
    pub(super) logs: Vec<Vec<u8>>,
}

/// A `log_format`.
pub(super) struct Definition {
    pub(super) name: Vec<u8>,
    place: Place,
    /// Wrong ones harm only those who ask for them.
    pub(super) directive: Result<Directive, Error>,
}

/// Whose directives stand in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// Those of `http`, or of the main file outside all blocks, which may be a part of `http`.
    Http,
    Stream,
    /// Of others: nothing in it is of interest, whatever its name.
    Other,
}

impl Context {
    /// Within a block with this name.
    fn within(self, block: &[u8]) -> Self {
        match (self, block) {
            (Self::Other, _) => Self::Other,
            (_, b"http") => Self::Http,
            (_, b"stream") => Self::Stream,
            (_, b"server" | b"location" | b"if" | b"limit_except") => self,
            _ => Self::Other,
        }
    }
}

/// Reads a configuration.
pub(super) fn read(path: &Path) -> Result<Found, Error> {
    let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut walk = Walk { folder, open: Vec::new(), files: 0, found: Found::default() };
    walk.file(path, Context::Http, &Place::of(path))?;
    Ok(walk.found)
}

struct Walk {
    /// What relative paths are relative to.
    folder: PathBuf,
    /// The files that are being read, each included by the one before.
    open: Vec<PathBuf>,
    files: usize,
    found: Found,
}

impl Walk {
    /// Reads a file. What keeps it from being read is an error at `place`.
    fn file(&mut self, path: &Path, context: Context, place: &Place) -> Result<(), Error> {
        let text = self.load(path).map_err(|kind| Error { place: place.clone(), kind })?;
        self.text(path, &text, context)?;
        self.open.pop();
        Ok(())
    }

    /// The bytes of a file, which is open from now on.
    fn load(&mut self, path: &Path) -> Result<Vec<u8>, ErrorKind> {
        let included = || (!self.open.is_empty()).then(|| path.to_path_buf());
        let failed = |source| ErrorKind::Read { included: included(), source };
        // A pipe has no other name than the one it is given by; whether it can be opened is seen below.
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if self.open.contains(&canonical) {
            return Err(ErrorKind::Cycle { included: path.to_path_buf() });
        }
        if self.open.len() == MAX_DEPTH {
            return Err(ErrorKind::TooManyIncludes("more than 32 files include one another"));
        }
        if self.files == MAX_FILES {
            return Err(ErrorKind::TooManyIncludes("more than 100000 files are included"));
        }
        let mut text = Vec::new();
        File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text)).map_err(failed)?;
        if text.len() as u64 > MAX_FILE {
            return Err(ErrorKind::TooLarge { included: included(), limit: MAX_FILE });
        }
        self.files += 1;
        self.open.push(canonical);
        Ok(text)
    }

    /// Reads the files that an include names, which stands at `place`.
    fn include(&mut self, path: &[u8], context: Context, place: &Place) -> Result<(), Error> {
        if !glob::is_pattern(path) {
            return self.file(&self.folder.join(glob::to_path(path)), context, place);
        }
        let files = glob::expand(&self.folder, path).map_err(|(folder, source)| {
            let kind = ErrorKind::Read { included: Some(folder), source };
            Error { place: place.clone(), kind }
        })?;
        files.iter().try_for_each(|file| self.file(file, context, place))
    }

    fn text(&mut self, file: &Path, text: &[u8], outside: Context) -> Result<(), Error> {
        let fail = |fault: Fault| fault.in_file(file, text);
        let mut lexer = Lexer::new(text);
        let mut words = Vec::new();
        // The blocks that are open, and where each begins.
        let mut blocks: Vec<(Context, usize)> = Vec::new();
        loop {
            let context = blocks.last().map_or(outside, |&(context, _)| context);
            let end = lexer.next(&mut words).map_err(fail)?;
            let Some(first) = words.first() else {
                match (end, blocks.pop()) {
                    (End::Text, None) => return Ok(()),
                    (End::Text, Some((_, at))) => {
                        return Err(fail(Fault { at, what: "this block does not end: `}` is missing" }));
                    }
                    (_, Some(_)) => continue,
                    (_, None) => return Err(fail(lexer.fault_before("no block is open that this `}` could close"))),
                }
            };
            let name = first.value();
            if end == End::Open && name.ends_with(b"_by_lua_block") {
                lexer.skip_lua().map_err(fail)?;
                continue;
            }
            if context != Context::Other && matches!(&*name, b"include" | b"log_format" | b"access_log") {
                if end == End::Open {
                    return Err(fail(lexer.fault_before(directive::NOT_A_BLOCK)));
                }
                self.directive(&name, &words, context, file, text)?;
            } else if end == End::Open {
                blocks.push((context.within(&name), first.at));
            }
        }
    }

    /// One of the directives that are of interest.
    fn directive(
        &mut self,
        name: &[u8],
        words: &[Word],
        context: Context,
        file: &Path,
        text: &[u8],
    ) -> Result<(), Error> {
        let at = words[0].at;
        let fail = |what| Err(Fault { at, what }.in_file(file, text));
        let family = if context == Context::Stream { &mut self.found.stream } else { &mut self.found.http };
        match (name, words) {
            (b"include", [_, path]) => self.include(&path.value(), context, &Place::at(file, text, at)),
            (b"include", _) => fail("one path must follow `include`"),
            (b"log_format", [_, name, ..]) => {
                let name = name.value().into_owned();
                if context == Context::Http && name == b"combined" {
                    return fail("nginx defines the log_format `combined` itself: this needs another name");
                }
                let place = Place::at(file, text, at);
                if let Some(first) = family.formats.iter().find(|format| format.name == name) {
                    let name = String::from_utf8_lossy(&name).into_owned();
                    return Err(Error { place, kind: ErrorKind::Duplicate { name, first: first.place.clone() } });
                }
                let directive = Directive::from_words(words).map_err(|fault| fault.in_file(file, text));
                family.formats.push(Definition { name, place, directive });
                Ok(())
            }
            (b"log_format", _) => fail(directive::EXPECTED),
            // An `access_log`.
            (_, [_, path, ..]) if *path.value() == *b"off" => Ok(()),
            (_, words) => {
                family.logs.push(words.get(2).map_or(b"combined".to_vec(), |name| name.value().into_owned()));
                Ok(())
            }
        }
    }
}
