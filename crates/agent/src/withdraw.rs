//! Taking a channel back: sending stops at once, and what was sent is deleted tag by tag, over 24
//! hours or now. A deletion counts when the collector's signed tombstone was verified, and not
//! before.

use std::collections::BTreeSet;

use contract::decision::How;
use contract::id::ChannelId;
use contract::limits::RETENTION_DAYS_MAX;
use contract::withdrawal::Withdrawal;
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::deletion::{Deletion, Deletions};
use crate::held::{SentPart, Standing, sent_parts};
use crate::ledger::{self, Entry, Line, Place};
use crate::limits::DELETION_SECONDS;
use crate::ports::day_of;
use crate::schedule::later;
use crate::sending::Obstacle;
use crate::trouble::Trouble;

mod asking;
mod live;

pub use live::Live;

/// How far the deletions of one channel are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Tags whose tombstone was verified.
    pub confirmed: usize,
    /// Tags that are still to be deleted.
    pub pending: usize,
    /// Of these, those that the collector was asked for.
    pub asked: usize,
    /// When the last of these is asked for, as far as planned.
    pub last: Option<Timestamp>,
    /// Parts that carry no tag, or whose key is gone: they are forgotten with their retention.
    pub without_key: usize,
    /// What stands in the way.
    pub obstacle: Option<Obstacle>,
}

impl Agent<'_> {
    /// Takes a channel back. When this returns, nothing more of it is sent, what waited is
    /// destroyed, and the deletion of what was sent is planned: asked for in this call where `now`,
    /// and over 24 hours otherwise.
    ///
    /// # Errors
    /// If the channel does not exist, or the state cannot be read or written.
    pub fn withdraw(
        &self,
        channel: &str,
        how: How,
        language: &str,
        now: bool,
    ) -> Result<Progress, Trouble> {
        let id = self.find(channel)?.id.clone();
        let held = self.state().lock()?;
        let record = self.state().record(&self.manifest.program.id)?;
        let withdrawn = record.withdraw(channel, &self.showing(how, language));
        let (record, withdrawal) = withdrawn.map_err(|error| Self::undecided(&error))?;
        self.stop(&record, &id)?;
        let without_key = self.plan(&withdrawal, now)?;
        drop(held);
        let obstacle = if now { self.ask_deletions()? } else { None };
        Ok(Progress { without_key, obstacle, ..self.progress(&id)? })
    }

    /// How far the deletions of a channel are.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn progress(&self, channel: &ChannelId) -> Result<Progress, Trouble> {
        let pending = Deletions::load(&self.state())?.pending;
        let ours: Vec<_> = pending.iter().filter(|d| d.channel() == channel).collect();
        let mut confirmed = BTreeSet::new();
        for line in self.lines()? {
            match line.entry {
                Entry::Tombstone { tombstone } if tombstone.channel == channel.as_str() => {
                    confirmed.insert(tombstone.tag);
                }
                _ => {}
            }
        }
        Ok(Progress {
            confirmed: confirmed.len(),
            pending: ours.len(),
            asked: ours.iter().filter(|deletion| deletion.tries > 0).count(),
            last: ours.iter().map(|deletion| deletion.due).max(),
            ..Progress::default()
        })
    }

    /// Every part that was sent, and what became of it.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn held(&self) -> Result<Vec<SentPart>, Trouble> {
        Ok(sent_parts(&self.lines()?, day_of(self.now())))
    }

    /// The ledger's lines that can be read.
    pub(crate) fn lines(&self) -> Result<Vec<Line>, Trouble> {
        match self.state().disk() {
            Ok(disk) => ledger::entries(disk),
            Err(_) => Ok(Vec::new()),
        }
    }

    /// Removes the ledger's oldest lines, and keeps the tags of all parts in them that may still be
    /// held. Callers hold the lock.
    pub(crate) fn prune(&self) -> Result<(), Trouble> {
        let state = self.state();
        let lines = ledger::lines(state.disk()?)?;
        let remove = ledger::removable(&lines);
        let entries = |lines: &[Vec<u8>]| -> Vec<Line> {
            lines.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect()
        };
        let today = day_of(self.now());
        let named = |part: &SentPart| (part.tag, part.period, part.to.clone());
        let stays = entries(lines.get(remove..).unwrap_or_default());
        let stays: BTreeSet<_> = sent_parts(&stays, today).iter().map(named).collect();
        let (program, secrets) = (self.manifest.program.id.as_str(), state.secrets()?);
        let all = sent_parts(&entries(&lines), today).into_iter();
        let held = all.filter(|part| part.may_be_held() && !stays.contains(&named(part)));
        let held = held.filter_map(|part| {
            let forget_by = self.forget_by(&part);
            let folded = part.folded(program, &secrets, forget_by)?;
            (forget_by >= today).then(|| (Place::of(&part), folded))
        });
        let pruned = ledger::without_oldest(&lines, remove, self.now(), held.collect());
        ledger::replace(state.disk()?, &pruned)
    }

    /// Parts of a channel that pruning found no room for and that are not forgotten yet.
    fn unreachable(&self, channel: &ChannelId) -> Result<usize, Trouble> {
        let today = day_of(self.now());
        let lost = self.lines()?.into_iter().filter_map(|line| match line.entry {
            Entry::Checkpoint { unreachable, .. } => Some(unreachable),
            _ => None,
        });
        let ours =
            lost.flatten().filter(|lost| lost.channel == *channel && lost.forget_by >= today);
        Ok(ours.map(|lost| lost.parts).sum())
    }

    /// Plans the deletion of everything that may be held of a channel; returns how many parts
    /// nothing can be shown for. Callers hold the lock.
    fn plan(&self, withdrawal: &Withdrawal, now: bool) -> Result<usize, Trouble> {
        let state = self.state();
        let secrets = state.secrets()?;
        let program = self.manifest.program.id.as_str();
        let mut deletions = Deletions::load(&state)?;
        let parts = self.held()?.into_iter();
        let ours = parts.filter(|part| part.channel == *withdrawal.channel() && part.may_be_held());
        let (mut tags, mut without_key) = (0, self.unreachable(withdrawal.channel())?);
        for part in ours {
            let derivation = part.derivation(program, &secrets);
            let (Some(tag), Some(derivation)) = (part.tag, derivation) else {
                without_key += 1;
                continue;
            };
            let forget_by = self.forget_by(&part);
            let same = |known: &&mut Deletion| known.tag == tag && known.to == part.to;
            if let Some(known) = deletions.pending.iter_mut().find(same) {
                // One tag may stand for many periods.
                known.forget_by = known.forget_by.max(forget_by);
                known.due = if now { withdrawal.when() } else { known.due };
                continue;
            }
            tags += 1;
            let spread = if now { SignedDuration::ZERO } else { self.drawn(DELETION_SECONDS) };
            deletions.pending.push(Deletion {
                derivation,
                tag,
                to: part.to,
                relays: part.relays,
                roots: part.roots,
                forget_by,
                due: later(withdrawal.when(), spread),
                tries: 0,
            });
        }
        deletions.is_secret_due = true;
        deletions.save(&state)?;
        self.note(vec![Entry::Withdrawn { channel: withdrawal.channel().clone(), tags }])?;
        self.finish_withdrawal()?;
        Ok(without_key)
    }

    pub(crate) fn forget_by(&self, part: &SentPart) -> jiff::civil::Date {
        if let Standing::Held { forget_by, .. } = part.standing {
            return forget_by;
        }
        let channel = self.manifest.channel(part.channel.as_str());
        part.period.forget_by(channel.map_or(RETENTION_DAYS_MAX, |channel| channel.retention_days))
    }

    /// Keeps the secret aside after a withdrawal, also where power was lost in between. Called
    /// before a new one is made. Callers hold the lock.
    pub(crate) fn finish_withdrawal(&self) -> Result<(), Trouble> {
        let state = self.state();
        let mut deletions = Deletions::load(&state)?;
        if deletions.is_secret_due {
            state.retire_secret()?;
            deletions.is_secret_due = false;
            deletions.save(&state)?;
        }
        Ok(())
    }

    /// Cancels the deletions of a channel that the collector was not asked for yet: somebody agreed
    /// again. Where none was asked for, everything is as before the withdrawal. Callers hold the
    /// lock.
    pub(crate) fn cancel_deletions(&self, channel: &ChannelId) -> Result<(), Trouble> {
        let state = self.state();
        let mut deletions = Deletions::load(&state)?;
        let before = deletions.pending.len();
        deletions.pending.retain(|d| d.channel() != channel || d.tries > 0);
        let tags = before - deletions.pending.len();
        let is_undone = !self.was_asked(channel, &deletions)?;
        if tags > 0 {
            deletions.save(&state)?;
            self.note(vec![Entry::Kept { channel: channel.clone(), tags }])?;
            if is_undone {
                state.restore_secret()?;
            }
        }
        Ok(())
    }

    /// Whether any tag of the channel's last withdrawal was asked for.
    fn was_asked(&self, channel: &ChannelId, deletions: &Deletions) -> Result<bool, Trouble> {
        let is_pending = deletions.pending.iter().any(|d| d.channel() == channel);
        let since =
            |l: &Line| !matches!(&l.entry, Entry::Withdrawn { channel: c, .. } if c == channel);
        let lines = self.lines()?;
        let asked = lines.iter().rev().take_while(|line| since(line));
        let is_asked =
            |line: &Line| matches!(&line.entry, Entry::Deleting { channel: c, .. } if c == channel);
        Ok(is_pending || asked.into_iter().any(is_asked))
    }
}
