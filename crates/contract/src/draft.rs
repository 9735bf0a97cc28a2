//! Drafts and reports: what would be sent, and what may be.
//!
//! A [`Draft`] is made from facts while nothing needs to be decided; its tags are all zero, a
//! collector refuses them, and no function sends one. A [`Report`] is made from a draft and a
//! consent; its parts are what is frozen, previewed, sent and kept in the ledger.

use std::collections::BTreeMap;

use envelope::{Digest, Tag};
use jiff::civil::Date;

use crate::answer::{Answer, Fact, answer};
use crate::calendar::{Identity, Period};
use crate::definition::Definition;
use crate::gate::Consent;
use crate::id::{FieldId, PartId};
use crate::kind::Kind;
use crate::manifest::{self, Channel, Manifest};
use crate::part::{self, Part};

mod records;
mod samples;

pub use records::names as record_names;

/// What the sources gave for each field: a fact, or why there is none (a sentence without values).
pub type Facts = BTreeMap<FieldId, Result<Fact, String>>;

/// Values that identify: a function that lets each of them pass by. An error says, as a sentence
/// without values, why some could not be read; then no sample can be trusted to be clean.
pub type KnownValues<'a> = dyn Fn(&mut dyn FnMut(&str)) -> Result<(), String> + 'a;

/// What a draft is made from.
#[derive(Clone, Copy)]
pub struct Gathered<'a> {
    /// What the sources gave.
    pub facts: &'a Facts,
    /// What the machine knows about itself: removed from samples, never sent, never kept.
    pub known: &'a KnownValues<'a>,
    /// Chooses among samples when there are more than a period may carry.
    pub seed: &'a [u8; 32],
}

impl std::fmt::Debug for Gathered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gathered(..)")
    }
}

/// What would be sent of a channel in a period. Nothing can send it.
#[derive(Debug)]
pub struct Draft {
    period: Period,
    parts: Vec<DraftPart>,
    left_out: Vec<LeftOut>,
}

#[derive(Debug)]
struct DraftPart {
    definition: Definition,
    /// What tells it from the others of its part: a sample's value, a record's name.
    sample: Option<String>,
    answers: Vec<Option<Answer>>,
}

/// A question without an answer in this report, and why. It never names a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The question's field.
    pub field: FieldId,
    /// Why, as a sentence without its full stop.
    pub why: String,
}

/// What may be sent of a channel in a period.
#[derive(Debug)]
pub struct Report {
    period: Period,
    parts: Vec<ReportPart>,
}

/// One part of a report, and its name for the schedule.
#[derive(Debug)]
pub struct ReportPart {
    /// The part's name.
    pub id: PartId,
    /// What is sent.
    pub part: Part,
}

/// What a tag is derived from, besides secret, program and channel.
#[derive(Debug, Clone, Copy)]
pub struct TagName<'a> {
    /// The part's name.
    pub part: &'a PartId,
    /// The epoch.
    pub epoch: &'a str,
    /// The value of a sample.
    pub sample: Option<&'a str>,
}

impl Draft {
    /// Makes a draft of some parts of a channel from what was gathered. Samples are cleaned here,
    /// and pass the leak guard, so that nothing can make a report of text that did not.
    pub fn new<'a>(
        manifest: &Manifest,
        channel: &Channel,
        parts: impl Iterator<Item = &'a manifest::Part>,
        period: Period,
        gathered: &Gathered<'_>,
    ) -> Self {
        let mut draft = Self { period, parts: Vec::new(), left_out: Vec::new() };
        for part in parts {
            let definition = Definition::new(&manifest.program.id, channel, part);
            match part.fields.as_slice() {
                [field] if matches!(field.kind, Kind::Sample { .. }) => {
                    draft.add_samples(channel, part, &definition, gathered);
                }
                _ if part.records.is_some() => {
                    draft.add_records(channel, part, &definition, gathered);
                }
                _ => draft.add_part(channel, part, definition, gathered.facts),
            }
        }
        draft
    }

    fn add_part(
        &mut self,
        channel: &Channel,
        part: &manifest::Part,
        definition: Definition,
        facts: &Facts,
    ) {
        let mut answers = vec![None; definition.fields.len()];
        for field in channel.fields_of(part) {
            let found = self.fact(field, facts).and_then(|fact| {
                answer(field, fact).map_err(|why| self.leave_out(field, &why.to_string())).ok()
            });
            let index = definition.index_of(field.id.as_str());
            if let Some(place) = index.and_then(|index| answers.get_mut(index)) {
                *place = found;
            }
        }
        // A part that answers nothing of its own says only that the machine exists.
        let own = |field: &manifest::Field| definition.index_of(field.id.as_str());
        let answered = part
            .fields
            .iter()
            .filter_map(own)
            .any(|index| answers.get(index).is_some_and(Option::is_some));
        if answered {
            self.parts.push(DraftPart { definition, sample: None, answers });
        }
    }

    fn add_samples(
        &mut self,
        channel: &Channel,
        part: &manifest::Part,
        definition: &Definition,
        gathered: &Gathered<'_>,
    ) {
        let Some(field) = part.fields.first() else {
            return;
        };
        let Some(fact) = self.fact(field, gathered.facts) else {
            return;
        };
        let Kind::Sample { bytes_max, .. } = field.kind else { return };
        let bytes_max = usize::try_from(bytes_max).unwrap_or(0);
        let Some(samples) = samples::samples(fact, bytes_max, gathered) else {
            return self.leave_out(field, "the source gave no text");
        };
        for why in &samples.why_not {
            self.leave_out(field, why);
        }
        let anchor = channel.fields_of(part).find(|other| other.id != field.id);
        let anchor = anchor
            .and_then(|anchor| Some((anchor, self.fact(anchor, gathered.facts)?)))
            .and_then(|(anchor, fact)| Some((anchor, answer(anchor, fact).ok()?)));
        for (value, number) in samples.values {
            let fact = Fact::Numbers(BTreeMap::from([(value.clone(), number)]));
            let found = match answer(field, &fact) {
                Ok(found) => found,
                Err(why) => {
                    self.leave_out(field, &why.to_string());
                    continue;
                }
            };
            let mut answers = vec![None; definition.fields.len()];
            for (field, answer) in [(field, found)].into_iter().chain(anchor.clone()) {
                let index = definition.index_of(field.id.as_str());
                if let Some(place) = index.and_then(|index| answers.get_mut(index)) {
                    *place = Some(answer);
                }
            }
            let definition = definition.clone();
            self.parts.push(DraftPart { definition, sample: Some(value), answers });
        }
    }

    fn fact<'f>(&mut self, field: &manifest::Field, facts: &'f Facts) -> Option<&'f Fact> {
        if field.expires < self.period.first_day() {
            self.leave_out(field, "the question has expired");
            return None;
        }
        match facts.get(&field.id) {
            Some(Ok(fact)) => Some(fact),
            Some(Err(why)) => {
                self.leave_out(field, why);
                None
            }
            None => {
                self.leave_out(field, "its source was not read");
                None
            }
        }
    }

    fn leave_out(&mut self, field: &manifest::Field, why: &str) {
        let note = LeftOut { field: field.id.clone(), why: why.to_owned() };
        if !self.left_out.contains(&note) {
            self.left_out.push(note);
        }
    }

    /// The period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The questions that stay without an answer, and why.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The bytes as they would be sent, one part each, with an all-zero tag.
    pub fn preview(&self) -> Vec<Vec<u8>> {
        let write = |draft: &DraftPart| {
            let tag = (draft.definition.identity != Identity::None).then_some(Tag::ZERO);
            part::write(&draft.definition, self.period, tag, &draft.answers)
        };
        self.parts.iter().filter_map(write).collect()
    }

    /// Makes the report: the parts that the consent covers, under tags from `tag`.
    pub fn agreed(&self, consent: &Consent<'_>, tag: impl Fn(&TagName<'_>) -> Tag) -> Report {
        let make = |draft: &DraftPart| {
            let definition = &draft.definition;
            let ours = definition.program == consent.manifest().program.id
                && definition.channel == consent.channel().id;
            if !ours || !consent.covers(&definition.part) {
                return None;
            }
            let epoch = definition.identity.epoch(self.period);
            let tag = epoch.map(|epoch| {
                tag(&TagName {
                    part: &definition.part,
                    epoch: &epoch,
                    sample: draft.sample.as_deref(),
                })
            });
            let part = Part::new(definition, self.period, tag, draft.answers.clone())?;
            Some(ReportPart { id: definition.part.clone(), part })
        };
        Report { period: self.period, parts: self.parts.iter().filter_map(make).collect() }
    }
}

impl Report {
    /// Takes frozen bytes up again: those that the consent still covers, and that the collector's
    /// own rules accept today.
    pub fn thaw<'b>(
        consent: &Consent<'_>,
        period: Period,
        frozen: impl Iterator<Item = &'b [u8]>,
        today: Date,
    ) -> Self {
        let definitions = consent.manifest().definitions();
        let channel = (consent.manifest().program.id.as_str(), consent.channel().id.as_str());
        let find = |hash: &Digest| definitions.iter().find(|known| known.hash() == *hash);
        let thaw = |bytes| {
            let (part, definition) = part::check(bytes, channel, find, today).ok()?;
            let covered = part.period() == period && consent.covers(&definition.part);
            covered.then(|| ReportPart { id: definition.part.clone(), part })
        };
        Self { period, parts: frozen.filter_map(thaw).collect() }
    }

    /// The period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The parts.
    pub fn parts(&self) -> &[ReportPart] {
        &self.parts
    }
}
