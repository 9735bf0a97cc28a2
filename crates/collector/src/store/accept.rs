//! Taking parts: one sync per file and one signature per program for a whole batch.

use std::collections::BTreeMap;

use contract::calendar::Period;
use contract::definition::Definition;
use contract::id::{ChannelId, PartId, ProgramId};
use disk::Disk;
use envelope::{Batch, Tag};
use jiff::civil::Date;

use super::error::{StoreError, Trouble};
use super::period::{NewRow, PeriodFile};
use super::{Arrival, Outcome, Store};
use crate::signers::Signers;

/// What may be held once: the tag first, in which two parts nearly always differ.
type Only<'a> = (Tag, Period, &'a PartId, &'a ChannelId, &'a ProgramId);

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
            self.take(program, &members, arrivals, &mut outcomes, (signers, today));
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

    fn judge<'a>(
        &mut self,
        arrival: &'a Arrival,
        at: usize,
        arrivals: &[Arrival],
        firsts: &mut BTreeMap<Only<'a>, usize>,
        today: Date,
    ) -> Result<Verdict, StoreError> {
        let Arrival { part, definition, retention_days } = arrival;
        let period = part.period();
        if period.forget_by(*retention_days) < today {
            return Ok(Verdict::Decided(Outcome::Forgotten));
        }
        let (disk, channel) = self.channel(&definition.program, &definition.channel)?;
        if channel.periods.get(&period).is_some_and(PeriodFile::is_unsettled) {
            // What a failure left may hold this very part, or nothing at all.
            channel.settle(disk)?;
        }
        if channel.closed.contains_key(&period) || channel.closing.contains(&period) {
            return Ok(Verdict::Decided(Outcome::Closed));
        }
        let Some(tag) = part.tag() else { return Ok(Verdict::New) };
        if channel.pending.contains(tag) || !channel.markers.of(tag).is_empty() {
            return Ok(Verdict::Decided(Outcome::Deleted));
        }
        if let Some(file) = channel.periods.get_mut(&period)
            && let Some(known) = file.digest_of(disk, (tag, &definition.part))?
        {
            if known != part.digest() {
                return Ok(Verdict::Decided(Outcome::Conflict));
            }
            let receipt = file.receipt(disk, (tag, &definition.part), part.definition())?;
            return Ok(Verdict::Decided(Outcome::Duplicate(receipt.to_json())));
        }
        let Definition { program, channel, part: name, .. } = definition.as_ref();
        let first = *firsts.entry((tag, period, name, channel, program)).or_insert(at);
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
        let mut by_file: BTreeMap<(&ChannelId, Period), Vec<(usize, usize)>> = BTreeMap::new();
        let mut statements = Vec::with_capacity(members.len());
        let mut promises = Vec::with_capacity(members.len());
        let retention_days = shortest(members, arrivals);
        for at in members {
            let Some(arrival) = arrivals.get(*at) else { continue };
            let days = retention_days.get(&arrival.definition.channel).copied();
            match self.statement(arrival, days.unwrap_or(arrival.retention_days), today) {
                Ok(statement) => {
                    let key = (&arrival.definition.channel, arrival.part.period());
                    by_file.entry(key).or_default().push((*at, statements.len()));
                    promises.push(statement.forget_by);
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
        for ((channel, period), rows) in by_file {
            let rows_of = (&rows[..], arrivals, &promises[..]);
            let written = self.write((program, channel, period), rows_of, &batch, today);
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
        retention_days: u32,
        today: Date,
    ) -> Result<envelope::Statement, StoreError> {
        let Arrival { part, definition, .. } = arrival;
        let (disk, channel) = self.channel(&definition.program, &definition.channel)?;
        let file = channel.period(disk, part.period(), retention_days)?;
        // What will be enforced: the vendor may have shortened the retention since the file began.
        let forget_by = file.forget_by().min(part.period().forget_by(retention_days));
        let days = (today, forget_by);
        Ok(file.statement(&definition.part, part.definition(), part.digest(), days))
    }

    /// Writes the new parts of one file. The rows say which arrival is which leaf of the batch.
    fn write(
        &mut self,
        (program, channel, period): (&ProgramId, &ChannelId, Period),
        (rows, arrivals, promises): (&[(usize, usize)], &[Arrival], &[Date]),
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
                forget_by: *promises.get(*leaf)?,
                leaf: *leaf,
                bytes: arrival.part.bytes(),
            })
        };
        let rows: Vec<_> = rows.iter().filter_map(new).collect();
        let (disk, channel) = self.channel(program, channel)?;
        let excluded = super::Excluded { markers: &channel.markers, pending: &channel.pending };
        let Some(file) = channel.periods.get_mut(&period) else { return Ok(()) };
        file.make_ready(disk, excluded)?;
        file.append(disk, batch, &rows)?;
        self.changes += 1;
        Ok(())
    }
}

/// The shortest retention of each channel in a batch: while manifests are read again, parts that
/// were checked by the older ones are still under way.
fn shortest<'a>(members: &[usize], arrivals: &'a [Arrival]) -> BTreeMap<&'a ChannelId, u32> {
    let mut days: BTreeMap<&ChannelId, u32> = BTreeMap::new();
    for arrival in members.iter().filter_map(|at| arrivals.get(*at)) {
        let known = days.entry(&arrival.definition.channel);
        let known = known.or_insert(arrival.retention_days);
        *known = (*known).min(arrival.retention_days);
    }
    days
}

fn unavailable(trouble: Trouble) -> Verdict {
    Verdict::Decided(Outcome::Unavailable(trouble))
}

fn set(outcomes: &mut [Option<Outcome>], at: usize, outcome: Outcome) {
    if let Some(slot) = outcomes.get_mut(at) {
        *slot = Some(outcome);
    }
}

fn new_by_program<'a>(
    arrivals: &'a [Arrival],
    verdicts: &[Verdict],
) -> BTreeMap<&'a ProgramId, Vec<usize>> {
    let mut programs: BTreeMap<&ProgramId, Vec<usize>> = BTreeMap::new();
    for (at, (arrival, verdict)) in arrivals.iter().zip(verdicts).enumerate() {
        if matches!(verdict, Verdict::New) {
            programs.entry(&arrival.definition.program).or_default().push(at);
        }
    }
    programs
}
