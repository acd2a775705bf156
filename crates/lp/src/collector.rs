//! Takes the results in input order: writes, folds, accounts, tells. One thread at a time does so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use lp_core::Slot;
use lp_core::encode::Output;
use lp_tail::{Checkpoint, KnownFile};

use crate::accounts::Accounts;
use crate::clock;
use crate::error::{BadRecord, Cause};
use crate::event::{Event, Events};
use crate::feed::{End, Fate, Position, Reached};
use crate::follow::{KeepError, Marks, Notes, Snapshot, output_place};
use crate::ledger::{Ledger, OutletReport, Report, StageReport};
use crate::observer::{Notice, Observer, Status};
use crate::outlet::{Encoded, Outlet, Takes};
use crate::reading::Reading;
use crate::sink::{Block, Demand, Sink, SinkError, SinkMark};
use crate::stages::{self, Gathered, Seen, Stages};
use crate::work::Outcome;

/// What belongs to the thread that writes.
pub(crate) struct Collector<'a> {
    pub(crate) outlets: Vec<Outlet<'a>>,
    /// For each outlet of records, its place among all of them.
    records: Vec<usize>,
    stages: &'a Stages<'a>,
    observer: &'a mut (dyn Observer + Send),
    consumed: Arc<AtomicU64>,
    pub(crate) report: Report,
    /// Which inputs have their own account in it.
    pub(crate) accounts: Accounts,
    events: Events,
    /// An event as it is written.
    text: Output,
    /// How far followed files are done with.
    pub(crate) marks: Marks,
    /// What notes snapshots, if checkpoints are kept.
    pub(crate) notes: Option<Notes>,
    /// Whether a part of a chunk has been written, and not yet all of it.
    within_chunk: bool,
    /// How many events stages have told.
    told: u64,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        outlets: Vec<Outlet<'a>>,
        stages: &'a Stages<'a>,
        observer: &'a mut (dyn Observer + Send),
        consumed: Arc<AtomicU64>,
    ) -> Self {
        let report = Report {
            stages: stages.names().map(|name| StageReport { name: name.to_owned(), events: 0, alerts: 0 }).collect(),
            outlets: outlets
                .iter()
                .map(|outlet| OutletReport { name: outlet.name.clone(), records: 0, bytes: 0 })
                .collect(),
            ..Report::default()
        };
        let records = (0..outlets.len()).filter(|&number| outlets[number].takes == Takes::Records).collect();
        Self {
            outlets,
            records,
            stages,
            observer,
            consumed,
            report,
            accounts: Accounts::of_all(),
            events: Events::default(),
            text: Output::new(),
            marks: Marks::default(),
            notes: None,
            within_chunk: false,
            told: 0,
        }
    }

    /// Writes what the outlets of records have been given, and forgets it.
    pub(crate) fn write(&mut self, reading: &Reading, outputs: &mut [Encoded]) -> Result<(), Cause> {
        for ((output, bound), &outlet) in outputs.iter_mut().zip(&reading.outlets).zip(&self.records) {
            write(&mut self.outlets[outlet], &mut self.report.outlets[outlet], bound.block(output))?;
            output.clear();
        }
        Ok(())
    }

    /// Takes what a chunk has come to before it is done, and forgets it.
    pub(crate) fn hand_on(
        &mut self,
        reading: &Reading,
        outputs: &mut [Encoded],
        outcome: &mut Outcome,
    ) -> Result<(), Cause> {
        self.within_chunk = true;
        self.write(reading, outputs)?;
        self.fold(outcome)
    }

    /// Gives the stages what batches have contributed, and tells what they tell.
    fn fold(&mut self, outcome: &mut Outcome) -> Result<(), Cause> {
        self.events.list.append(&mut outcome.events.list);
        for (stage, part) in outcome.partials.drain(..) {
            self.stages.fold(stage, part, &mut self.events);
        }
        self.deliver()
    }

    /// A chunk whose output has been written.
    pub(crate) fn chunk(
        &mut self,
        position: Position,
        name: &str,
        reading: &Reading,
        mut outcome: Outcome,
        reached: Option<Reached>,
    ) -> Result<(), Cause> {
        for (&outlet, count) in self.records.iter().zip(&outcome.taken) {
            self.report.outlets[outlet].records += count;
        }
        // Before anything else can fail: the outlets of records have been given what is accounted for here.
        let ledger = self.ledger(position, name);
        let mut before = ledger.records;
        ledger.add(&outcome.ledger);
        match reached {
            Some(reached) => ledger.bytes_read += reached.bytes,
            // As far as the output has come; the end of the input puts here what was really read.
            None => ledger.bytes_read = ledger.bytes_parsed + ledger.bytes_cut,
        }
        if let Some(records) = self.accounts.records(position.input) {
            before = *records;
            *records += outcome.ledger.records;
        }
        if let Some(detected) = reading.detected.as_ref().filter(|_| before == 0) {
            self.observer.format_detected(name, detected);
            for (of, error) in &reading.lacking {
                self.observer.notice(&Notice::Lacking { input: name, name: of, error });
            }
        }
        self.fold(&mut outcome)?;
        self.flush()?;
        self.within_chunk = false;
        if let Some(Reached { file, mark, .. }) = reached {
            self.marks.reach(file, mark);
        }
        self.observer.progress(self.consumed.load(Ordering::Relaxed));
        let Some((record, error)) = outcome.bad else { return Ok(()) };
        let field = match error.slot() {
            Slot::Timestamp => "timestamp",
            Slot::Field(field) => reading.format.schema().get(field).map_or("", |field| field.name()),
        };
        Err(Cause::BadRecord(BadRecord {
            input: name.to_owned(),
            number: before + record + 1,
            field: field.to_owned(),
            error,
        }))
    }

    /// An input whose chunks have all been taken, or that could not be begun.
    pub(crate) fn end(&mut self, position: Position, name: &str, end: End) -> Result<(), Cause> {
        let ledger = self.ledger(position, name);
        (ledger.bytes_read, ledger.bytes_skipped) = (end.bytes_read, end.bytes_skipped);
        if let Some(failure) = end.failure {
            self.observer.input_failed(&failure);
            self.report.failures.push(*failure);
        }
        end.refused.map_or(Ok(()), |refused| Err(Cause::Refused(refused)))
    }

    /// Files that the checkpoint knows and no source names.
    pub(crate) fn keep_unclaimed(&mut self, files: &[KnownFile]) {
        self.marks.keep_unclaimed(files);
        let kept = self.marks.unclaimed();
        if !files.is_empty() {
            self.observer.notice(&Notice::Unclaimed { kept, forgotten: files.len() - kept });
        }
    }

    /// What has become of a followed file.
    pub(crate) fn fate(&mut self, position: Position, name: &str, fate: Fate) -> Result<(), Cause> {
        match fate {
            Fate::Begun => return self.begin(),
            Fate::Opened { file, path, mark } => {
                self.ledger(position, name);
                self.observer.notice(&Notice::Opened { path: &path, position: mark.position, size: mark.size });
                self.marks.open(file, path, mark);
            }
            Fate::Copied { file, mark } => self.marks.renew(file, mark),
            Fate::Marked { reached } => {
                let ledger = self.ledger(position, name);
                ledger.bytes_read += reached.bytes;
                ledger.bytes_skipped += reached.bytes;
                self.marks.reach(reached.file, reached.mark);
            }
            Fate::Skipped { path, reached } => {
                let ledger = self.ledger(position, name);
                ledger.bytes_read += reached.bytes;
                ledger.bytes_skipped += reached.bytes;
                self.marks.reach(reached.file, reached.mark);
                self.observer.notice(&Notice::Skipped { path: &path, bytes: reached.bytes });
            }
            Fate::Missing { path, size } => self.observer.notice(&Notice::Missing { path: &path, size }),
            Fate::Lost { path, bytes } => {
                self.ledger(position, name).bytes_lost += bytes;
                self.observer.notice(&Notice::Lost { path: &path, bytes });
            }
            Fate::Ended { file, path, is_there } => {
                self.marks.end(file, is_there);
                self.observer.notice(&Notice::Ended { path: &path });
            }
            Fate::Gone { file } => self.marks.end(file, false),
            Fate::Unreadable { path, error } => {
                self.observer.notice(&Notice::Unreadable { path: &path, error: &error });
            }
            Fate::Compressed { path } => self.observer.notice(&Notice::Compressed { path: &path }),
            Fate::Retired => self.retire(position.input),
        }
        Ok(())
    }

    /// All files are there that were known before, and nothing has been written yet. Now a checkpoint is kept if there is none that
    /// says so: who is killed before there is one does not know what he has written, and writes it again.
    fn begin(&mut self) -> Result<(), Cause> {
        let resumed = self.marks.begin();
        let Some(notes) = self.notes.take() else {
            // Nothing is kept, so nobody goes back to the last place of an earlier run, nor to the one before it.
            for outlet in &mut self.outlets {
                outlet.sink.kept(None);
                outlet.sink.kept(None);
            }
            return Ok(());
        };
        let kept = match self.snapshot() {
            Ok(snapshot) if Notes::goes_on_at(&resumed, &snapshot) => None,
            taken => Some(taken.map_err(KeepError::Sink).and_then(|snapshot| notes.begin(snapshot))),
        };
        self.notes = Some(notes);
        kept.map_or(Ok(()), |kept| self.tell_kept(kept).map_err(Cause::Sink))
    }

    /// The paths that are followed change over the years, their number must not grow for ever: the account of one that is gone is
    /// added to that of all such ones, the first.
    fn retire(&mut self, input: usize) {
        if let Some(records) = self.accounts.records(input) {
            *records = 0;
        } else if let Some((name, ledger)) = self.report.inputs.get_mut(input) {
            let ledger = std::mem::take(ledger);
            name.clear();
            self.report.inputs[0].1.add(&ledger);
        }
    }

    /// How often something has changed that a checkpoint must know.
    pub(crate) const fn changes(&self) -> u64 {
        self.marks.changes() + self.told
    }

    /// Whether the sinks want another checkpoint.
    pub(crate) fn demand(&self) -> Demand {
        self.outlets.iter().map(|outlet| outlet.sink.demand()).max().unwrap_or_default()
    }

    /// All that must be known to go on from here. It must not be within a chunk, nor sequential stages ahead of what has been
    /// written.
    pub(crate) fn snapshot(&mut self) -> Result<Snapshot, SinkError> {
        let outputs = self.output_marks()?;
        Ok(Snapshot { files: self.marks.known(), outputs, stages: self.stages.save() })
    }

    /// The same, for a checkpoint: it is noted too, so that what is noted since goes on to count when it is saved.
    pub(crate) fn noted_snapshot(&mut self) -> Result<Snapshot, SinkError> {
        let snapshot = self.snapshot()?;
        let begun = clock::worked();
        if let Some(mut notes) = self.notes.take() {
            self.stages.begin_anew();
            let small = |(name, state): &(String, Vec<u8>)| {
                (name.clone(), Some(state).filter(|state| state.len() <= stages::LARGEST).cloned())
            };
            self.note_with(&mut notes, &snapshot.outputs, snapshot.stages.iter().map(small).collect(), begun);
            self.notes = Some(notes);
        }
        Ok(snapshot)
    }

    fn output_marks(&mut self) -> Result<Vec<(String, SinkMark)>, SinkError> {
        let mut marks = Vec::new();
        for outlet in &mut self.outlets {
            marks.extend(outlet.sink.mark()?.map(|mark| (outlet.name.clone(), mark)));
        }
        Ok(marks)
    }

    /// Whether it is time to note what has changed; nothing else is being written if `is_idle`.
    pub(crate) fn is_note_due(&self, is_idle: bool) -> bool {
        let changes = self.changes();
        self.marks.have_begun()
            && !self.within_chunk
            && self.notes.as_ref().is_some_and(|notes| notes.is_due(changes, is_idle))
    }

    /// When the next note may be wanted, if checkpoints are kept.
    pub(crate) fn next_note(&self) -> Option<Instant> {
        self.notes.as_ref().map(Notes::next)
    }

    /// Notes what has changed when a chunk has been written; with what sequential stages had gathered by then, if they may have seen
    /// others since.
    pub(crate) fn note(&mut self, seen: Option<Seen>) {
        let Some(mut notes) = self.notes.take() else { return };
        let begun = clock::worked();
        // If there is none, writing fails as well, and tells.
        if let Ok(outputs) = self.output_marks()
            && let Some(gathered) = self.stages.at_chunk(seen)
        {
            self.note_with(&mut notes, &outputs, gathered, begun);
        }
        self.notes = Some(notes);
    }

    fn note_with(
        &mut self,
        notes: &mut Notes,
        outputs: &[(String, SinkMark)],
        gathered: Vec<Gathered>,
        begun: Duration,
    ) {
        let changes = self.changes();
        let told = notes.note(&mut self.marks, outputs, gathered, changes, begun);
        if told.is_news || told.noted.is_err() {
            let noted = told.noted.as_ref().copied().map_err(|error| error as &(dyn std::error::Error + 'static));
            self.observer.notice(&Notice::Noted { noted, is_news: told.is_news });
        }
    }

    /// Tells how the run stands.
    pub(crate) fn tell_status(&mut self, queue: usize, checkpoint_age: Option<Duration>) {
        self.observer.status(&Status { report: &self.report, queue, checkpoint_age });
    }

    /// Tells whether a checkpoint was kept. If not, the next one may be, unless an output could not be made durable: the system may
    /// have given that up, and say next time that all is well.
    pub(crate) fn tell_kept(&mut self, kept: Result<Checkpoint, KeepError>) -> Result<(), SinkError> {
        let told = kept.as_ref().map(|_| ()).map_err(|error| error as &(dyn std::error::Error + 'static));
        self.observer.notice(&Notice::Checkpoint(told));
        match kept {
            Ok(checkpoint) => {
                for outlet in &mut self.outlets {
                    outlet.sink.kept(output_place(&checkpoint, &outlet.name));
                }
                Ok(())
            }
            Err(KeepError::Sink(error)) if error.is_about_durability() => Err(error),
            _ => Ok(()),
        }
    }

    /// The clock goes on.
    pub(crate) fn tick(&mut self, now: SystemTime) -> Result<(), Cause> {
        self.stages.tick(clock::timestamp(now), &mut self.events);
        self.deliver()?;
        self.each_sink(|sink| sink.tick(now))?;
        self.flush()
    }

    /// All inputs have ended. What stages have gathered is told, unless they go on later with what is [saved](Stages::save).
    pub(crate) fn finish(&mut self, goes_on: bool) -> Result<(), Cause> {
        self.stages.finish(goes_on, &mut self.events);
        self.deliver()?;
        self.each_sink(|sink| sink.sync())
    }

    /// Tells the observer that the run ends early.
    pub(crate) fn ends_early(&mut self, cause: Cause) -> Cause {
        self.observer.ends_early(&cause, &self.report);
        cause
    }

    /// Gives the events to the outlets that take them.
    fn deliver(&mut self) -> Result<(), Cause> {
        for (stage, event) in self.events.take() {
            // What is written then is not to be told again by the next run: the clock alone may bring this.
            self.told += 1;
            let report = &mut self.report.stages[stage];
            report.events += 1;
            report.alerts += u64::from(event.is_firing());
            self.tell(self.stages.name(stage), &event)?;
        }
        Ok(())
    }

    fn tell(&mut self, stage: &str, event: &Event) -> Result<(), Cause> {
        let mut taken = false;
        for (outlet, report) in self.outlets.iter_mut().zip(&mut self.report.outlets) {
            if outlet.takes_event(stage, event) {
                taken = true;
                self.text.clear();
                outlet.write_event(event, &mut self.text);
                write(outlet, report, Block::whole(self.text.as_bytes()))?;
                report.records += 1;
            }
        }
        if !taken {
            self.observer.event(stage, event);
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Cause> {
        self.each_sink(|sink| sink.flush())
    }

    fn each_sink(&mut self, mut what: impl FnMut(&mut dyn Sink) -> Result<(), SinkError>) -> Result<(), Cause> {
        self.outlets.iter_mut().try_for_each(|outlet| what(&mut *outlet.sink).map_err(Cause::Sink))
    }

    fn ledger(&mut self, position: Position, name: &str) -> &mut Ledger {
        let (number, inputs) = (self.accounts.number(position.input), &mut self.report.inputs);
        if inputs.len() <= number && inputs.len() == inputs.capacity() {
            // There may be many, and they are large: room for twice as many would be too much.
            inputs.reserve_exact(number + 1 - inputs.len() + inputs.len() / 8);
        }
        while inputs.len() <= number {
            inputs.push((name.to_owned(), Ledger::default()));
        }
        let (known, ledger) = &mut inputs[number];
        // A number may be used again for a path that comes later.
        if known.is_empty() {
            name.clone_into(known);
        }
        ledger
    }
}

/// Writes to an outlet. What could not be written is not counted.
fn write(outlet: &mut Outlet<'_>, report: &mut OutletReport, mut block: Block<'_>) -> Result<(), Cause> {
    let len = block.len();
    let written = outlet.sink.write(&mut block);
    report.bytes += (len - block.len()) as u64;
    written.map_err(Cause::Sink)
}
