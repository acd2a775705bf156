//! `lp explain`.

mod account;
mod hint;
mod input;
mod json;
mod members;
mod people;
mod rows;
mod style;
mod told;

use std::ffi::OsStr;
use std::io::{self, Write};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use lp::Batch;
use lp::format::detect::Settings;

use crate::args::Explain;
use crate::format::Choice;
use crate::terminal;
use account::accounts;
use input::Stdin;
use told::Told;

pub(crate) fn run(args: &Explain) -> anyhow::Result<ExitCode> {
    let (choice, settings) = match args.format.choice().and_then(|choice| Ok((choice, args.format.settings()?))) {
        Ok(chosen) => chosen,
        Err(wrong) => {
            terminal::complain(format_args!("{wrong}"));
            return Ok(ExitCode::from(2));
        }
    };
    let limits = args.limits.limits();
    let batch = Batch::with_limit(limits.record()).with_line_limit(limits.lines()).with_time_places();
    let mut run = Run { args, choice, settings, batch, out: String::new(), explained: 0, rejected: 0 };
    let failure = run.all().err();
    run.print()?;
    match failure {
        Some(error) => Err(anyhow::Error::new(error).context("standard input")),
        None if run.rejected > 0 => Ok(ExitCode::FAILURE),
        None => Ok(ExitCode::SUCCESS),
    }
}

struct Run<'a> {
    args: &'a Explain,
    choice: Choice,
    settings: Settings,
    batch: Batch,
    out: String,
    explained: u64,
    rejected: u64,
}

impl Run<'_> {
    fn all(&mut self) -> io::Result<()> {
        let args = self.args;
        if args.lines.is_empty() {
            return self.stdin();
        }
        for line in &args.lines {
            if line == OsStr::new("-") {
                self.stdin()?;
                continue;
            }
            // An empty text is an empty line.
            let text = if line.is_empty() { b"\n" } else { line.as_encoded_bytes() };
            let told = self.told(text);
            told.format.parse(text, &mut self.batch);
            self.explain(&told, text, usize::MAX);
        }
        Ok(())
    }

    /// Explains the first records, and tells how many more there are.
    fn stdin(&mut self) -> io::Result<()> {
        let stdin = Stdin::open()?;
        let told = self.told(stdin.sample());
        let mut wanted = self.args.count as usize;
        let mut left_out = 0;
        let explained = self.explained;
        let ended = stdin.chunks(&*told.format, self.args.limits.limits().record(), |chunk| {
            told.format.parse(chunk.bytes(), &mut self.batch);
            if let Some(original) = chunk.original_len() {
                self.batch.set_original_len(original);
            }
            let records = self.batch.len().min(wanted);
            self.explain(&told, chunk.bytes(), records);
            wanted -= records;
            left_out += self.batch.len() - records;
            // Whether there is more is known only when some of it has been seen.
            wanted > 0 || left_out == 0
        })?;
        if self.explained == explained {
            terminal::say(format_args!("The standard input is empty: there is nothing to explain."));
        }
        let count = match (left_out, ended) {
            (0, _) => return Ok(()),
            (1, true) => "1 more record is".to_owned(),
            (_, true) => format!("{left_out} more records are"),
            (_, false) => format!("At least {left_out} more records are"),
        };
        self.remark(&format!("{count} not explained; --lines says how many should be."));
        Ok(())
    }

    /// Says something that is no part of an explanation.
    fn remark(&mut self, text: &str) {
        if self.args.json {
            terminal::say(format_args!("{text}"));
        } else {
            self.out += &format!("\n{text}\n");
        }
    }

    fn told(&self, sample: &[u8]) -> Told {
        Told::new(&self.choice, &self.args.format, &self.settings, sample)
    }

    /// Explains the first records of the batch.
    fn explain(&mut self, told: &Told, text: &[u8], records: usize) {
        for account in accounts(&*told.format, &self.batch, text).into_iter().take(records) {
            if self.args.json {
                json::explain(&account, told, &mut self.out);
            } else {
                if self.explained > 0 {
                    self.out.push('\n');
                }
                people::explain(&account, told, &mut self.out);
            }
            self.explained += 1;
            self.rejected += u64::from(account.error.is_some());
        }
    }

    /// Prints it all. A closed pipe is no error.
    fn print(&self) -> io::Result<()> {
        let stdout = io::stdout().lock();
        let choice = if self.args.json { ColorChoice::Never } else { self.args.color.on(&stdout) };
        let mut stdout = AutoStream::new(stdout, choice);
        match stdout.write_all(self.out.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}
