//! A small manifest that tests change by a few words, and decisions about it.

use contract::decision::{How, Record, Showing};
use contract::destination::Destination;
use contract::draft::{Facts, Gathered};
use contract::environment::Environment;
use contract::gate::{Situation, Verdict, decide};
use contract::manifest::Manifest;
use contract::policy::Policy;
use jiff::Timestamp;

/// The demo's manifest, which has every kind of field.
pub(crate) const DEMO: &str = include_str!("../../../../manifests/candor-demo.toml");

/// A manifest with one channel, two tiers and three parts.
pub(crate) const SMALL: &str = include_str!("small.toml");

#[track_caller]
pub(crate) fn parse(text: &str) -> Manifest {
    Manifest::parse(text).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The text with some of its words replaced; each must be there.
#[track_caller]
pub(crate) fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "the manifest has no `{from}`");
        text = text.replacen(from, to, 1);
    }
    text
}

#[track_caller]
pub(crate) fn small(edits: &[(&str, &str)]) -> Manifest {
    parse(&edited(SMALL, edits))
}

/// Facts of a machine that knows nothing about itself.
pub(crate) fn gathered<'a>(facts: &'a Facts, seed: &'a [u8; 32]) -> Gathered<'a> {
    Gathered { facts, known: &|_| Ok(()), seed }
}

/// Noon of 20 November 2026.
pub(crate) fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn hours(number: i64) -> jiff::SignedDuration {
    jiff::SignedDuration::from_hours(number)
}

pub(crate) fn destination(manifest: &Manifest) -> Destination {
    Destination::of(&manifest.program, None)
}

/// Records a yes to a tier, as it would be after the manifest was shown on a terminal.
pub(crate) fn agree(record: &mut Record, manifest: &Manifest, channel: &str, tier: &str) {
    let destination = destination(manifest);
    record.agree(channel, Some(tier), &showing(manifest, &destination)).unwrap();
}

pub(crate) fn decline(record: &mut Record, manifest: &Manifest, channel: &str) {
    let destination = destination(manifest);
    record.decline(channel, &showing(manifest, &destination)).unwrap();
}

pub(crate) fn showing<'a>(manifest: &'a Manifest, destination: &'a Destination) -> Showing<'a> {
    Showing { manifest, destination, language: "en", how: How::Cli, when: noon() }
}

/// A record in which the tier `full` of `usage` was agreed to, after this manifest was shown.
pub(crate) fn agreed(manifest: &Manifest) -> Record {
    let mut record = Record::new(manifest.program.id.clone());
    agree(&mut record, manifest, "usage", "full");
    record
}

/// A record with a notice about `usage` that is in force from this moment on.
pub(crate) fn noticed(manifest: &Manifest, effective: Timestamp) -> Record {
    let destination = destination(manifest);
    let grace = hours(i64::from(manifest.channels[0].grace_hours()));
    let showing = Showing { when: effective - grace, ..showing(manifest, &destination) };
    let mut record = Record::new(manifest.program.id.clone());
    record.notice("usage", &showing).unwrap();
    record
}

/// Everything that bears on a decision, with nothing in the way.
pub(crate) struct World {
    pub(crate) manifest: Manifest,
    pub(crate) destination: Destination,
    pub(crate) record: Record,
    pub(crate) policy: Policy,
    pub(crate) environments: Vec<Environment>,
    pub(crate) now: Timestamp,
}

impl World {
    pub(crate) fn new(manifest: Manifest, record: Record) -> Self {
        let destination = destination(&manifest);
        let (policy, environments) = (Policy::none(), Vec::new());
        Self { manifest, destination, record, policy, environments, now: noon() }
    }

    pub(crate) fn decide(&self, channel: &str) -> Verdict<'_> {
        let situation = Situation {
            manifest: &self.manifest,
            destination: &self.destination,
            record: &self.record,
            policy: &self.policy,
            environments: &self.environments,
            now: self.now,
        };
        decide(&situation, channel).unwrap()
    }

    /// The names of the parts of `usage` that may be sent; `None` where there is no consent.
    pub(crate) fn sends(&self) -> Option<Vec<String>> {
        let verdict = self.decide("usage");
        let consent = verdict.consent()?;
        Some(consent.parts().map(|part| part.id.to_string()).collect())
    }
}
