//! What stores are tried with: parts of three channels, with tags for a period, with none, and with
//! tags for longer.

use std::collections::BTreeMap;
use std::sync::Arc;

use collector::intake;
use collector::keep::{Arrival, FindRetention, Keep, Look, Outcome};
use collector::store::{HeldPart, Retention, Scan, StoreError};
use contract::calendar::{Period, PeriodKind};
use contract::id::{ChannelId, PartId, ProgramId};
use contract::release::Window;
use contract::tally::Tally;
use envelope::{Digest, Receipt, Tag};
use jiff::civil::{Date, date};
use simulation::collector::{Collector, tag_of};

use super::Subject;

pub(super) const TODAY: Date = date(2026, 11, 20);
/// Days for which each channel keeps parts.
pub(super) const RETENTION_DAYS: u32 = 30;

/// Channels beside Larkspur's own: two parts under one tag, parts without a tag, and two parts
/// whose tags last for 28 days.
fn channels() -> String {
    let trial = [("colour", ["blue", "green"]), ("shape", ["oval", "square"])];
    let open = [("shade", ["dark", "light"])];
    let lasting = [("size", ["large", "small"]), ("age", ["new", "old"])];
    let channels =
        [("trial", "period", &trial[..]), ("open", "none", &open), ("lasting", "28d", &lasting)];
    channels.map(|(id, identity, parts)| written(id, identity, parts)).concat()
}

fn written(id: &str, identity: &str, parts: &[(&str, [&str; 2])]) -> String {
    let part = |(name, choices): &(&str, [&str; 2])| {
        format!(
            r#"
[[channel.part]]
id = "{name}"

[[channel.part.field]]
id = "{name}"
question = "Which {name} does it have?"
purpose = "support"
kind = "choice"
choices = {choices:?}
expires = 2029-12-31
source = {{ system = "os.id" }}
"#
        )
    };
    let parts: String = parts.iter().map(part).collect();
    format!(
        r#"
[[channel]]
id = "{id}"
title = "{id}"
about = "Parts that a store is tried with."
period = "day"
identity = "{identity}"
retention_days = {RETENTION_DAYS}
publication = "exact"
{parts}"#
    )
}

/// A part as somebody sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    pub(super) part: &'static str,
    pub(super) installation: u32,
    /// Days after [`TODAY`].
    pub(super) day: u8,
    pub(super) answer: &'static str,
}

/// A part in blue of the day, by whom.
pub(super) const fn blue(installation: u32) -> Sent {
    Sent { part: "colour", installation, day: 0, answer: "blue" }
}

pub(super) fn period(day: u8) -> Period {
    Period::containing(PeriodKind::Day, contract::calendar::add_days(TODAY, day.into()))
}

pub(super) fn tag(installation: u32, day: u8) -> Tag {
    tag_of(installation, &period(day).to_string())
}

pub(super) fn program() -> ProgramId {
    "larkspur".parse().unwrap()
}

pub(super) fn channel() -> ChannelId {
    "trial".parse().unwrap()
}

/// Keys, definitions and days.
pub(super) struct Trial {
    pub(super) collector: Collector,
    pub(super) retention: Retention,
    /// The definition of each part, and its channel.
    definitions: BTreeMap<PartId, (Digest, ChannelId)>,
}

impl Trial {
    pub(super) fn new() -> Self {
        // So few that the index of a log is on the disk too.
        let collector = Collector::serving_also(1, &channels()).unwrap();
        let collector = Collector { index_rows: 2, ..collector };
        let retention = collector.catalogue.retention();
        let manifest = &collector.catalogue.program("larkspur").unwrap().manifest;
        let definitions = manifest.definitions().into_iter();
        let definitions = definitions.map(|of| (of.part.clone(), (of.hash(), of.channel)));
        Self { retention, definitions: definitions.collect(), collector }
    }

    /// A part as intake hands it on.
    pub(super) fn arrival(&self, sent: Sent) -> Arrival {
        self.arrival_kept(sent, RETENTION_DAYS)
    }

    pub(super) fn arrival_kept(&self, sent: Sent, retention_days: u32) -> Arrival {
        let Sent { part, installation, day, answer } = sent;
        let part_id: PartId = part.parse().unwrap();
        let (hash, channel) = &self.definitions[&part_id];
        let period = period(day);
        let tag = match channel.as_str() {
            "open" => String::new(),
            "lasting" => format!(",\"tag\":\"{}\"", tag(installation, 0)),
            _ => format!(",\"tag\":\"{}\"", tag(installation, day)),
        };
        let bytes = format!(
            "{{\"answers\":{{\"{part}\":\"{answer}\"}},\"channel\":\"{channel}\",\
             \"definition\":\"{hash}\",\"part\":\"{part}\",\"period\":\"{period}\",\
             \"program\":\"larkspur\"{tag}}}"
        );
        let address = (&program(), channel);
        let catalogue = &self.collector.catalogue;
        let arrival = intake::check(bytes.as_bytes(), address, catalogue, period.first_day());
        Arrival { retention_days, ..arrival.unwrap() }
    }

    /// Sends parts in one batch.
    pub(super) fn send(&self, keep: &mut dyn Keep, sent: &[Sent], today: Date) -> Vec<Outcome> {
        let arrivals: Vec<_> = sent.iter().map(|sent| self.arrival(*sent)).collect();
        keep.accept(&arrivals, &self.collector.signers, today)
    }

    /// Sends one part and says what became of it.
    pub(super) fn send_one(&self, keep: &mut dyn Keep, sent: Sent, today: Date) -> Outcome {
        self.send(keep, &[sent], today).remove(0)
    }

    /// Counts a period.
    pub(super) fn count(
        &self,
        look: &dyn Look,
        channel: &ChannelId,
        period: Period,
    ) -> Result<(Tally, u64), StoreError> {
        let catalogue = &self.collector.catalogue;
        let window = Window::new(period, period).unwrap();
        let manifest = &catalogue.program("larkspur").unwrap().manifest;
        let mut tally = Tally::new(manifest, channel.as_str(), window, []).unwrap();
        let find = |hash: &Digest| catalogue.definition(hash).map(Arc::as_ref);
        let counted = look.count((&program(), channel, period), &find, &mut tally)?;
        assert!(counted.is_whole);
        Ok((tally, counted.uncounted))
    }

    /// Gives every closed period its last form, as the server does.
    pub(super) fn close(&self, store: &mut dyn Subject, today: Date) -> Result<u64, StoreError> {
        let find = |hash: &Digest| self.collector.catalogue.definition(hash).cloned();
        let (mut closed, mut failed) = (0, None);
        for closing in store.keep().closable(today) {
            let written = store.look().close(&closing, &find);
            match written.and_then(|()| store.keep().adopt(&closing)) {
                Ok(()) => closed += 1,
                Err(error) => {
                    store.keep().abandon(&closing);
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(closed), Err)
    }
}

/// Runs the batch of deletions.
pub(super) fn settle(keep: &mut dyn Keep, today: Date) {
    keep.settle_deletions(kept(), (today, false)).unwrap();
}

/// How each channel is kept.
pub(super) fn kept() -> FindRetention<'static> {
    &|_, _| Some((PeriodKind::Day, RETENTION_DAYS))
}

/// The receipt of a part that was taken, now or before.
pub(super) fn receipt(outcome: &Outcome) -> Receipt {
    let (Outcome::Accepted(json) | Outcome::Duplicate(json)) = outcome else {
        panic!("no receipt: {outcome:?}")
    };
    serde_json::from_str(json).unwrap()
}

/// Everything that is held under tags, from both halves of the seam.
pub(super) fn held(store: &mut dyn Subject, tags: &[Tag]) -> Result<Vec<HeldPart>, StoreError> {
    let place = (&program(), &channel());
    let found = store.keep().held(place, tags)?;
    let more = store.look().held(place, &found)?;
    let mut all = [found.parts, more].concat();
    all.sort_by_key(|held| (held.period, held.tag, held.part.clone()));
    Ok(all)
}

/// The bytes of every part of a period, in the order in which they are told.
pub(super) fn scanned(
    look: &dyn Look,
    channel: &ChannelId,
    period: Period,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut found = Vec::new();
    let mut each = |stored: collector::store::Stored<'_>| found.push(stored.bytes.to_vec());
    let Scan { parts, is_whole } = look.scan((&program(), channel, period), &mut each)?;
    assert!(is_whole, "something is half there");
    assert_eq!(parts, found.len() as u64);
    Ok(found)
}
