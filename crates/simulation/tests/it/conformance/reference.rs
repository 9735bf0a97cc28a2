//! A plain store in memory: every promise in the shortest words, without disk, index or formats.

mod look;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use collector::keep::{Arrival, FindRetention, Held, Keep, Outcome, Place};
use collector::limits::{DELETIONS_ALARM_SHARE, DELETIONS_ALARM_TAGS, DELETIONS_PENDING_MAX};
use collector::signers::Signers;
use collector::store::{
    Answer, Closing, Deleted, Done, Forgotten, HeldPart, Retention, Settled, StoreError, Trouble,
};
use contract::calendar::{Period, PeriodKind, add_days};
use contract::id::{ChannelId, PartId, ProgramId};
use envelope::{Digest, Statement, Tag};
use jiff::civil::Date;

/// A store in memory. A clone is another handle on the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Reference(Arc<Mutex<State>>);

#[derive(Debug, Clone, Default)]
struct State {
    channels: BTreeMap<(ProgramId, ChannelId), Channel>,
    changes: u64,
}

#[derive(Debug, Clone, Default)]
struct Channel {
    periods: BTreeMap<Period, Rows>,
    /// Periods that are about to take their last form.
    closing: BTreeSet<Period>,
    /// Tags that wait for the batch.
    pending: BTreeSet<Tag>,
    /// By the digest of the tag.
    deleted: BTreeMap<Digest, Vec<Done>>,
}

#[derive(Debug, Clone)]
struct Rows {
    all: Vec<Row>,
    forget_by: Date,
    is_closed: bool,
}

#[derive(Debug, Clone)]
struct Row {
    tag: Option<Tag>,
    part: PartId,
    bytes: Vec<u8>,
    receipt: String,
}

impl Reference {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn channel(&mut self, (program, channel): Place<'_>) -> &mut Channel {
        self.channels.entry((program.clone(), channel.clone())).or_default()
    }

    fn take(&mut self, arrival: &Arrival, signers: &Signers, today: Date) -> Outcome {
        let Arrival { part, definition, retention_days } = arrival;
        let (period, promised) = (part.period(), part.period().forget_by(*retention_days));
        if promised < today {
            return Outcome::Forgotten;
        }
        let channel = self.channel((&definition.program, &definition.channel));
        let known = channel.periods.get(&period);
        if channel.closing.contains(&period) || known.is_some_and(|rows| rows.is_closed) {
            return Outcome::Closed;
        }
        if let Some(tag) = part.tag() {
            if channel.pending.contains(&tag) || channel.is_deleted(tag) {
                return Outcome::Deleted;
            }
            let same = |row: &&Row| row.tag == Some(tag) && row.part == definition.part;
            match known.and_then(|rows| rows.all.iter().find(same)) {
                Some(row) if row.bytes == part.bytes() => {
                    return Outcome::Duplicate(row.receipt.clone());
                }
                Some(_) => return Outcome::Conflict,
                None => {}
            }
        }
        let forget_by = known.map_or(promised, |rows| rows.forget_by.min(promised));
        let statement = Statement {
            channel: definition.channel.to_string(),
            definition: part.definition(),
            digest: part.digest(),
            forget_by,
            part: definition.part.to_string(),
            period: period.to_string(),
            program: definition.program.to_string(),
            received: today,
        };
        let signer = signers.receipts(definition.program.as_str());
        let batch = signer.and_then(|signer| signer.batch(vec![statement]).ok());
        let Some(receipt) = batch.and_then(|batch| batch.to_json(0)) else {
            return Outcome::Unavailable(Trouble::Key);
        };
        let rows = channel.periods.entry(period);
        let rows = rows.or_insert(Rows { all: Vec::new(), forget_by, is_closed: false });
        rows.forget_by = forget_by;
        let (tag, part, bytes) = (part.tag(), definition.part.clone(), part.bytes().to_vec());
        rows.all.push(Row { tag, part, bytes, receipt: receipt.clone() });
        self.changes += 1;
        Outcome::Accepted(receipt)
    }
}

impl Channel {
    fn is_deleted(&self, tag: Tag) -> bool {
        self.deleted.contains_key(&tag.tombstone_marker())
    }

    fn rows(&self) -> impl Iterator<Item = (&Period, &Rows, &Row)> {
        self.periods
            .iter()
            .flat_map(|(period, rows)| rows.all.iter().map(move |row| (period, rows, row)))
    }

    fn is_pending(&self, row: &Row) -> bool {
        row.tag.is_some_and(|tag| self.pending.contains(&tag))
    }

    /// The batch; says how many rows went.
    fn destroy(&mut self, (kind, days): (PeriodKind, u32), today: Date) -> u64 {
        let mut counts: BTreeMap<Tag, BTreeMap<PartId, u64>> = BTreeMap::new();
        for (_, _, row) in self.rows().filter(|(_, _, row)| self.is_pending(row)) {
            let tag = row.tag.unwrap();
            *counts.entry(tag).or_default().entry(row.part.clone()).or_default() += 1;
        }
        // A sender's clock may be a day ahead, and a backup is kept as long as parts are.
        let taken_until = Period::containing(kind, add_days(today, 1)).intake_until();
        let kept_until = taken_until.max(add_days(today, days.try_into().unwrap()));
        for tag in std::mem::take(&mut self.pending) {
            let none = |part, removed, until| Done { deleted_on: today, part, removed, until };
            let done = match counts.get(&tag) {
                None => vec![none(None, 0, taken_until)],
                Some(parts) => {
                    parts.iter().map(|(part, n)| none(Some(part.clone()), *n, kept_until)).collect()
                }
            };
            self.deleted.insert(tag.tombstone_marker(), done);
        }
        for rows in self.periods.values_mut() {
            rows.all.retain(|row| row.tag.is_none_or(|tag| !counts.contains_key(&tag)));
        }
        self.periods.retain(|_, rows| !rows.all.is_empty());
        counts.values().flat_map(BTreeMap::values).sum()
    }
}

impl Keep for Reference {
    fn accept(&mut self, arrivals: &[Arrival], signers: &Signers, today: Date) -> Vec<Outcome> {
        let mut state = self.state();
        arrivals.iter().map(|arrival| state.take(arrival, signers, today)).collect()
    }

    fn held(&mut self, place: Place<'_>, tags: &[Tag]) -> Result<Held, StoreError> {
        let mut state = self.state();
        let channel = state.channel(place);
        let is_asked = |tag: Tag| tags.contains(&tag) && !channel.pending.contains(&tag);
        let asked = channel.rows().filter(|(_, _, row)| row.tag.is_some_and(is_asked));
        let held = |(period, rows, row): (&Period, &Rows, &Row)| HeldPart {
            tag: row.tag.unwrap(),
            part: row.part.clone(),
            period: *period,
            forget_by: rows.forget_by,
            bytes: row.bytes.clone(),
        };
        Ok(Held { parts: asked.map(held).collect(), ..Held::default() })
    }

    fn delete(&mut self, place: Place<'_>, tags: &[Tag], today: Date) -> Result<Answer, Trouble> {
        let _ = today;
        let mut state = self.state();
        let channel = state.channel(place);
        let new: BTreeSet<Tag> = tags
            .iter()
            .filter(|tag| !channel.pending.contains(*tag) && !channel.is_deleted(**tag))
            .copied()
            .collect();
        if channel.pending.len() + new.len() > DELETIONS_PENDING_MAX {
            return Err(Trouble::Crowded);
        }
        if !new.is_empty() {
            channel.pending.extend(new);
            state.changes += 1;
            return Ok(Answer::Pending);
        }
        if tags.iter().any(|tag| channel.pending.contains(tag)) {
            return Ok(Answer::Pending);
        }
        let done = tags.iter().flat_map(|tag| {
            let done = channel.deleted.get(&tag.tombstone_marker()).into_iter().flatten();
            done.map(|done| Deleted {
                tag: *tag,
                part: done.part.clone(),
                removed: done.removed,
                deleted_on: done.deleted_on,
            })
        });
        Ok(Answer::Done(done.collect()))
    }

    fn settle_deletions(
        &mut self,
        retention: FindRetention<'_>,
        (today, let_go): (Date, bool),
    ) -> Result<Settled, StoreError> {
        let state = &mut *self.state();
        let mut settled = Settled::default();
        for ((program, id), channel) in &mut state.channels {
            let waiting = channel.pending.len() as u64;
            if waiting == 0 {
                continue;
            }
            let with_rows: BTreeSet<_> = channel
                .rows()
                .filter(|(_, _, row)| channel.is_pending(row))
                .map(|(_, _, row)| row.tag)
                .collect();
            let held = channel.rows().count() as u64;
            let is_unusual = with_rows.len() > DELETIONS_ALARM_TAGS
                && with_rows.len() as u64 > held / DELETIONS_ALARM_SHARE;
            if !channel.closing.is_empty() {
                settled.postponed += waiting;
            } else if is_unusual && !let_go {
                settled.held_back += waiting;
            } else {
                settled.tags += waiting;
                settled.rows += channel.destroy(retention(program, id).unwrap(), today);
                state.changes += 1;
            }
        }
        Ok(settled)
    }

    fn closable(&mut self, today: Date) -> Vec<Closing> {
        let mut all = Vec::new();
        for ((program, id), channel) in &mut self.state().channels {
            for (period, rows) in &channel.periods {
                if !rows.is_closed
                    && period.intake_until() < today
                    && channel.closing.insert(*period)
                {
                    all.push(Closing {
                        program: program.clone(),
                        channel: id.clone(),
                        period: *period,
                        forget_by: rows.forget_by,
                        rows: rows.all.len() as u64,
                    });
                }
            }
        }
        all
    }

    fn adopt(&mut self, closing: &Closing) -> Result<(), StoreError> {
        let mut state = self.state();
        let channel = state.channel((&closing.program, &closing.channel));
        channel.closing.remove(&closing.period);
        if let Some(rows) = channel.periods.get_mut(&closing.period) {
            rows.is_closed = true;
            // Nothing of the order of arrival is left.
            rows.all.sort_by_key(|row| (row.part.clone(), row.tag, Digest::of(&row.bytes)));
        }
        Ok(())
    }

    fn abandon(&mut self, closing: &Closing) {
        let mut state = self.state();
        state.channel((&closing.program, &closing.channel)).closing.remove(&closing.period);
    }

    fn forget(
        &mut self,
        retention: &Retention,
        today: Date,
        dry_run: bool,
    ) -> Result<Vec<Forgotten>, StoreError> {
        let state = &mut *self.state();
        let mut forgotten = Vec::new();
        for ((program, id), channel) in &mut state.channels {
            channel.periods.retain(|period, rows| {
                let forget_by = retention.forget_by(program, id, *period, rows.forget_by);
                if forget_by >= today {
                    return true;
                }
                forgotten.push(Forgotten {
                    program: program.clone(),
                    channel: id.clone(),
                    period: *period,
                    parts: rows.all.len() as u64,
                    forget_by,
                });
                dry_run
            });
            if !dry_run {
                channel.deleted.retain(|_, done| {
                    done.retain(|done| done.until >= today);
                    !done.is_empty()
                });
            }
        }
        state.changes += if dry_run { 0 } else { forgotten.len() as u64 };
        Ok(forgotten)
    }

    fn probe(&mut self) -> Result<(), Trouble> {
        Ok(())
    }

    fn len(&self) -> u64 {
        self.state().channels.values().map(|channel| channel.rows().count() as u64).sum()
    }

    fn deletions_pending(&self) -> u64 {
        self.state().channels.values().map(|channel| channel.pending.len() as u64).sum()
    }

    fn changes(&self) -> u64 {
        self.state().changes
    }
}
