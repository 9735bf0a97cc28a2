//! The straight way and the full one say the same.

use envelope::Tag;
use jiff::civil::date;

use super::*;
use crate::answer::Entry;
use crate::calendar::PeriodKind;
use crate::manifest::Manifest;
use crate::part::{Part, check_fully, check_straight};

const KINDS: &str = concat!(
    include_str!("../../../tests/publish/manifest.toml"),
    include_str!("../../../tests/publish/visits.toml")
);

/// Numbers without an order in them, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn entries(&mut self, choices: &[Choice]) -> Vec<Entry> {
        (0..=choices.len()).map(Entry::at).filter(|_| self.below(2) == 0).collect()
    }

    fn answer(&mut self, kind: &Kind) -> Answer {
        let buckets = kind.buckets().map_or(1, crate::kind::Buckets::len);
        let bucket = |numbers: &mut Self| u8::try_from(numbers.below(buckets)).unwrap();
        match kind {
            Kind::Flag => Answer::Flag(self.below(2) == 0),
            Kind::Choice { choices } => Answer::Choice(Entry::at(self.below(choices.len() + 1))),
            Kind::Version { suffixes } => {
                let texts = ["1", "26.10.1", "0.0", "999999.1.2.3", "other"];
                let text = texts[self.below(texts.len())];
                Answer::Version(Version::parse(text, suffixes))
            }
            Kind::Set { choices } => Answer::Set(self.entries(choices)),
            Kind::Counts { choices, .. } => {
                let entries = self.entries(choices).into_iter();
                Answer::Counts(entries.map(|entry| (entry, bucket(self))).collect())
            }
            Kind::Flow { .. } => {
                let (all, most) = (kind.things().unwrap(), kind.things_max().unwrap());
                let first = self.below(all);
                let moves = (first..all).take(self.below(most + 1));
                Answer::Counts(moves.map(|at| (Entry::at(at), bucket(self))).collect())
            }
            Kind::Sample { buckets, .. } => {
                let texts = ["LX-4", "a \"b\" c", "a\\b", "größer", "x"];
                let text = texts[self.below(texts.len())];
                Answer::Sample(text.to_owned(), buckets.is_some().then(|| bucket(self)))
            }
            _ => Answer::Bucket(bucket(self)),
        }
    }
}

/// What both ways of reading say of some bytes; they must not differ where the straight one speaks.
fn check(bytes: &[u8], definitions: &[Definition]) -> (Option<Part>, Option<Part>) {
    let find = |hash: &Digest| definitions.iter().find(|known| known.hash() == *hash);
    let channel = (definitions[0].program.as_str(), definitions[0].channel.as_str());
    let today = date(2026, 11, 20);
    let straight = check_straight(bytes, channel, find).map(|(part, _)| part);
    let straight = straight.filter(|part| part.period().accepts_on(today));
    let fully = check_fully(bytes, channel, find, today).ok().map(|(part, _)| part);
    (straight, fully)
}

fn definitions() -> Vec<Definition> {
    let manifest = Manifest::parse(KINDS).unwrap_or_else(|problems| panic!("{problems}"));
    let first = manifest.channels[0].id.clone();
    manifest.definitions().into_iter().filter(|known| known.channel == first).collect()
}

fn made(definition: &Definition, numbers: &mut Numbers) -> Option<Part> {
    let answers = definition.fields.iter();
    let answers = answers.map(|shape| (numbers.below(8) > 0).then(|| numbers.answer(&shape.kind)));
    let answers: Vec<_> = answers.collect();
    answers.iter().any(Option::is_some).then_some(())?;
    let period = Period::containing(definition.period, date(2026, 11, 20));
    let tag = (definition.identity != Identity::None).then_some(Tag([7; 16]));
    Part::new(definition, period, tag, answers)
}

#[test]
fn a_part_as_the_agent_writes_it_is_read_straight_and_fully_alike() {
    let definitions = definitions();
    let mut numbers = Numbers(1);
    let mut straight = 0;
    for definition in definitions.iter().cycle().take(200 * definitions.len()) {
        let Some(part) = made(definition, &mut numbers) else { continue };
        let (read, fully) = check(part.bytes(), &definitions);
        assert_eq!(fully.as_ref(), Some(&part));
        // Only escapes are left to the other way.
        let escaped = part.bytes().contains(&b'\\');
        assert_eq!(read.is_none(), escaped, "{}", String::from_utf8_lossy(part.bytes()));
        assert!(read.is_none_or(|read| read == part));
        straight += usize::from(!escaped);
    }
    assert!(straight > 500, "{straight}");
}

#[test]
fn what_is_read_straight_is_never_refused_in_full() {
    let definitions = definitions();
    let mut numbers = Numbers(2);
    let mut accepted = 0;
    for definition in definitions.iter().cycle().take(40 * definitions.len()) {
        let Some(part) = made(definition, &mut numbers) else { continue };
        for _ in 0..60 {
            let mut bytes = part.bytes().to_vec();
            let place = numbers.below(bytes.len());
            match numbers.below(4) {
                0 => bytes[place] = u8::try_from(numbers.below(256)).unwrap(),
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, b"\"\\,:{}[]0a "[numbers.below(11)]),
                _ => {
                    let other = numbers.below(bytes.len());
                    let (from, to) = (place.min(other), place.max(other).min(place + 40));
                    let piece = bytes.get(from..to).unwrap_or_default().to_vec();
                    bytes.splice(from..from, piece);
                }
            }
            let (straight, fully) = check(&bytes, &definitions);
            if let Some(straight) = straight {
                accepted += 1;
                assert_eq!(fully.as_ref(), Some(&straight), "{}", String::from_utf8_lossy(&bytes));
                assert_eq!(straight.bytes(), bytes);
            }
        }
    }
    assert!(accepted > 50, "too few changes were another part in their own right: {accepted}");
}

#[test]
fn a_part_of_another_period_kind_is_none() {
    let definitions = definitions();
    let other = match definitions[0].period {
        PeriodKind::Day => "2026-W47",
        PeriodKind::Week => "2026-11-20",
    };
    let part = made(&definitions[0], &mut Numbers(3)).unwrap();
    let text = String::from_utf8(part.bytes().to_vec()).unwrap();
    let text = text.replace(&part.period().to_string(), other);
    assert_eq!(check(text.as_bytes(), &definitions), (None, None));
}
