//! The plain store, as those see it who read beside it; and what it is put back from.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use collector::keep::{FindRetention, Held, Keep, Look, Place};
use collector::store::{
    Closing, CountedParts, Deletions, Exported, FindDefinition, HeldPart, HeldPeriod, Report,
    Retention, Scan, StoreError, Stored,
};
use contract::calendar::Period;
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use contract::tally::Tally;
use envelope::{Digest, Tag};
use jiff::civil::Date;

use super::{Channel, Reference, Row, State};
use crate::conformance::{Backup, Subject};

impl Look for Reference {
    fn periods(&self) -> Result<Vec<(ProgramId, ChannelId, Period)>, StoreError> {
        let state = self.state();
        let of = |((program, id), channel): (&(ProgramId, ChannelId), &Channel)| {
            let (program, id) = (program.clone(), id.clone());
            let periods = channel.periods.keys().copied().collect::<Vec<_>>().into_iter();
            periods.map(move |period| (program.clone(), id.clone(), period))
        };
        Ok(state.channels.iter().flat_map(of).collect())
    }

    fn scan(
        &self,
        (program, id, period): (&ProgramId, &ChannelId, Period),
        each: &mut dyn FnMut(Stored<'_>),
    ) -> Result<Scan, StoreError> {
        let mut state = self.state();
        let channel = state.channel((program, id));
        let mut parts = 0;
        for (_, _, row) in
            channel.rows().filter(|(of, _, row)| **of == period && !channel.is_pending(row))
        {
            parts += 1;
            each(Stored { part: &row.part, tag: row.tag, bytes: &row.bytes });
        }
        Ok(Scan { parts, is_whole: true })
    }

    fn count<'d>(
        &self,
        (program, id, period): (&ProgramId, &ChannelId, Period),
        find: &(dyn Fn(&Digest) -> Option<&'d Definition> + Sync),
        tally: &mut Tally,
    ) -> Result<CountedParts, StoreError> {
        let address = (program.as_str(), id.as_str());
        let mut uncounted = 0;
        self.scan((program, id, period), &mut |stored| {
            let part = contract::part::check(stored.bytes, address, find, period.last_day());
            let is_counted = part.is_ok_and(|(part, _)| tally.count(&part).is_ok());
            uncounted += u64::from(!is_counted);
        })?;
        Ok(CountedParts { uncounted, is_whole: true })
    }

    fn held(&self, _: Place<'_>, _: &Held) -> Result<Vec<HeldPart>, StoreError> {
        Ok(Vec::new())
    }

    fn close(&self, _: &Closing, _: FindDefinition<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn verify(&self, retention: &Retention, _: Date) -> Result<Report, StoreError> {
        let mut report = Report::default();
        for ((program, id), channel) in &self.state().channels {
            report.markers += channel.deleted.len() as u64;
            report.pending += channel.pending.len() as u64;
            report.periods.extend(channel.periods.iter().map(|(period, rows)| HeldPeriod {
                program: program.clone(),
                channel: id.clone(),
                period: *period,
                parts: rows.all.len() as u64,
                bytes: 0,
                forget_by: retention.forget_by(program, id, *period, rows.forget_by),
            }));
        }
        Ok(report)
    }

    fn deletions(&self, today: Date) -> Result<Deletions, StoreError> {
        let mut all = Vec::new();
        for ((program, id), channel) in &self.state().channels {
            let entry = |digest, done| {
                let (program, channel) = (program.clone(), id.clone());
                Exported { channel, digest, done, program }
            };
            all.extend(channel.pending.iter().map(|tag| entry(tag.tombstone_marker(), None)));
            for (digest, done) in &channel.deleted {
                all.extend(done.iter().map(|done| entry(*digest, Some(done.clone()))));
            }
        }
        Ok(Deletions::new(today, all))
    }
}

impl Subject for Reference {
    fn keep(&mut self) -> &mut dyn Keep {
        self
    }

    fn look(&self) -> &dyn Look {
        self
    }

    fn restart(&mut self) {
        self.state().channels.values_mut().for_each(|channel| channel.closing.clear());
    }

    fn has_bytes(&self, bytes: &[u8]) -> bool {
        let state = self.state();
        let in_rows = |row: &Row| {
            row.tag.is_some_and(|tag| tag.as_bytes() == bytes)
                || row.bytes.windows(bytes.len()).any(|window| window == bytes)
        };
        let in_channel = |channel: &Channel| {
            channel.pending.iter().any(|tag| tag.as_bytes() == bytes)
                || channel.rows().any(|(_, _, row)| in_rows(row))
        };
        state.channels.values().any(in_channel)
    }

    fn back_up(&self, _: Date) -> Box<dyn Backup> {
        Box::new(Copy(self.state().clone()))
    }
}

struct Copy(State);

impl Backup for Copy {
    fn can_be_served(&self) -> bool {
        false
    }

    fn restore(
        self: Box<Self>,
        deletions: &Deletions,
        (retention, kept): (&Retention, FindRetention<'_>),
        today: Date,
    ) -> Box<dyn Subject> {
        let mut state = self.0;
        for deleted in deletions.entries() {
            let channel = state.channel((&deleted.program, &deleted.channel));
            let is_it = |tag: &Tag| tag.tombstone_marker() == deleted.digest;
            let tags: BTreeSet<Tag> =
                channel.rows().filter_map(|(_, _, row)| row.tag).filter(is_it).collect();
            channel.pending.extend(tags);
        }
        let mut restored = Reference(Arc::new(Mutex::new(state)));
        restored.settle_deletions(kept, (today, true)).unwrap();
        for deleted in deletions.entries() {
            let Some(done) = &deleted.done else { continue };
            let mut state = restored.state();
            let channel = state.channel((&deleted.program, &deleted.channel));
            let known = channel.deleted.entry(deleted.digest).or_default();
            known.retain(|known| known.part != done.part);
            known.push(done.clone());
        }
        restored.forget(retention, today, false).unwrap();
        Box::new(restored)
    }
}
