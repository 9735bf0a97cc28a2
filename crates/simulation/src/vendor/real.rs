//! The real collector's core: its catalogue, intake, store and publishing, on a disk that may fail.

use std::cell::RefCell;

use collector::catalogue::Catalogue;
use collector::problem::Refused;
use collector::releases::{self, Frozen};
use collector::signers::Signers;
use collector::store::{self, Answer, HeldPart, Store};
use collector::{intake, publisher};
use contract::id::{ChannelId, ProgramId};
use contract::manifest::Manifest;
use contract::publish::{Noise, Scale};
use envelope::{DatedKey, Tag};
use jiff::civil::Date;

use crate::disk::{Fault, SimDisk};

/// A collector as a process: down between a crash and its next start.
pub(super) struct Real {
    pub(super) disk: SimDisk,
    store: Option<Store<SimDisk>>,
    index_rows: usize,
    is_down: bool,
    /// Whether the disk was told to fail since the last start: then refusing is no mistake.
    pub(super) is_troubled: bool,
    manifests: Vec<Manifest>,
    pub(super) catalogue: Catalogue,
    pub(super) signers: Signers,
    /// Keys as their files have them: a key can be copied in no other way.
    keys: Vec<String>,
    chosen_on: Option<Date>,
}

/// What was said to somebody who asks what is held.
pub(super) enum Showing {
    /// Nothing.
    Down,
    /// That it cannot be read.
    Failed,
    /// This.
    Parts(Vec<HeldPart>),
}

/// What was said to a deletion.
pub(super) enum Deleting {
    /// Nothing.
    Down,
    /// That it is not in force.
    Failed,
    /// That it is in force, and a batch of the day takes the rows out.
    Pending,
    /// That the rows are gone.
    Done(Vec<store::Deleted>),
}

impl Real {
    pub(super) fn new(seed: u64, index_rows: usize) -> Self {
        Self {
            disk: SimDisk::new(seed ^ 0xc011),
            store: None,
            index_rows,
            is_down: false,
            is_troubled: false,
            manifests: Vec::new(),
            catalogue: Catalogue::default(),
            signers: Signers::default(),
            keys: Vec::new(),
            chosen_on: None,
        }
    }

    pub(super) fn add_key(&mut self, key: &DatedKey) {
        self.keys.push(key.to_file_text().to_string());
        self.chosen_on = None;
    }

    pub(super) fn load(&mut self, manifest: &Manifest) {
        self.manifests.push(manifest.clone());
        if let Ok(catalogue) = Catalogue::new(self.manifests.iter().cloned()) {
            self.catalogue = catalogue;
        }
        self.chosen_on = None;
    }

    /// Takes the keys of the day, and forgets those whose days are over.
    pub(super) fn choose(&mut self, today: Date) {
        if self.chosen_on != Some(today) {
            let keys = self.keys.iter().filter_map(|text| DatedKey::from_file_text(text).ok());
            self.signers = Signers::choose(self.catalogue.roots(), keys.collect(), today);
            self.chosen_on = Some(today);
        }
    }

    /// The store, opened if the process runs.
    fn open(&mut self) -> Option<&mut Store<SimDisk>> {
        if self.disk.is_off() {
            self.is_down = true;
        }
        if self.is_down {
            self.store = None;
            return None;
        }
        if self.store.is_none() {
            let opened = Store::open_with(self.disk.clone(), 0, self.index_rows);
            assert!(opened.is_ok() || self.is_troubled, "the collector does not start: {opened:?}");
            self.store = opened.ok();
        }
        self.store.as_mut()
    }

    /// The disk fails at a step to come.
    pub(super) fn arm(&mut self, after_steps: u64, fault: Fault) {
        self.disk.arm(self.disk.steps() + after_steps, fault);
        self.is_troubled = true;
    }

    /// No more than this fits on the disk.
    pub(super) fn fill(&mut self, more_bytes: u64) {
        self.disk.limit_bytes(Some(self.disk.bytes_used() + more_bytes));
        self.is_troubled = true;
    }

    /// The process starts again, on a disk that works: after a power failure, or after it was
    /// killed.
    pub(super) fn restart(&mut self, had_power: bool) {
        self.store = None;
        self.disk.limit_bytes(None);
        self.disk = if had_power { self.disk.kill() } else { self.disk.restart() };
        self.is_down = false;
        self.is_troubled = false;
        self.open();
    }

    /// What it answers to a part: status and body; `None` where nobody answers.
    pub(super) fn receive(
        &mut self,
        channel: &str,
        bytes: &[u8],
        today: Date,
    ) -> Option<(u16, String)> {
        self.choose(today);
        let refused = |refused: Refused| {
            (refused.reason.status(), String::from_utf8_lossy(&refused.to_json()).into_owned())
        };
        let (Ok(program), Ok(channel)) = (ProgramId::parse("larkspur"), ChannelId::parse(channel))
        else {
            return Some((422, String::new()));
        };
        self.open()?;
        let arrival = intake::check(bytes, (&program, &channel), &self.catalogue, today);
        let arrival = match arrival {
            Ok(arrival) => arrival,
            Err(why) => return Some(refused(why)),
        };
        let signers = std::mem::take(&mut self.signers);
        // The store is driven by one thread; the simulation is one.
        let outcome = self.open().and_then(|store| store.accept(&[arrival], &signers, today).pop());
        self.signers = signers;
        // Whoever crashed says nothing any more.
        self.open()?;
        Some(match intake::answer(outcome?) {
            Ok((receipt, is_new)) => (if is_new { 201 } else { 200 }, receipt),
            Err(why) => refused(why),
        })
    }

    /// What is held under tags.
    pub(super) fn held(&mut self, channel: &str, tags: &[Tag]) -> Showing {
        let Some((program, channel)) = place(channel) else { return Showing::Failed };
        let Some(store) = self.open() else { return Showing::Down };
        store.held(&program, &channel, tags).map_or(Showing::Failed, Showing::Parts)
    }

    /// What it says to somebody who deletes.
    pub(super) fn delete(&mut self, channel: &str, tags: &[Tag], today: Date) -> Deleting {
        self.choose(today);
        let Some((program, channel)) = place(channel) else { return Deleting::Failed };
        let Some(store) = self.open() else { return Deleting::Down };
        let answer = store.delete((&program, &channel), tags, today);
        if self.open().is_none() {
            return Deleting::Down;
        }
        match answer {
            Ok(Answer::Pending) => Deleting::Pending,
            Ok(Answer::Done(deleted)) => Deleting::Done(deleted),
            Err(_) => Deleting::Failed,
        }
    }

    /// The batch of the day. Whether it was done.
    pub(super) fn settle(&mut self, today: Date) -> bool {
        let catalogue = std::mem::take(&mut self.catalogue);
        let kept = |program: &ProgramId, channel: &ChannelId| {
            let channel = catalogue.channel(program.as_str(), channel.as_str())?;
            Some((channel.period, channel.retention_days))
        };
        let settled = self.open().map(|store| store.settle_deletions(kept, (today, false)).is_ok());
        self.catalogue = catalogue;
        self.open().is_some() && settled == Some(true)
    }

    /// Makes columns of what is closed.
    pub(super) fn close(&mut self, today: Date) -> bool {
        let catalogue = std::mem::take(&mut self.catalogue);
        let find = |hash: &_| catalogue.definition(hash).cloned();
        let closed = self.open().map(|store| store.close_periods(&find, today).is_ok());
        self.catalogue = catalogue;
        self.open().is_some() && closed == Some(true)
    }

    /// Removes what is past its retention.
    pub(super) fn forget(&mut self, today: Date) -> bool {
        let retention = self.catalogue.retention();
        let forgotten = self.open().map(|store| store.forget(&retention, today, false).is_ok());
        self.open().is_some() && forgotten == Some(true)
    }

    /// Everything that is held; `None` where the disk fails.
    pub(super) fn everything(&mut self) -> Option<Result<Vec<Vec<u8>>, String>> {
        self.open()?;
        let found = RefCell::new(Vec::new());
        let mut whole = Ok(());
        for (program, channel, period) in store::files(&self.disk).ok()? {
            let place = (&program, &channel, period);
            let scan = store::scan(&self.disk, place, |stored| {
                found.borrow_mut().push(stored.bytes.to_vec());
            });
            if !scan.ok()?.is_whole {
                whole = Err(format!("{channel} of {period} cannot be read to its end"));
            }
        }
        Some(whole.map(|()| found.into_inner()))
    }

    /// What `verify` finds on the disk.
    pub(super) fn verify(&mut self, today: Date) -> Option<Result<(), String>> {
        self.open()?;
        let report = store::verify(&self.disk, &self.catalogue.retention(), today).ok()?;
        Some(match report.findings.first() {
            None => Ok(()),
            Some(finding) => Err(format!("verify: {finding:?}")),
        })
    }

    /// Publishes what is due, without noise. Says what stood in the way.
    pub(super) fn publish(&mut self, today: Date) -> Vec<String> {
        self.choose(today);
        let mut obstacles = Vec::new();
        if self.open().is_none() {
            return vec!["nobody is there".into()];
        }
        let Some(served) = self.catalogue.program("larkspur") else { return obstacles };
        for channel in &served.manifest.channels {
            let place = (served, channel);
            let (disk, signers) = (&self.disk, &self.signers);
            let done = publisher::publish_due(
                (disk, disk),
                &self.catalogue,
                place,
                signers,
                &mut Silence,
                today,
            );
            match done {
                Ok(published) if published.iter().any(|one| one.uncounted > 0) => {
                    obstacles.push("parts of known definitions were not counted".into());
                }
                Ok(_) => {}
                Err(error) => obstacles.push(collector::failure::with_causes(&error)),
            }
        }
        obstacles
    }

    /// The frozen releases of a channel.
    pub(super) fn releases(&self, channel: &str) -> Option<Vec<Frozen>> {
        let (program, channel) = place(channel)?;
        releases::read(&self.disk, &program, &channel).ok()
    }
}

fn place(channel: &str) -> Option<(ProgramId, ChannelId)> {
    Some((ProgramId::parse("larkspur").ok()?, ChannelId::parse(channel).ok()?))
}

/// What is published is compared before its noise.
struct Silence;

impl Noise for Silence {
    fn discrete_laplace(&mut self, _: Scale) -> i64 {
        0
    }
}
