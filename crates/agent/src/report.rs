//! Makes the report of a period: previews, and freezes what the first gathering found.

use contract::calendar::Period;
use contract::definition::Definition;
use contract::draft::{Draft, Gathered, Report, TagName};
use contract::gate::Consent;
use contract::id::PartId;
use contract::manifest::{Channel, Part};
use envelope::{Secret, Tag, TagScope};

use crate::agent::Agent;
use crate::ledger::Entry;
use crate::outbox::{self, Frozen, FrozenPart, PartState};
use crate::ports::day_of;
use crate::schedule::{Rhythm, Slot};
use crate::trouble::Trouble;

/// What a preview shows.
#[derive(Debug)]
pub struct Preview {
    /// The bytes, one part each.
    pub parts: Vec<Vec<u8>>,
    /// Whether these are the frozen bytes that are sent, or a draft that nothing can send.
    pub frozen: bool,
    /// Questions without an answer, and why.
    pub left_out: Vec<(String, String)>,
    /// Why the report could not be frozen, although it should have been.
    pub not_frozen: Option<Trouble>,
}

impl Agent<'_> {
    /// What is sent, or would be: frozen bytes where there is consent, a draft otherwise.
    ///
    /// # Errors
    /// If the state cannot be read, or a frozen report cannot be written.
    pub fn preview(
        &self,
        channel: &str,
        tier: Option<&str>,
        fresh: bool,
    ) -> Result<Preview, Trouble> {
        let reading = self.read()?;
        let verdict = self.verdict(&reading, channel)?;
        let Some(consent) = verdict.consent().filter(|_| tier.is_none()) else {
            return self.preview_draft(verdict.channel(), tier);
        };
        let period = self.period_now(consent.channel());
        if fresh {
            let _held = self.state().lock()?;
            self.thaw_unsent(consent, period)?;
        }
        match self.freeze(channel, period, None) {
            Ok(Some(frozen)) => Ok(shown(&frozen, consent)),
            // Somebody said no while the facts were read.
            Ok(None) => self.preview_draft(verdict.channel(), tier),
            Err(trouble) => self.preview_unfrozen(consent, period, trouble),
        }
    }

    /// Looking works in every state, also where the folder cannot be written, or is not there.
    fn preview_unfrozen(
        &self,
        consent: &Consent<'_>,
        period: Period,
        trouble: Trouble,
    ) -> Result<Preview, Trouble> {
        let channel = &consent.channel().id;
        let disk = self.state().disk().ok();
        let frozen = disk.map(|disk| outbox::load(disk, channel, period)).transpose()?.flatten();
        if let Some(frozen) = frozen {
            return Ok(Preview { not_frozen: Some(trouble), ..shown(&frozen, consent) });
        }
        let tier = Some(consent.tier().as_str());
        let draft = self.preview_draft(consent.channel(), tier)?;
        Ok(Preview { not_frozen: Some(trouble), ..draft })
    }

    fn preview_draft(&self, channel: &Channel, tier: Option<&str>) -> Result<Preview, Trouble> {
        let wanted = match tier {
            Some(wanted) => channel.tiers.iter().find(|tier| tier.id.as_str() == wanted),
            None => channel.tiers.last(),
        };
        let tiers: Vec<_> = channel.tiers.iter().map(|tier| tier.id.as_str()).collect();
        let tier = wanted.ok_or_else(|| {
            Trouble::new(
                "there is no such tier.",
                format!("the channel `{}` has {}", channel.id, tiers.join(", ")),
                "everything as it was",
                "name one of these",
            )
        })?;
        let parts: Vec<_> = channel.parts_in(&tier.id).collect();
        let draft = self.draft(channel, &parts, self.period_now(channel));
        let left_out = draft.left_out().iter().map(|n| (n.field.to_string(), n.why.clone()));
        let left_out = left_out.collect();
        Ok(Preview { parts: draft.preview(), frozen: false, left_out, not_frozen: None })
    }

    fn draft(&self, channel: &Channel, parts: &[&Part], period: Period) -> Draft {
        let fields: Vec<_> = parts.iter().flat_map(|part| channel.fields_of(part)).collect();
        let facts = self.world.facts.facts(&fields);
        let mut seed = [0; 32];
        self.world.random.fill(&mut seed);
        let known = |tell: &mut dyn FnMut(&str)| self.world.facts.known(tell);
        let gathered = Gathered { facts: &facts, known: &known, seed: &seed };
        Draft::new(&self.manifest, channel, parts.iter().copied(), period, &gathered)
    }

    /// The frozen report of a period; gathers what the consent covers and is not gathered yet.
    /// `None` where there is no consent. `rhythm` is that of the tick, if this is one.
    ///
    /// Reading facts takes up to a minute, and nothing is held meanwhile: a no must not wait for
    /// it.
    pub(crate) fn freeze(
        &self,
        channel: &str,
        period: Period,
        rhythm: Option<Rhythm>,
    ) -> Result<Option<Frozen>, Trouble> {
        let state = self.state();
        let reading = self.read()?;
        let verdict = self.verdict(&reading, channel)?;
        let Some(consent) = verdict.consent() else { return Ok(None) };
        let frozen = outbox::load(state.disk()?, &consent.channel().id, period)?;
        let missing = self.missing(consent, frozen.as_ref());
        if let (Some(frozen), []) = (frozen, missing.as_slice()) {
            return Ok(Some(frozen));
        }
        let draft = self.draft(consent.channel(), &missing, period);
        let drafted: Vec<PartId> = missing.iter().map(|part| part.id.clone()).collect();
        let _held = state.lock()?;
        // Again: somebody may have said no, or frozen the report, while the facts were read.
        let reading = self.read()?;
        let verdict = self.verdict(&reading, channel)?;
        let Some(consent) = verdict.consent() else { return Ok(None) };
        let found = outbox::load(state.disk()?, &consent.channel().id, period)?;
        let mut missing = self.missing(consent, found.as_ref());
        missing.retain(|part| drafted.contains(&part.id));
        let frozen = found.unwrap_or_else(|| Frozen::new(consent.channel().id.clone(), period));
        self.put_in(frozen, consent, &draft, &missing, rhythm).map(Some)
    }

    /// The parts that the consent covers and that are not gathered yet.
    fn missing<'c>(&self, consent: &'c Consent<'_>, frozen: Option<&Frozen>) -> Vec<&'c Part> {
        let program = &self.manifest.program.id;
        let hash = |part: &Part| Definition::new(program, consent.channel(), part).hash();
        let is_gathered = |part: &Part| {
            frozen.is_some_and(|frozen| {
                frozen.gathered.get(&part.id) == Some(&hash(part))
                    // What was sent once in a period stays what was sent.
                    || frozen.parts.iter().any(|p| p.part == part.id && p.tries > 0)
            })
        };
        consent.parts().filter(|part| !is_gathered(part)).collect()
    }

    /// Puts the missing parts of a draft into a frozen report. Callers hold the lock.
    fn put_in(
        &self,
        mut frozen: Frozen,
        consent: &Consent<'_>,
        draft: &Draft,
        missing: &[&Part],
        rhythm: Option<Rhythm>,
    ) -> Result<Frozen, Trouble> {
        if missing.is_empty() {
            return Ok(frozen);
        }
        let (state, channel) = (self.state(), consent.channel());
        self.finish_withdrawal()?;
        let secret = state.secret_or_new(self.world.random)?;
        let report = draft.agreed(consent, |name| self.tag(&secret, channel, name));
        let is_missing = |id: &PartId| missing.iter().any(|missing| missing.id == *id);
        frozen.parts.retain(|part| !is_missing(&part.part));
        let waiting = self.waiting(&report, channel, &secret, rhythm)?;
        frozen.parts.extend(waiting.into_iter().filter(|part| is_missing(&part.part)));
        let hash = |part: &Part| Definition::new(&self.manifest.program.id, channel, part).hash();
        frozen.gathered.extend(missing.iter().map(|part| (part.id.clone(), hash(part))));
        let fields = frozen.leave_out(draft.left_out());
        if !fields.is_empty() {
            let (channel, period) = (channel.id.clone(), frozen.period);
            let entry = Entry::LeftOut { channel, period, fields };
            self.note(vec![entry])?;
        }
        outbox::save(state.disk()?, &frozen)?;
        self.seal_gathered(consent, &frozen)?;
        Ok(frozen)
    }

    fn tag(&self, secret: &Secret, channel: &Channel, name: &TagName<'_>) -> Tag {
        let scope = TagScope {
            program: self.manifest.program.id.as_str(),
            channel: channel.id.as_str(),
            part: name.part.as_str(),
            epoch: name.epoch,
            sample: name.sample,
        };
        secret.tag_key(&scope).tag()
    }

    fn waiting(
        &self,
        report: &Report,
        channel: &Channel,
        secret: &Secret,
        rhythm: Option<Rhythm>,
    ) -> Result<Vec<FrozenPart>, Trouble> {
        let now = self.now();
        let since = self.state().since()?;
        let watched = since.as_ref().and_then(|since| {
            let rhythm = rhythm.unwrap_or_else(|| Rhythm::at(now, since, false));
            let ticked = rhythm.watched?;
            Some(ticked.max(*since.channels.get(&channel.id)?))
        });
        let program = self.manifest.program.id.as_str();
        let make = |made: &contract::draft::ReportPart| {
            let sample = made.part.tag().map_or_else(String::new, |tag| tag.to_string());
            let slot = Slot {
                program,
                channel: channel.id.as_str(),
                part: made.id.as_str(),
                // Samples and records of one part have tags of their own; other parts have one tag,
                // and their moment must not depend on whether there was anything to gather.
                sample: if is_sample(channel, made) { &sample } else { "" },
                period: report.period(),
            };
            FrozenPart {
                part: made.id.clone(),
                bytes: String::from_utf8_lossy(made.part.bytes()).into_owned(),
                due: slot.due(secret, watched, now),
                tries: 0,
                to: None,
                relays: Vec::new(),
                is_redrawn: false,
                state: PartState::Waiting,
            }
        };
        Ok(report.parts().iter().map(make).collect())
    }

    /// Forgets what was gathered and not sent yet, so that it is gathered anew.
    fn thaw_unsent(&self, consent: &Consent<'_>, period: Period) -> Result<(), Trouble> {
        let disk = self.state().disk()?;
        if let Some(mut frozen) = outbox::load(disk, &consent.channel().id, period)? {
            frozen.parts.retain(|part| part.tries > 0);
            let kept: Vec<_> = frozen.parts.iter().map(|part| part.part.clone()).collect();
            frozen.gathered.retain(|part, _| kept.contains(part));
            frozen.left_out.clear();
            outbox::save(disk, &frozen)?;
        }
        Ok(())
    }

    /// Takes one frozen part up again, if the consent still covers it and the collector's own
    /// rules accept it today.
    pub(crate) fn thaw(
        &self,
        consent: &Consent<'_>,
        period: Period,
        frozen: &FrozenPart,
    ) -> Option<contract::part::Part> {
        let bytes = std::iter::once(frozen.bytes.as_bytes());
        let report = Report::thaw(consent, period, bytes, day_of(self.now()));
        report.parts().first().map(|made| made.part.clone())
    }
}

fn shown(frozen: &Frozen, consent: &Consent<'_>) -> Preview {
    let parts = frozen.parts.iter().filter(|part| consent.covers(&part.part));
    let left_out = frozen.left_out.iter().map(|(field, why)| (field.to_string(), why.clone()));
    Preview {
        parts: parts.map(|part| part.bytes.clone().into_bytes()).collect(),
        frozen: true,
        left_out: left_out.collect(),
        not_frozen: None,
    }
}

fn is_sample(channel: &Channel, made: &contract::draft::ReportPart) -> bool {
    let part = channel.part(made.id.as_str());
    part.is_some_and(|part| {
        part.records.is_some()
            || part.fields.iter().any(|f| matches!(f.kind, contract::kind::Kind::Sample { .. }))
    })
}
