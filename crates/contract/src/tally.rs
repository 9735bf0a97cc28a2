//! A tally: how often each answer was given in one channel and one window. Releases are made of it.
//!
//! Memory does not grow with the number of parts: closed kinds have one counter for each declared
//! cell, open vocabularies are bounded ([`crate::limits::OPEN_VALUES_MAX`]).
//!
//! A field is counted in one part only, the one in which the current manifest declares it; the
//! anchor, which is repeated in every part, too. So one installation moves a field's counters by
//! one answer per period at most, whatever older definitions held, and the noise of a release is
//! enough.

use std::collections::BTreeMap;

use envelope::Digest;

use crate::answer::Answer;
use crate::calendar::Period;
use crate::definition::Definition;
use crate::id::PartId;
use crate::kind::Kind;
use crate::limits::OPEN_VALUES_MAX;
use crate::manifest::{self, Channel, DefaultRule, Field, Manifest};
use crate::part::Part;
use crate::release::{ChannelInfo, ProgramInfo, Window};

mod columns;
mod counter;
mod cross;
mod open;
mod route;

pub(crate) use counter::Cells;
pub(crate) use counter::Counter;
use cross::CrossRoute;
pub(crate) use cross::CrossTally;
use route::FieldRoute;

/// How often each answer was given. Its `Debug` shows no counts: they are people's until published.
#[derive(Clone)]
pub struct Tally {
    pub(crate) program: ProgramInfo,
    pub(crate) channel: ChannelInfo,
    pub(crate) window: Window,
    pub(crate) fields: Vec<FieldTally>,
    pub(crate) crosses: Vec<CrossTally>,
    parts: Vec<PartTally>,
    /// Installations within 28 days, each counted once, where somebody counted them.
    within_28_days: Option<u64>,
    routes: Vec<Route>,
    /// The route that the last part took: parts of one definition come one after another.
    last: usize,
}

/// One published field and its counters.
#[derive(Clone, PartialEq)]
pub(crate) struct FieldTally {
    pub(crate) part: PartId,
    pub(crate) field: Field,
    pub(crate) purpose: String,
    pub(crate) counter: Counter,
    /// Where records are counted and not installations: what they are, and how many of them one
    /// installation gives at most.
    pub(crate) records: Option<(String, u32)>,
}

/// How many parts of one name came: one per installation and period, except with samples.
#[derive(Clone, PartialEq)]
struct PartTally {
    id: PartId,
    has_samples: bool,
    count: u64,
}

/// Where the answers of one definition go.
#[derive(Clone)]
struct Route {
    definition: Digest,
    part: usize,
    fields: Vec<Option<FieldRoute>>,
    crosses: Vec<CrossRoute>,
}

/// Why a part was not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCounted {
    /// The definition was not given to [`Tally::new`], or is of another channel, or of a part that
    /// the current manifest does not have.
    #[error("the part's definition is not one of this tally")]
    Definition,
    /// The part's period is not one of the window's.
    #[error("the part's period lies outside of the tally's window")]
    Period,
}

/// Why two tallies cannot be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tallies are not of the same manifest, channel and window")]
pub struct MergeError;

impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tally").field("window", &self.window).finish_non_exhaustive()
    }
}

impl PartialEq for Tally {
    /// Whether both counted the same, by whatever way.
    fn eq(&self, other: &Self) -> bool {
        let about = |tally: &Self| (tally.program.clone(), tally.channel.clone(), tally.window);
        about(self) == about(other)
            && self.fields == other.fields
            && self.crosses == other.crosses
            && self.parts == other.parts
            && self.within_28_days == other.within_28_days
    }
}

impl Tally {
    /// An empty tally of a channel. Parts of the manifest's own definitions are counted, and parts
    /// of the other definitions given here, older and newer ones, as far as they can be mapped:
    /// list entries and suffixes by their text, buckets by the bucket that holds them. What cannot
    /// be mapped counts as `other` where the kind has one, and is left out where it has none.
    ///
    /// `None` if the manifest has no such channel.
    pub fn new<'a>(
        manifest: &Manifest,
        channel: &str,
        window: Window,
        definitions: impl IntoIterator<Item = &'a Definition>,
    ) -> Option<Self> {
        let channel = manifest.channel(channel)?;
        let open = channel.fields().filter(|field| field.publish && is_open(&field.kind)).count();
        let bound = OPEN_VALUES_MAX / open.max(1);
        let mut fields = Vec::new();
        let mut parts = Vec::new();
        for part in &channel.parts {
            let has_samples = holds_samples(part);
            parts.push(PartTally { id: part.id.clone(), has_samples, count: 0 });
            fields.extend(part.fields.iter().filter(|field| field.publish).map(|field| {
                FieldTally {
                    part: part.id.clone(),
                    field: field.clone(),
                    purpose: manifest.purpose(&field.purpose).to_owned(),
                    counter: Counter::new(&field.kind, bound),
                    records: part.records.as_ref().map(|of| (of.unit.clone(), of.max)),
                }
            }));
        }
        let mut tally = Self {
            program: program_info(manifest),
            channel: channel_info(channel),
            window,
            fields,
            crosses: channel.parts.iter().flat_map(|part| CrossTally::of(channel, part)).collect(),
            parts,
            within_28_days: None,
            routes: Vec::new(),
            last: 0,
        };
        for part in &channel.parts {
            tally.serve(&Definition::new(&manifest.program.id, channel, part));
        }
        for definition in definitions {
            tally.serve(definition);
        }
        Some(tally)
    }

    /// Counts one part. Who calls sees to it that a tag is counted once per period.
    ///
    /// # Errors
    /// If the part belongs to another channel or window; nothing is counted then.
    pub fn count(&mut self, part: &Part) -> Result<(), NotCounted> {
        self.count_answers(&part.definition(), part.period(), part.answers())
    }

    /// Counts the answers of one part as a store holds them: in the order of the definition's
    /// fields, and checked before they were stored.
    ///
    /// # Errors
    /// As [`Tally::count`].
    pub fn count_answers(
        &mut self,
        definition: &Digest,
        period: Period,
        answers: &[Option<Answer>],
    ) -> Result<(), NotCounted> {
        if !self.takes(period) {
            return Err(NotCounted::Period);
        }
        if self.routes.get(self.last).is_none_or(|route| route.definition != *definition) {
            let found = self.routes.iter().position(|route| route.definition == *definition);
            self.last = found.ok_or(NotCounted::Definition)?;
        }
        let route = self.routes.get(self.last).ok_or(NotCounted::Definition)?;
        if let Some(part) = self.parts.get_mut(route.part) {
            part.count += 1;
        }
        for (route, answer) in route.fields.iter().zip(answers) {
            if let (Some(route), Some(answer)) = (route, answer)
                && let Some(field) = self.fields.get_mut(route.field)
            {
                field.counter.add(&route.mapping, answer);
            }
        }
        let given = |place: Option<usize>| answers.get(place?)?.as_ref();
        for route in &route.crosses {
            if let Some(cross) = self.crosses.get_mut(route.cross) {
                let [row, column] = route.cells(cross, route.places().map(given));
                cross.counter.add(row, column);
            }
        }
        Ok(())
    }

    /// Whether the period is one of the window's.
    fn takes(&self, period: Period) -> bool {
        let inside =
            self.window.first <= period.first_day() && period.last_day() <= self.window.last;
        inside && period.kind() == self.channel.period
    }

    /// The same with nothing counted, for a thread that counts a share of the parts:
    /// [`Tally::merge`] adds what it counted.
    #[must_use]
    pub fn emptied(&self) -> Self {
        let mut empty = Self { within_28_days: None, ..self.clone() };
        empty.parts.iter_mut().for_each(|part| part.count = 0);
        empty.fields.iter_mut().for_each(|field| field.counter.clear());
        empty.crosses.iter_mut().for_each(|cross| cross.counter.clear());
        empty
    }

    /// Adds what another tally of the same manifest, channel and window counted.
    ///
    /// # Errors
    /// If it is of another one; nothing is added then.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError> {
        let same_fields = self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(a, b)| a.field == b.field);
        let same_parts = self.parts.len() == other.parts.len()
            && self.parts.iter().zip(&other.parts).all(|(a, b)| a.id == b.id);
        let same = self.program == other.program
            && self.channel == other.channel
            && self.window == other.window;
        let same_crosses = self.crosses.len() == other.crosses.len()
            && self.crosses.iter().zip(&other.crosses).all(|(a, b)| a.is_like(b));
        if !(same && same_fields && same_parts && same_crosses) {
            return Err(MergeError);
        }
        for (mine, theirs) in self.parts.iter_mut().zip(other.parts) {
            mine.count += theirs.count;
        }
        for (mine, theirs) in self.fields.iter_mut().zip(other.fields) {
            mine.counter.merge(theirs.counter);
        }
        for (mine, theirs) in self.crosses.iter_mut().zip(&other.crosses) {
            mine.counter.merge(&theirs.counter);
        }
        Ok(())
    }

    /// The window that is counted.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The same with the number of installations within the 28 days up to the window's end, each of
    /// them counted once. Whoever counts them sees to it that one installation adds one at most.
    pub fn within_28_days(self, installations: Option<u64>) -> Self {
        Self { within_28_days: installations, ..self }
    }

    pub(crate) fn installations_within_28_days(&self) -> Option<u64> {
        self.within_28_days
    }

    /// Installations and periods: the parts of the name that came most often. An installation sends
    /// each part once per period, and parts cannot be joined, so this is the largest number that
    /// is certain. Samples do not count: one installation sends several. `None` where there is
    /// nothing else.
    pub(crate) fn installations(&self) -> Option<u64> {
        self.parts.iter().filter(|p| !p.has_samples).map(|p| p.count).max()
    }

    /// Makes parts of this definition countable, if it is one of the channel's.
    fn serve(&mut self, definition: &Definition) {
        let known = self.routes.iter().any(|route| route.definition == definition.hash());
        let same = definition.program == self.program.id && definition.channel == self.channel.id;
        let part = self.parts.iter().position(|part| part.id == definition.part);
        let (false, true, Some(part)) = (known, same, part) else {
            return;
        };
        // Noise is enough for as many records as the manifest says now, and for no more.
        let records_max = |tally: &FieldTally| tally.records.as_ref().map(|(_, max)| *max);
        let now = self.fields.iter().find(|field| field.part == definition.part);
        let is_covered = match (definition.records_max, now.and_then(records_max)) {
            (None, None) => true,
            (Some(then), Some(now)) => then <= now,
            _ => now.is_none(),
        };
        if !is_covered {
            return;
        }
        let places: BTreeMap<_, _> = self
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.part == definition.part)
            .map(|(place, field)| (&field.field.id, (place, &field.field.kind)))
            .collect();
        let fields = definition.fields.iter().map(|shape| {
            let (place, kind) = places.get(&shape.id)?;
            FieldRoute::new(*place, &shape.kind, kind)
        });
        let fields = fields.collect();
        let crosses = self.crosses.iter().enumerate().filter(|(_, of)| of.part == definition.part);
        let crosses = crosses.map(|(at, cross)| CrossRoute::new(at, cross, definition)).collect();
        self.routes.push(Route { definition: definition.hash(), part, fields, crosses });
    }
}

/// Whether installations that report on the channel can be counted: by a part that each sends once
/// per period.
pub(crate) fn counts_installations(channel: &Channel) -> bool {
    channel.counted_parts().next().is_some()
}

/// Whether one installation sends several of this part: samples, or records.
pub(crate) fn holds_samples(part: &manifest::Part) -> bool {
    part.records.is_some()
        || part.fields.iter().any(|field| matches!(field.kind, Kind::Sample { .. }))
}

fn is_open(kind: &Kind) -> bool {
    matches!(kind, Kind::Version { .. } | Kind::Sample { .. })
}

fn program_info(manifest: &Manifest) -> ProgramInfo {
    let program = &manifest.program;
    ProgramInfo {
        id: program.id.clone(),
        title: program.title.clone(),
        vendor: program.vendor.clone(),
        data_licence: program.data_licence.clone(),
    }
}

fn channel_info(channel: &Channel) -> ChannelInfo {
    ChannelInfo {
        id: channel.id.clone(),
        title: channel.title.to_string(),
        period: channel.period,
        identity: channel.identity,
        retention_days: channel.retention_days,
        asked_first: channel.default == DefaultRule::Ask,
    }
}

#[cfg(test)]
pub(crate) mod tests;
