//! Figure R13: years of a collector's days. Every installation sends a part a day under the
//! manifest that it has by then, one of three; some parts come twice, some with other bytes. Each
//! period is closed, counted, compared with what was sent, and forgotten on its day.
//!
//! `cargo run --release -p simulation --example decade [INSTALLATIONS] [YEARS]`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "for whoever runs it; what cannot go on says where"
)]

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

use collector::catalogue::Catalogue;
use collector::intake;
use collector::signers::Signers;
use collector::store::{self, Arrival, Outcome, Store};
use contract::calendar::{Period, PeriodKind, add_days};
use contract::id::{ChannelId, ProgramId};
use contract::manifest::Manifest;
use contract::part::check;
use contract::release::Window;
use contract::tally::Tally;
use disk::OsDisk;
use envelope::{Digest, KeyPurpose, RootKey};
use jiff::civil::{Date, date};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use simulation::collector::tag_of;
use simulation::larkspur::{FIRST, NARROWED, WIDENED, manifest};
use tempfile::TempDir;

type Failed = Box<dyn Error>;

const DAYS_A_YEAR: u32 = 365;
/// Manifests, one after the other.
const VERSIONS: u32 = 3;
/// Parts that reach the store together.
const BATCH: u32 = 500;
/// So many days pass until everybody has a new version.
const UPGRADE_DAYS: u32 = 180;
/// Of so many parts one comes again, and one with other bytes.
const AGAIN: usize = 100;

fn main() -> Result<(), Failed> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |otherwise| arguments.next().and_then(|a| a.parse().ok()).unwrap_or(otherwise);
    let (installations, years): (u32, u32) = (next(10_000), next(10));
    let folder = tempfile::tempdir()?;
    let mut life = Life::new(folder, installations, years)?;
    for year in 1..=years {
        // A year's first morning: another process serves what is there.
        drop(life.store);
        life.store = open(&life.folder)?;
        for _ in 0..DAYS_A_YEAR {
            life.day()?;
        }
        let Life { sent, counted, forgotten, .. } = life;
        println!(
            "year {year}: {sent} parts sent, {counted} counted as they were sent, {forgotten} \
             forgotten, {} MB of memory at most",
            peak_mb()?
        );
    }
    life.settle()?;
    let Life { sent, .. } = life;
    println!("{sent} parts in {years} years, each counted once and forgotten on its day");
    Ok(())
}

/// A collector and those who send to it.
struct Life {
    folder: TempDir,
    store: Store<OsDisk>,
    catalogue: Catalogue,
    signers: Signers,
    /// The definition of the part in each manifest, the oldest first.
    definitions: Vec<Digest>,
    place: (ProgramId, ChannelId),
    installations: u32,
    days: u32,
    day: u32,
    /// What each period that is not counted yet must come to.
    due: VecDeque<(Period, Tally, u64)>,
    sent: u64,
    counted: u64,
    forgotten: u64,
}

impl Life {
    fn new(folder: TempDir, installations: u32, years: u32) -> Result<Self, Failed> {
        let mut random = ChaCha8Rng::seed_from_u64(13);
        let root = RootKey::generate(&mut random);
        let days = (date(2020, 1, 1), date(2060, 12, 31));
        let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
        let change = |text: &str, (_, from, to): &(&str, &str, &str)| text.replace(from, to);
        let second = change(FIRST, &WIDENED[0]);
        let third = change(&second, &NARROWED[2]);
        let manifests = [FIRST, &second, &third].map(|text| manifest(text, &root.public()));
        let system = |of: &Manifest| {
            let definitions = of.definitions().into_iter();
            definitions.filter(|of| of.part.as_str() == "system").map(|of| of.hash()).next()
        };
        let definitions = manifests.iter().filter_map(system).collect();
        let catalogue = Catalogue::new(manifests)?;
        let signers = Signers::choose(catalogue.roots(), vec![key], date(2026, 1, 1));
        Ok(Self {
            store: open(&folder)?,
            place: ("larkspur".parse()?, "usage".parse()?),
            days: years * DAYS_A_YEAR,
            day: 0,
            due: VecDeque::new(),
            sent: 0,
            counted: 0,
            forgotten: 0,
            folder,
            catalogue,
            signers,
            definitions,
            installations,
        })
    }

    fn today(&self) -> Date {
        add_days(date(2026, 1, 1), i32::try_from(self.day).unwrap_or(i32::MAX))
    }

    /// A day: everybody sends, then the server does what it does each day.
    fn day(&mut self) -> Result<(), Failed> {
        let period = Period::containing(PeriodKind::Day, self.today());
        let mut right = self.tally(period)?;
        for first in (0..self.installations).step_by(BATCH as usize) {
            let last = self.installations.min(first + BATCH);
            let arrivals = (first..last).map(|of| self.part(of, period, 0));
            let arrivals = arrivals.collect::<Result<Vec<_>, _>>()?;
            for arrival in &arrivals {
                let find = |hash: &Digest| self.catalogue.definition(hash).map(Arc::as_ref);
                let place = (self.place.0.as_str(), self.place.1.as_str());
                let (part, _) = check(arrival.part.bytes(), place, find, self.today())?;
                right.count(&part)?;
            }
            self.send(&arrivals, "a part", |outcome| matches!(outcome, Outcome::Accepted(_)))?;
            let some: Vec<_> = arrivals.into_iter().step_by(AGAIN).collect();
            self.send(&some, "a copy", |outcome| matches!(outcome, Outcome::Duplicate(_)))?;
            let other = (first..last).step_by(AGAIN).map(|of| self.part(of, period, 1));
            let other = other.collect::<Result<Vec<_>, _>>()?;
            self.send(&other, "another part", |outcome| matches!(outcome, Outcome::Conflict))?;
        }
        self.sent += u64::from(self.installations);
        self.due.push_back((period, right, self.installations.into()));
        self.keep_house()
    }

    /// Closes, counts and forgets what is due.
    fn keep_house(&mut self) -> Result<(), Failed> {
        let today = self.today();
        let find = |hash: &Digest| self.catalogue.definition(hash).cloned();
        self.store.close_periods(&find, today)?;
        while self.due.front().is_some_and(|(period, _, _)| period.intake_until() < today) {
            let Some((period, right, parts)) = self.due.pop_front() else { break };
            let mut tally = self.tally(period)?;
            let find = |hash: &Digest| self.catalogue.definition(hash).map(Arc::as_ref);
            let place = (&self.place.0, &self.place.1, period);
            let counted = store::count(self.store.disk(), place, find, &mut tally)?;
            if tally != right || counted.uncounted != 0 || !counted.is_whole {
                return Err(format!("{period} was not counted as it was sent").into());
            }
            self.counted += parts;
        }
        for gone in self.store.forget(&self.catalogue.retention(), today, false)? {
            self.forgotten += gone.parts;
        }
        let held = self.store.len();
        if held + self.forgotten != self.sent {
            let (sent, gone) = (self.sent, self.forgotten);
            return Err(format!("{today}: {sent} sent, {held} held, {gone} forgotten").into());
        }
        self.day += 1;
        Ok(())
    }

    /// Nobody sends any more, until nothing is held.
    fn settle(&mut self) -> Result<(), Failed> {
        while !self.store.is_empty() || !self.due.is_empty() {
            self.keep_house()?;
        }
        Ok(())
    }

    fn send(
        &mut self,
        arrivals: &[Arrival],
        what: &str,
        is_right: impl Fn(&Outcome) -> bool,
    ) -> Result<(), Failed> {
        let today = self.today();
        let outcomes = self.store.accept(arrivals, &self.signers, today);
        match outcomes.iter().find(|outcome| !is_right(outcome)) {
            Some(wrong) => Err(format!("{today}, {what}: {wrong:?}").into()),
            None => Ok(()),
        }
    }

    /// What an installation sends on a day, by the manifest that it has by then.
    fn part(&self, installation: u32, period: Period, more: u32) -> Result<Arrival, Failed> {
        let upgraded = self.day.saturating_sub(installation % UPGRADE_DAYS);
        let version = (upgraded * VERSIONS / self.days.max(1)).min(VERSIONS - 1);
        let choices: &[&str] =
            if version == 0 { &["debian", "ubuntu"] } else { &["debian", "fedora", "ubuntu"] };
        let answer = (installation + self.day + more) as usize % choices.len();
        let bytes = format!(
            "{{\"answers\":{{\"os\":\"{}\"}},\"channel\":\"usage\",\"definition\":\"{}\",\
             \"part\":\"system\",\"period\":\"{period}\",\"program\":\"larkspur\",\"tag\":\"{}\"}}",
            choices[answer],
            self.definitions[version as usize],
            tag_of(installation, &period.to_string()),
        );
        let place = (&self.place.0, &self.place.1);
        let checked = intake::check(bytes.as_bytes(), place, &self.catalogue, self.today());
        checked.map_err(|refused| format!("{refused:?}").into())
    }

    fn tally(&self, period: Period) -> Result<Tally, Failed> {
        let served = self.catalogue.program("larkspur").ok_or("no program")?;
        let older = served.older.iter().flat_map(Manifest::definitions);
        let older: Vec<_> = older.collect();
        let window = Window::new(period, period).ok_or("no window")?;
        Ok(Tally::new(&served.manifest, "usage", window, &older).ok_or("no channel")?)
    }
}

fn open(folder: &TempDir) -> Result<Store<OsDisk>, Failed> {
    Ok(Store::open(OsDisk::open(folder.path())?, 0)?)
}

/// The most memory that this process ever had resident, in MB.
fn peak_mb() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1_024 / 1_000_000)
}
