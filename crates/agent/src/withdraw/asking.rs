//! Asks collectors for deletions, one tag in each request, and believes only verified tombstones.

use envelope::{Secret, Tombstone};
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::deletion::{self, Deletion, Deletions};
use crate::held::{SentPart, waiting_parts};
use crate::ledger::Entry;
use crate::limits::DELETION_AGAIN_SECONDS;
use crate::outbox;
use crate::ports::{HeldRequest, day_of};
use crate::schedule::{asked_seconds, later, pause_seconds};
use crate::sending::Obstacle;
use crate::trouble::Trouble;

impl Agent<'_> {
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
            program,
            channel: deletion.channel().as_str(),
            keys: key.as_slice(),
            delete: true,
        };
        let relays = self.relays_towards(&deletion.to, &deletion.relays);
        let asked = self.ask_held((&deletion.to, &relays), &deletion.roots, &request)?;
        let (obstacle, retry_after_seconds) = match asked {
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

    fn confirm(&self, deletion: &Deletion, tombstones: Vec<Tombstone>) -> Result<(), Trouble> {
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
        if !state.has_retired()? {
            return Ok(());
        }
        let pending = Deletions::load(&state)?.pending;
        let program = self.manifest.program.id.as_str();
        let mut parts: Vec<_> = self.held()?.into_iter().filter(SentPart::may_be_held).collect();
        // What waits of another channel has its tag already, and will be sent under it.
        parts.extend(outbox::all(state.disk()?)?.iter().flat_map(waiting_parts));
        let today = day_of(self.now());
        state.destroy_retired(|secret: &Secret| {
            let secret = [(String::new(), secret.clone())];
            let mut kept = parts.iter().filter(|part| self.forget_by(part) >= today);
            pending.iter().any(|d| d.derivation.key(program, d.tag, &secret).is_some())
                || kept.any(|part| part.key(program, &secret).is_some())
        })
    }

    /// Whether a deletion was asked for and is not confirmed.
    pub(crate) fn has_asked_deletions(&self) -> Result<bool, Trouble> {
        Ok(Deletions::load(&self.state())?.pending.iter().any(|deletion| deletion.tries > 0))
    }

    /// When the next deletion is due.
    pub(crate) fn next_deletion(&self) -> Result<Option<Timestamp>, Trouble> {
        Ok(Deletions::load(&self.state())?.pending.iter().map(|deletion| deletion.due).min())
    }
}

fn is_same(one: &Deletion, other: &Deletion) -> bool {
    one.tag == other.tag && one.to == other.to
}
