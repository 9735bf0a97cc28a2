//! Taking a channel back: sending stops at once, and what was sent is deleted tag by tag, over 24 hours
//! or now. A deletion counts when the collector's signed tombstone was verified, and not before.

use std::collections::BTreeSet;

use contract::decision::How;
use contract::id::ChannelId;
use contract::withdrawal::Withdrawal;
use envelope::Secret;
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::deletion::{self, Deletion, Deletions};
use crate::held::{SentPart, sent_parts};
use crate::ledger::{self, Entry, Line};
use crate::limits::{DELETION_AGAIN_SECONDS, DELETION_SECONDS};
use crate::ports::{HeldRequest, NoReply, day_of};
use crate::schedule::{asked_seconds, later, pause_seconds};
use crate::sending::Obstacle;
use crate::trouble::Trouble;

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

    /// Plans the deletion of everything that may be held of a channel; returns how many parts
    /// nothing can be shown for. Callers hold the lock.
    fn plan(&self, withdrawal: &Withdrawal, now: bool) -> Result<usize, Trouble> {
        let state = self.state();
        let secrets = state.secrets()?;
        let program = self.manifest.program.id.as_str();
        let mut deletions = Deletions::load(&state)?;
        let parts = self.held()?.into_iter();
        let ours = parts.filter(|part| part.channel == *withdrawal.channel() && part.may_be_held());
        let (mut tags, mut without_key) = (0, 0);
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

    fn forget_by(&self, part: &SentPart) -> jiff::civil::Date {
        match part.standing {
            crate::held::Standing::Held { forget_by, .. } => forget_by,
            _ => {
                let days = self.manifest.channel(part.channel.as_str());
                part.period.forget_by(days.map_or(0, |channel| channel.retention_days))
            }
        }
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
    /// again. Where none was asked for, everything is as before the withdrawal. Callers hold the lock.
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
        let since = |line: &Line| !matches!(&line.entry, Entry::Withdrawn { channel: c, .. } if c == channel);
        let lines = self.lines()?;
        let asked = lines.iter().rev().take_while(|line| since(line));
        let is_asked =
            |line: &Line| matches!(&line.entry, Entry::Deleting { channel: c, .. } if c == channel);
        Ok(is_pending || asked.into_iter().any(is_asked))
    }

    /// Asks for the deletions that are due, one tag in each request. Returns what stood in the way.
    ///
    /// # Errors
    /// If the state cannot be read or written. What was confirmed is recorded.
    pub(crate) fn ask_deletions(&self) -> Result<Option<Obstacle>, Trouble> {
        let now = self.now();
        let due: Vec<_> = Deletions::load(&self.state())?.pending;
        let due: Vec<_> = due.into_iter().filter(|deletion| deletion.due <= now).collect();
        let mut obstacle = None;
        for deletion in due {
            // In the air gap nothing is sent, whatever else is set.
            if self.read()?.record.airgap() {
                return Ok(obstacle);
            }
            if let Some(met) = self.ask_deletion(&deletion)? {
                obstacle = Some(met);
                break;
            }
        }
        self.destroy_old_secrets()?;
        Ok(obstacle)
    }

    fn ask_deletion(&self, deletion: &Deletion) -> Result<Option<Obstacle>, Trouble> {
        let program = self.manifest.program.id.as_str();
        let key = deletion.derivation.key(program, deletion.tag, &self.state().secrets()?);
        if deletion.forget_by < day_of(self.now()) || key.is_none() {
            // Forgotten with its retention, or the secret is gone: nothing is left to ask.
            self.settle_deletion(deletion, |_| None)?;
            return Ok(None);
        }
        if !self.begin_deletion(deletion)? {
            return Ok(None);
        }
        let request = HeldRequest {
            collector: &deletion.to,
            program,
            channel: deletion.channel().as_str(),
            keys: key.as_slice(),
            way: self.manifest.program.transport(),
            delete: true,
        };
        let (obstacle, retry_after_seconds) = match self.world.transport.held(&request) {
            Ok(reply) if reply.status == 200 => {
                match deletion::believe(&reply.body, program, deletion) {
                    Ok(Some(tombstones)) => {
                        self.confirm(deletion, tombstones)?;
                        return Ok(None);
                    }
                    Ok(None) => (None, None),
                    Err(why) => (Some(Obstacle::Receipt(why)), None),
                }
            }
            Ok(reply) if reply.status == 202 => (None, reply.retry_after_seconds),
            Ok(reply) if reply.status == 429 || reply.status >= 500 => {
                (Some(Obstacle::Busy(reply.status)), reply.retry_after_seconds)
            }
            Ok(reply) => (Some(Obstacle::Stranger(reply.status)), reply.retry_after_seconds),
            Err(error) => (Some(Obstacle::NoReply(error)), None),
        };
        let seconds = match obstacle {
            None => DELETION_AGAIN_SECONDS,
            Some(_) => pause_seconds(deletion.tries + 1),
        };
        let floor = i64::try_from(asked_seconds(retry_after_seconds)).unwrap_or(0);
        let due = later(later(self.now(), SignedDuration::from_secs(floor)), self.drawn(seconds));
        self.settle_deletion(deletion, |known| Some(Deletion { due, ..known }))?;
        Ok(obstacle)
    }

    /// Counts the try and writes the ledger before the key is shown. `false` if it was cancelled.
    fn begin_deletion(&self, deletion: &Deletion) -> Result<bool, Trouble> {
        let _held = self.state().lock()?;
        let mut deletions = Deletions::load(&self.state())?;
        let Some(known) = deletions.pending.iter_mut().find(|d| is_same(d, deletion)) else {
            return Ok(false);
        };
        known.tries += 1;
        if known.tries == 1 {
            self.note(vec![Entry::Deleting {
                channel: known.derivation.channel.clone(),
                part: known.derivation.part.clone(),
                tag: known.tag,
                to: known.to.clone(),
            }])?;
        }
        deletions.save(&self.state())?;
        Ok(true)
    }

    fn confirm(
        &self,
        deletion: &Deletion,
        tombstones: Vec<envelope::Tombstone>,
    ) -> Result<(), Trouble> {
        let held = self.state().lock()?;
        let entry = |tombstone| Entry::Tombstone { tombstone: Box::new(tombstone) };
        self.note(tombstones.into_iter().map(entry).collect())?;
        drop(held);
        self.settle_deletion(deletion, |_| None)
    }

    /// Changes a pending deletion, or removes it.
    fn settle_deletion(
        &self,
        deletion: &Deletion,
        change: impl Fn(Deletion) -> Option<Deletion>,
    ) -> Result<(), Trouble> {
        let _held = self.state().lock()?;
        let mut deletions = Deletions::load(&self.state())?;
        let pending = std::mem::take(&mut deletions.pending);
        let change = |known| if is_same(&known, deletion) { change(known) } else { Some(known) };
        deletions.pending = pending.into_iter().filter_map(change).collect();
        deletions.save(&self.state())
    }

    /// Destroys secrets kept aside whose every tag is deleted or forgotten.
    fn destroy_old_secrets(&self) -> Result<(), Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        let pending = Deletions::load(&state)?.pending;
        let program = self.manifest.program.id.as_str();
        let parts: Vec<_> = self.held()?.into_iter().filter(SentPart::may_be_held).collect();
        let today = day_of(self.now());
        state.destroy_retired(|secret: &Secret| {
            let secret = [(String::new(), secret.clone())];
            let mut kept = parts.iter().filter(|part| self.forget_by(part) >= today);
            pending.iter().any(|d| d.derivation.key(program, d.tag, &secret).is_some())
                || kept.any(|part| part.key(program, &secret).is_some())
        })
    }

    /// When the next deletion is due.
    pub(crate) fn next_deletion(&self) -> Result<Option<Timestamp>, Trouble> {
        Ok(Deletions::load(&self.state())?.pending.iter().map(|deletion| deletion.due).min())
    }

    /// Asks the collectors themselves what they hold, tag by tag. Asking for several tags at once
    /// joins them: whoever calls this has said so.
    ///
    /// # Errors
    /// If the state cannot be read, or a collector does not answer.
    pub fn held_live(&self) -> Result<Vec<Live>, Trouble> {
        let program = self.manifest.program.id.as_str();
        let secrets = self.state().secrets()?;
        let parts: Vec<_> = self.held()?.into_iter().filter(SentPart::may_be_held).collect();
        let places: BTreeSet<_> =
            parts.iter().map(|part| (part.to.clone(), part.channel.clone())).collect();
        let mut found = Vec::new();
        for (to, channel) in places {
            let ours = parts.iter().filter(|part| part.to == to && part.channel == channel);
            let mut tags = BTreeSet::new();
            let keys: Vec<_> = ours
                .filter(|part| part.tag.is_some_and(|tag| tags.insert(tag)))
                .filter_map(|part| part.key(program, &secrets))
                .collect();
            let mut live = Live { to: to.clone(), channel: channel.clone(), parts: Vec::new() };
            for keys in keys.chunks(crate::limits::HELD_KEYS_MAX) {
                let request = HeldRequest {
                    collector: &to,
                    program,
                    channel: channel.as_str(),
                    keys,
                    way: self.manifest.program.transport(),
                    delete: false,
                };
                let answer = self
                    .world
                    .transport
                    .held(&request)
                    .and_then(|reply| live_parts(reply.status, &reply.body).map_err(NoReply));
                live.parts.extend(answer.map_err(|error| not_listed(&error))?);
            }
            found.push(live);
        }
        Ok(found)
    }
}

/// What a collector says that it holds of one channel.
#[derive(Clone)]
pub struct Live {
    /// The collector.
    pub to: String,
    /// The channel.
    pub channel: ChannelId,
    /// The bytes of each part, and the day after which it is forgotten.
    pub parts: Vec<(String, String)>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

fn live_parts(status: u16, body: &[u8]) -> Result<Vec<(String, String)>, String> {
    #[derive(serde::Deserialize)]
    struct Answer {
        parts: Vec<Part>,
    }
    #[derive(serde::Deserialize)]
    struct Part {
        bytes: String,
        forget_by: String,
    }
    if status != 200 {
        return Err(format!("the collector answered {status}"));
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| "the answer is no list of parts".to_owned())?;
    Ok(answer.parts.into_iter().map(|part| (part.bytes, part.forget_by)).collect())
}

fn is_same(one: &Deletion, other: &Deletion) -> bool {
    one.tag == other.tag && one.to == other.to
}

fn not_listed(error: &NoReply) -> Trouble {
    Trouble::new(
        "the collector could not be asked.",
        error.to_string(),
        "the ledger: candor-agent held shows what it knows",
        "try again later",
    )
}
