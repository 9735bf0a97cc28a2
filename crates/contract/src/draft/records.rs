//! Records: which of a machine's disks or pools travel, each in a part of its own.

use std::collections::BTreeMap;

use envelope::Digest;
use serde_json::{Map, Value};

use super::{Draft, DraftPart, Gathered};
use crate::answer::{Fact, answer};
use crate::canonical;
use crate::definition::Definition;
use crate::limits::RECORDS_MAX;
use crate::manifest::{self, Channel, Field};
use crate::wire;

impl Draft {
    pub(super) fn add_records(
        &mut self,
        channel: &Channel,
        part: &manifest::Part,
        definition: &Definition,
        gathered: &Gathered<'_>,
    ) {
        let Some(records) = &part.records else { return };
        let mut columns: Vec<(&Field, &[Option<Fact>])> = Vec::new();
        for field in &part.fields {
            match self.fact(field, gathered.facts) {
                Some(Fact::Each(each)) => columns.push((field, each)),
                Some(_) => self.leave_out(field, "the source gave no records"),
                None => {}
            }
        }
        let number = columns.iter().map(|(_, each)| each.len()).max().unwrap_or(0);
        let mut order: Vec<usize> = (0..number).collect();
        let place =
            |index: &usize| Digest::of(&[gathered.seed.as_slice(), &index.to_le_bytes()].concat());
        order.sort_by_cached_key(place);
        order.truncate(usize::try_from(records.max).unwrap_or(usize::MAX));
        let anchor = channel.fields_of(part).find(|field| !part.fields.contains(field));
        let anchor = anchor
            .and_then(|anchor| Some((anchor, self.fact(anchor, gathered.facts)?)))
            .and_then(|(anchor, fact)| Some((anchor, answer(anchor, fact).ok()?)));
        let mut alike: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for index in order {
            let mut answers = vec![None; definition.fields.len()];
            for (field, each) in &columns {
                let Some(fact) = each.get(index).and_then(Option::as_ref) else { continue };
                match answer(field, fact) {
                    Ok(found) => put(&mut answers, definition, field, found),
                    Err(why) => self.leave_out(field, &why.to_string()),
                }
            }
            // A record that answers nothing says only that it exists.
            if answers.iter().all(Option::is_none) {
                continue;
            }
            if let Some((field, found)) = anchor.clone() {
                put(&mut answers, definition, field, found);
            }
            let bytes = written(definition, &answers);
            let before = alike.entry(bytes.clone()).or_default();
            let sample = Some(name(&bytes, *before));
            *before += 1;
            self.parts.push(DraftPart { definition: definition.clone(), sample, answers });
        }
    }
}

fn put(
    answers: &mut [Option<crate::answer::Answer>],
    definition: &Definition,
    field: &Field,
    found: crate::answer::Answer,
) {
    let index = definition.index_of(field.id.as_str());
    if let Some(place) = index.and_then(|index| answers.get_mut(index)) {
        *place = Some(found);
    }
}

/// The answers as they are written in the part.
fn written(definition: &Definition, answers: &[Option<crate::answer::Answer>]) -> Vec<u8> {
    let pairs = definition.fields.iter().zip(answers);
    let written = pairs.filter_map(|(shape, answer)| {
        Some((shape.id.to_string(), wire::write(&shape.kind, answer.as_ref()?)?))
    });
    canonical::to_bytes(&Value::Object(written.collect::<Map<_, _>>())).unwrap_or_default()
}

/// What a record's tag is derived from: its answers, and how many of the same answers came before
/// it. An index would follow the order of a source, and join what is not the same thing.
fn name(answers: &[u8], before: u32) -> String {
    format!("record {before} {}", Digest::of(answers))
}

/// The names that the record in these bytes of a part may have had, for whoever derives its tag
/// anew.
pub fn names(part: &str) -> impl Iterator<Item = String> {
    let part: Value = serde_json::from_str(part).unwrap_or_default();
    let answers =
        part.get("answers").map(|answers| canonical::to_bytes(answers).unwrap_or_default());
    let each = move |bytes: Vec<u8>| (0..RECORDS_MAX).map(move |before| name(&bytes, before));
    answers.into_iter().flat_map(each)
}
