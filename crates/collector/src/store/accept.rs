//! Taking parts: one sync per file and one signature per program for a whole batch.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::Disk;
use envelope::{Batch, Tag};
use jiff::civil::Date;

use super::error::{StoreError, Trouble};
use super::period::NewRow;
use super::{Arrival, Outcome, Store};
use crate::signers::Signers;

/// Which file a part belongs to.
type FileKey = (ProgramId, ChannelId, Period);

/// What is known of a part before anything is written.
enum Verdict {
    Decided(Outcome),
    /// It is the first of its tag and part.
    New,
    /// The same tag, part and bytes stand earlier in the batch, at this place.
    SameAs(usize),
}

impl<D: Disk> Store<D> {
    /// Takes a batch of parts, in order. What is [`Outcome::Accepted`] is durable when this
    /// returns, and what is [`Outcome::Unavailable`] is not kept.
    ///
    /// At most [`crate::limits::BATCH_PARTS_MAX`] at once.
    pub fn accept(&mut self, arrivals: &[Arrival], signers: &Signers, today: Date) -> Vec<Outcome> {
        let full = self.disk.bytes_free().is_ok_and(|bytes| bytes < self.reserve_bytes);
        let mut firsts = BTreeMap::new();
        let mut verdicts = Vec::with_capacity(arrivals.len());
        for (at, arrival) in arrivals.iter().enumerate() {
            let verdict = match self.judge(arrival, at, arrivals, &mut firsts, today) {
                Ok(Verdict::New) if full => unavailable(Trouble::Full),
                Ok(verdict) => verdict,
                Err(error) => unavailable(self.note(&error)),
            };
            verdicts.push(verdict);
        }
        let mut outcomes: Vec<Option<Outcome>> = vec![None; arrivals.len()];
        for (program, members) in new_by_program(arrivals, &verdicts) {
            self.take(&program, &members, arrivals, &mut outcomes, (signers, today));
        }
        let mut done = Vec::with_capacity(arrivals.len());
        for (verdict, outcome) in verdicts.into_iter().zip(outcomes) {
            done.push(match verdict {
                Verdict::Decided(outcome) => outcome,
                Verdict::New => outcome.unwrap_or(Outcome::Unavailable(Trouble::Disk)),
                Verdict::SameAs(at) => match done.get(at) {
                    Some(Outcome::Accepted(receipt)) => Outcome::Duplicate(receipt.clone()),
                    Some(other) => other.clone(),
                    None => Outcome::Unavailable(Trouble::Disk),
                },
            });
        }
        if full {
            self.change(Some(Trouble::Full), "the disk's reserve is reached");
        } else if done.iter().any(|outcome| matches!(outcome, Outcome::Accepted(_))) {
            self.change(None, "");
        }
        done
    }

    /// What an error means for whoever sent the part; the log is told here.
    fn note(&mut self, error: &StoreError) -> Trouble {
        self.change(Some(error.trouble()), &crate::failure::with_causes(error));
        error.trouble()
    }

    /// One line for each change of state: a full disk under load would fill the log with it.
    fn change(&mut self, trouble: Option<Trouble>, error: &str) {
        if trouble == self.trouble {
            return;
        }
        if trouble.is_some() {
            tracing::error!(error, "parts are not kept; senders are told to come back");
        } else {
            tracing::info!("parts are kept again");
        }
        self.trouble = trouble;
    }

    fn judge(
        &mut self,
        arrival: &Arrival,
        at: usize,
        arrivals: &[Arrival],
        firsts: &mut BTreeMap<(FileKey, Tag, PartId), usize>,
        today: Date,
    ) -> Result<Verdict, StoreError> {
        let Arrival { part, definition, retention_days } = arrival;
        let period = part.period();
        if period.forget_by(*retention_days) < today {
            return Ok(Verdict::Decided(Outcome::Forgotten));
        }
        let (disk, channel) = self.channel(&definition.program, &definition.channel)?;
        let Some(tag) = part.tag() else { return Ok(Verdict::New) };
        if !channel.markers.of(tag).is_empty() {
            return Ok(Verdict::Decided(Outcome::Deleted));
        }
        if let Some(file) = channel.periods.get_mut(&period)
            && let Some(known) = file.digest_of(tag, &definition.part)
        {
            if known != part.digest() {
                return Ok(Verdict::Decided(Outcome::Conflict));
            }
            let receipt = file.receipt(disk, (tag, &definition.part), part.definition())?;
            return Ok(Verdict::Decided(Outcome::Duplicate(receipt.to_json())));
        }
        let key = (definition.program.clone(), definition.channel.clone(), period);
        let first = *firsts.entry((key, tag, definition.part.clone())).or_insert(at);
        Ok(match arrivals.get(first) {
            _ if first == at => Verdict::New,
            Some(known) if known.part.bytes() == part.bytes() => Verdict::SameAs(first),
            _ => Verdict::Decided(Outcome::Conflict),
        })
    }

    /// Signs and writes the new parts of one program.
    fn take(
        &mut self,
        program: &ProgramId,
        members: &[usize],
        arrivals: &[Arrival],
        outcomes: &mut [Option<Outcome>],
        (signers, today): (&Signers, Date),
    ) {
        let mut by_file: BTreeMap<FileKey, Vec<(usize, usize)>> = BTreeMap::new();
        let mut statements = Vec::with_capacity(members.len());
        for at in members {
            let Some(arrival) = arrivals.get(*at) else { continue };
            match self.statement(arrival, today) {
                Ok(statement) => {
                    let key = (
                        program.clone(),
                        arrival.definition.channel.clone(),
                        arrival.part.period(),
                    );
                    by_file.entry(key).or_default().push((*at, statements.len()));
                    statements.push(statement);
                }
                Err(error) => {
                    let trouble = self.note(&error);
                    set(outcomes, *at, Outcome::Unavailable(trouble));
                }
            }
        }
        if statements.is_empty() {
            return;
        }
        let Ok(batch) = signers.batch(program.as_str(), statements) else {
            self.change(Some(Trouble::Key), "no key may sign receipts today");
            for at in members {
                set(outcomes, *at, Outcome::Unavailable(Trouble::Key));
            }
            return;
        };
        for ((_, channel, period), rows) in by_file {
            let written = self.write((program, &channel, period), &rows, arrivals, &batch, today);
            let trouble = written.err().map(|error| self.note(&error));
            for (at, leaf) in rows {
                let outcome = match (trouble, batch.to_json(leaf)) {
                    (None, Some(receipt)) => Outcome::Accepted(receipt),
                    (trouble, _) => Outcome::Unavailable(trouble.unwrap_or(Trouble::Key)),
                };
                set(outcomes, at, outcome);
            }
        }
    }

    fn statement(
        &mut self,
        arrival: &Arrival,
        today: Date,
    ) -> Result<envelope::Statement, StoreError> {
        let Arrival { part, definition, retention_days } = arrival;
        let (disk, channel) = self.channel(&definition.program, &definition.channel)?;
        let file = channel.period(disk, part.period(), *retention_days)?;
        Ok(file.statement(&definition.part, part.definition(), part.digest(), today))
    }

    /// Writes the new parts of one file. The rows say which arrival is which leaf of the batch.
    fn write(
        &mut self,
        (program, channel, period): (&ProgramId, &ChannelId, Period),
        rows: &[(usize, usize)],
        arrivals: &[Arrival],
        batch: &Batch<'_>,
        today: Date,
    ) -> Result<(), StoreError> {
        let new = |(at, leaf): &(usize, usize)| {
            let arrival = arrivals.get(*at)?;
            Some(NewRow {
                tag: arrival.part.tag(),
                part: &arrival.definition.part,
                digest: arrival.part.digest(),
                received: today,
                receipt: batch.receipt(*leaf)?,
                bytes: arrival.part.bytes(),
            })
        };
        let rows: Vec<_> = rows.iter().filter_map(new).collect();
        let (disk, channel) = self.channel(program, channel)?;
        let markers = &channel.markers;
        let Some(file) = channel.periods.get_mut(&period) else { return Ok(()) };
        file.make_ready(disk, markers)?;
        file.append(disk, &rows)?;
        self.changes += 1;
        Ok(())
    }
}

fn unavailable(trouble: Trouble) -> Verdict {
    Verdict::Decided(Outcome::Unavailable(trouble))
}

fn set(outcomes: &mut [Option<Outcome>], at: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(at) {
        *slot = Some(outcome);
    }
}

fn new_by_program(arrivals: &[Arrival], verdicts: &[Verdict]) -> BTreeMap<ProgramId, Vec<usize>> {
    let mut programs: BTreeMap<ProgramId, Vec<usize>> = BTreeMap::new();
    for (at, (arrival, verdict)) in arrivals.iter().zip(verdicts).enumerate() {
        if matches!(verdict, Verdict::New) {
            programs.entry(arrival.definition.program.clone()).or_default().push(at);
        }
    }
    programs
}
