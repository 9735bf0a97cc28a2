//! Makes the report of a period: previews, and freezes what the first gathering found.

use contract::calendar::Period;
use contract::definition::Definition;
use contract::draft::{Draft, Report, TagName};
use contract::gate::Consent;
use contract::manifest::{Channel, Part};
use envelope::{Secret, Tag, TagScope};

use crate::agent::Agent;
use crate::ledger::{self, Entry};
use crate::outbox::{self, Frozen, FrozenPart, PartState};
use crate::ports::day_of;
use crate::schedule::Slot;
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
        let _held = self.state().lock()?;
        if fresh {
            self.thaw_unsent(consent, period)?;
        }
        let frozen = self.freeze(consent, period)?;
        let parts = frozen.parts.iter().filter(|part| consent.covers(&part.part));
        let left_out = frozen.left_out.iter().map(|(f, why)| (f.to_string(), why.clone()));
        Ok(Preview {
            parts: parts.map(|part| part.bytes.clone().into_bytes()).collect(),
            frozen: true,
            left_out: left_out.collect(),
        })
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
        Ok(Preview { parts: draft.preview(), frozen: false, left_out })
    }

    fn draft(&self, channel: &Channel, parts: &[&Part], period: Period) -> Draft {
        let fields: Vec<_> = parts.iter().flat_map(|part| channel.fields_of(part)).collect();
        let facts = self.world.facts.facts(&fields);
        let mut seed = [0; 32];
        self.world.random.fill(&mut seed);
        Draft::new(&self.manifest, channel, parts.iter().copied(), period, &facts, &seed)
    }

    /// The frozen report of a period; gathers what the consent covers and is not gathered yet.
    /// Callers hold the lock.
    pub(crate) fn freeze(&self, consent: &Consent<'_>, period: Period) -> Result<Frozen, Trouble> {
        let disk = self.state().disk()?;
        let channel = consent.channel();
        let found = outbox::load(disk, &channel.id, period)?;
        let mut frozen = found.unwrap_or_else(|| Frozen::new(channel.id.clone(), period));
        let program = &self.manifest.program.id;
        let hash = |part: &Part| Definition::new(program, channel, part).hash();
        let missing: Vec<&Part> = consent
            .parts()
            .filter(|part| frozen.gathered.get(&part.id) != Some(&hash(part)))
            // What was sent once in a period stays what was sent.
            .filter(|part| !frozen.parts.iter().any(|p| p.part == part.id && p.tries > 0))
            .collect();
        if missing.is_empty() {
            return Ok(frozen);
        }
        let secret = self.state().secret_or_new(self.world.random)?;
        let draft = self.draft(channel, &missing, period);
        let report = draft.agreed(consent, |name| self.tag(&secret, channel, name));
        frozen.parts.retain(|part| !missing.iter().any(|missing| missing.id == part.part));
        frozen.parts.extend(self.waiting(&report, channel, &secret)?);
        frozen.gathered.extend(missing.iter().map(|part| (part.id.clone(), hash(part))));
        let fields = frozen.leave_out(draft.left_out());
        if !fields.is_empty() {
            let entry = Entry::LeftOut { channel: channel.id.clone(), period, fields };
            ledger::append(disk, self.now(), vec![entry])?;
        }
        outbox::save(disk, &frozen)?;
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
    ) -> Result<Vec<FrozenPart>, Trouble> {
        let ticked = self.state().since()?.and_then(|since| since.ticked);
        let program = self.manifest.program.id.as_str();
        let make = |made: &contract::draft::ReportPart| {
            let sample = made.part.tag().map_or_else(String::new, |tag| tag.to_string());
            let slot = Slot {
                program,
                channel: channel.id.as_str(),
                part: made.id.as_str(),
                // Samples of one part have tags of their own; other parts have one tag, and their
                // moment must not depend on whether there was anything to gather.
                sample: if is_sample(channel, made) { &sample } else { "" },
                period: report.period(),
            };
            FrozenPart {
                part: made.id.clone(),
                bytes: String::from_utf8_lossy(made.part.bytes()).into_owned(),
                due: slot.due(secret, ticked, self.now()),
                tries: 0,
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

fn is_sample(channel: &Channel, made: &contract::draft::ReportPart) -> bool {
    let part = channel.part(made.id.as_str());
    part.is_some_and(|part| {
        part.fields.iter().any(|f| matches!(f.kind, contract::kind::Kind::Sample { .. }))
    })
}
