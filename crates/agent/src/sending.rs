//! Sends frozen parts: those that are due on schedule, or all of a period at a person's command.

use contract::calendar::Period;
use contract::id::ChannelId;
use disk::LockGuard;
use jiff::{SignedDuration, Timestamp};

use crate::agent::{Agent, Reading};
use crate::limits::{
    CLOCK_AHEAD_SECONDS_MAX, FLEET_AGAIN_SECONDS, FLEET_CHECK_SECONDS, GATHERED_WITHIN_SECONDS,
    REDRAW_SECONDS, SCHEDULE_AFTER_SECONDS,
};
use crate::outbox::{self, Frozen, FrozenPart, PartState};
use crate::ports::{NoReply, day_of};
use crate::schedule::{Rhythm, Slot, later, start_of};
use crate::state::{Pause, Since};
use crate::trouble::Trouble;

mod delivery;

/// What became of a sending.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Parts acknowledged with a verified receipt.
    pub acknowledged: usize,
    /// Parts that the collector refused for good.
    pub refused: usize,
    /// Parts that wait for another try.
    pub waiting: usize,
    /// The first reason why a part was not acknowledged.
    pub obstacle: Option<Obstacle>,
    /// What stands in the way of a deletion that somebody asked for.
    pub deletion_obstacle: Option<Obstacle>,
    /// The channel that met it.
    pub stuck: Option<ChannelId>,
    /// Tries in a row, this one too, that came to nothing.
    pub tries: u32,
    /// Whether something met an obstacle earlier that has not been tried again since.
    pub is_unsettled: bool,
    /// When the next part is due, of those that wait.
    pub next: Option<Timestamp>,
}

/// Why a part was not acknowledged, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// No answer came.
    NoReply(NoReply),
    /// The collector asked to come again later.
    Busy(u16),
    /// The collector does not take the part.
    Refused(u16),
    /// Whoever answered does not speak as a collector does.
    Stranger(u16),
    /// The answer was no receipt that a pinned root key stands behind.
    Receipt(String),
}

/// The lock of whoever is sending; two would send twice.
const SENDING: &str = "sending.lock";

impl Agent<'_> {
    /// Sends what is due on schedule. Does nothing in continuous integration, and nothing in the
    /// first 24 hours of a state.
    ///
    /// # Errors
    /// If the state cannot be read or written. What was acknowledged is recorded.
    pub fn tick(&self) -> Result<Sent, Trouble> {
        self.look_after(false)
    }

    /// As [`Self::tick`], by somebody who knows whether the machine was off or asleep since.
    ///
    /// # Errors
    /// If the state cannot be read or written. What was acknowledged is recorded.
    pub fn look_after(&self, was_asleep: bool) -> Result<Sent, Trouble> {
        let state = self.state();
        // What was fetched before is in force for as long as it may be.
        let _ = self.fetch_policy(FLEET_CHECK_SECONDS);
        if self.is_outdated() {
            return Ok(Sent::default());
        }
        let reading = self.read()?;
        let on = self.channels_on(&reading)?;
        let has_deletions = self.next_deletion()?.is_some();
        if state.since()?.is_none() && on.is_empty() && !has_deletions {
            return Ok(Sent::default());
        }
        let _alone = self.alone()?;
        let (since, rhythm) = self.begin_look(&reading, &on, was_asleep)?;
        let mut sent = Sent { deletion_obstacle: self.ask_deletions()?, ..Sent::default() };
        let is_paused = since.pause.is_some_and(|pause| pause.until > self.now());
        for channel in on.iter().filter(|channel| since.channels.contains_key(*channel)) {
            self.freeze_when_due(channel, rhythm, &mut sent)?;
        }
        for channel in &on {
            let scheduled = since.channels.contains_key(channel) && !is_paused;
            let now = self.now();
            self.send_channel(channel, &mut sent, |part| scheduled && part.due <= now)?;
        }
        if let Some(pause) = state.since()?.and_then(|since| since.pause) {
            sent.tries = pause.tries;
            sent.next = sent.next.map(|next| next.max(pause.until));
        }
        sent.next = earlier(sent.next, self.next_deletion()?);
        sent.is_unsettled = sent.tries > 0 || self.has_asked_deletions()?;
        Ok(sent)
    }

    /// Freezes the reports whose first moment has come, and sends nothing: for a process without
    /// network. Which channels are on, and since when, the sending process notes.
    ///
    /// # Errors
    /// If the state cannot be read or written.
    pub fn gather_due(&self) -> Result<Sent, Trouble> {
        let mut gathered = Sent::default();
        let Some(since) = self.state().since()? else { return Ok(gathered) };
        let rhythm = Rhythm::at(self.now(), &since, false);
        for channel in self.channels_on(&self.read()?)? {
            if since.channels.contains_key(&channel) {
                self.freeze_when_due(&channel, rhythm, &mut gathered)?;
            }
        }
        Ok(gathered)
    }

    /// Sends all parts of a channel's period now, by a person's command.
    ///
    /// # Errors
    /// If there is no consent, or the state cannot be read or written.
    pub fn send(&self, channel: &str) -> Result<Sent, Trouble> {
        let id = &self.find(channel)?.id;
        let off = || {
            Trouble::new(
                "nothing was sent.",
                format!("{channel} is off"),
                "everything as it was",
                format!(
                    "candor-agent why {channel} says what decided; candor-agent agree {channel}, \
                     if you want it to be sent"
                ),
            )
        };
        let _ = self.fetch_policy(FLEET_AGAIN_SECONDS);
        let reading = self.read()?;
        if self.verdict(&reading, channel)?.consent().is_none() {
            return Err(off());
        }
        let _alone = self.alone()?;
        let period = self.period_now(self.find(channel)?);
        self.freeze(channel, period, None)?.ok_or_else(off)?;
        let mut sent = Sent::default();
        self.send_channel(id, &mut sent, |_| true)?;
        Ok(sent)
    }

    /// The lock of whoever sends.
    pub(crate) fn alone(&self) -> Result<LockGuard, Trouble> {
        let state = self.state();
        state.lock_as(SENDING, 0).map_err(|trouble| {
            trouble.if_locked(
                "another candor-agent is sending at this moment.",
                "wait a minute and try again",
            )
        })
    }

    fn channels_on(&self, reading: &Reading) -> Result<Vec<ChannelId>, Trouble> {
        let mut on = Vec::new();
        for channel in self.channels() {
            if self.verdict(reading, channel.as_str())?.consent().is_some() {
                on.push(channel.clone());
            }
        }
        Ok(on)
    }

    /// Notes the tick, tidies the outbox, and draws again what was missed.
    fn begin_look(
        &self,
        reading: &Reading,
        on: &[ChannelId],
        was_asleep: bool,
    ) -> Result<(Since, Rhythm), Trouble> {
        let state = self.state();
        let _held = state.lock()?;
        let disk = state.disk()?;
        let mut since = state.begin()?;
        let now = self.now();
        let rhythm = Rhythm::at(now, &since, was_asleep);
        let is_old = now.duration_since(since.began).as_secs() >= SCHEDULE_AFTER_SECONDS;
        since.channels.retain(|channel, _| on.contains(channel));
        if is_old && !self.in_ci {
            for channel in on {
                since.channels.entry(channel.clone()).or_insert(now);
            }
        }
        since.pause = since.pause.filter(|pause| !is_absurd(pause.until, now));
        since.ticked = Some(now);
        since.gap_seconds = rhythm.gap_seconds;
        state.write_since(&since)?;
        outbox::drop_closed(disk, day_of(now))?;
        self.destroy_forbidden(reading)?;
        for mut frozen in outbox::all(disk)? {
            let mut is_changed = false;
            for part in frozen.parts.iter_mut().filter(|part| part.state == PartState::Waiting) {
                let was_missed = part.due < now && rhythm.watched.is_none() && !part.is_redrawn;
                if was_missed || is_absurd(part.due, now) {
                    part.due = later(now, self.drawn(REDRAW_SECONDS));
                    part.is_redrawn = true;
                    is_changed = true;
                }
            }
            if is_changed {
                outbox::save(disk, &frozen)?;
            }
        }
        Ok((since, rhythm))
    }

    /// Freezes the period's report as soon as the first of its parts is due, or when the next tick
    /// may come too late for it.
    fn freeze_when_due(
        &self,
        id: &ChannelId,
        rhythm: Rhythm,
        sent: &mut Sent,
    ) -> Result<(), Trouble> {
        let channel = self.find(id.as_str())?;
        let period = self.period_now(channel);
        let Some(secret) = self.state().secret()? else {
            // A policy permits what nobody here ever decided: the first tick makes the secret.
            if self.role.gathers() {
                self.freeze(id.as_str(), period, Some(rhythm))?;
            }
            return Ok(());
        };
        let channel_id = id;
        let (program, id) = (self.manifest.program.id.as_str(), id.as_str());
        let moment = |part: &contract::manifest::Part| {
            Slot { program, channel: id, part: part.id.as_str(), sample: "", period }
                .moment(&secret)
        };
        let reading = self.read()?;
        let verdict = self.verdict(&reading, id)?;
        let Some(first) = verdict.consent().and_then(|c| c.parts().map(moment).min()) else {
            return Ok(());
        };
        if first <= self.now() || rhythm.next >= start_of(period.next()) {
            if self.role.gathers() {
                self.freeze(id, period, Some(rhythm))?;
            } else if outbox::load(self.state().disk()?, channel_id, period)?.is_none() {
                // Another process reads facts for up to a minute; then there is something to do.
                let soon = SignedDuration::from_secs(GATHERED_WITHIN_SECONDS);
                sent.next = earlier(sent.next, Some(later(self.now(), soon)));
            }
        } else {
            sent.next = earlier(sent.next, Some(first));
        }
        // The service wakes in time for the next period's first moment, too.
        let next = start_of(period.next());
        sent.next = earlier(sent.next, Some(next));
        Ok(())
    }

    /// Sends the parts of a channel that are wanted. After the first that the collector does not
    /// take up, the others are not even tried: they would meet the same.
    fn send_channel(
        &self,
        channel: &ChannelId,
        sent: &mut Sent,
        is_wanted: impl Fn(&FrozenPart) -> bool,
    ) -> Result<(), Trouble> {
        for frozen in outbox::all(self.state().disk()?)? {
            if frozen.channel != *channel {
                continue;
            }
            for part in frozen.parts.iter().filter(|part| part.state == PartState::Waiting) {
                let has_met =
                    matches!(&sent.obstacle, Some(o) if !matches!(o, Obstacle::Refused(_)));
                if is_wanted(part) && !has_met {
                    self.send_part(&frozen, part, sent)?;
                } else {
                    sent.waiting += 1;
                    sent.next = earlier(sent.next, Some(part.due));
                }
            }
        }
        Ok(())
    }

    /// Seconds drawn evenly from 0 up to these.
    pub(crate) fn drawn(&self, seconds: u64) -> SignedDuration {
        let mut draw = [0; 8];
        self.world.random.fill(&mut draw);
        let seconds = (u128::from(u64::from_be_bytes(draw)) * u128::from(seconds)) >> 64;
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
    }

    /// Leaves the collector alone for a while. Whatever was due is tried again each at a moment of
    /// its own, so that parts do not travel together after an outage. Callers hold the lock.
    fn pause(&self, retry_after_seconds: Option<u64>) -> Result<(), Trouble> {
        let state = self.state();
        let mut since = state.begin()?;
        let tries = since.pause.map_or(1, |pause| pause.tries.saturating_add(1));
        let now = self.now();
        let floor = crate::schedule::asked_seconds(retry_after_seconds);
        let floor = later(now, SignedDuration::from_secs(i64::try_from(floor).unwrap_or(0)));
        let mut until = Timestamp::MAX;
        let mut drawn = || {
            let due = later(floor, self.drawn(crate::schedule::pause_seconds(tries)));
            until = until.min(due);
            due
        };
        for mut frozen in outbox::all(state.disk()?)? {
            let overdue =
                |part: &&mut FrozenPart| part.state == PartState::Waiting && part.due <= now;
            let mut is_changed = false;
            for part in frozen.parts.iter_mut().filter(overdue) {
                part.due = drawn();
                is_changed = true;
            }
            if is_changed {
                outbox::save(state.disk()?, &frozen)?;
            }
        }
        let first = drawn();
        since.pause = Some(Pause { until: until.min(first), tries });
        state.write_since(&since)
    }

    /// Reads the policy now, and destroys what waits of channels that it forbids.
    ///
    /// # Errors
    /// If the state cannot be read or written.
    pub fn sync_policy(&self) -> Result<(), Trouble> {
        let state = self.state();
        if state.disk().is_err() {
            return Ok(());
        }
        let _held = state.lock()?;
        self.destroy_forbidden(&self.read()?)
    }

    /// Destroys what waits of channels that the fleet's policy forbids. Callers hold the lock.
    fn destroy_forbidden(&self, reading: &Reading) -> Result<(), Trouble> {
        // Not what the next process sends by another way.
        if self.is_outdated() {
            return Ok(());
        }
        for channel in self.channels() {
            let verdict = self.verdict(reading, channel.as_str())?;
            if verdict.reasons().contains(&contract::gate::Reason::Policy) {
                outbox::destroy(self.state().disk()?, Some(channel))?;
            }
        }
        Ok(())
    }

    /// The frozen report as it stands now; `None` if it was destroyed.
    fn again(&self, channel: &ChannelId, period: Period) -> Result<Option<Frozen>, Trouble> {
        outbox::load(self.state().disk()?, channel, period)
    }
}

/// A moment that only a clock that was ahead can have written.
fn is_absurd(moment: Timestamp, now: Timestamp) -> bool {
    moment > later(now, SignedDuration::from_secs(CLOCK_AHEAD_SECONDS_MAX))
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
