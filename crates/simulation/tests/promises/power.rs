//! Promises about the whole state folder: power that fails at any write of any decision leaves what
//! was before or what was asked for, never more than both, and nothing that was acknowledged is
//! gone. The same where the disk fails or is full at any step, or takes no writes at all.

use std::collections::BTreeMap;

use agent::fleet::Remote;
use agent::ledger::{self, Entry};
use agent::ports::Person;
use agent::trouble::Trouble;
use agent::words;
use contract::decision::How;
use contract::policy::document;
use envelope::policy::PolicyKey;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use simulation::disk::{Fault, SimDisk, every_crash_point, every_error_point, every_failed_sync};
use simulation::larkspur::FIRST;
use simulation::world::World;

mod killed;

/// One way in: what came before it, and what somebody does. It says whether it was acknowledged.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    before: fn(&World),
    does: fn(&World) -> Result<(), Trouble>,
    /// The manifest under which it is done; before it, the first version is installed.
    installed: fn() -> String,
    /// Whether it takes something away: then nothing may be permitted that was not before.
    narrows: bool,
}

fn nothing(_: &World) {}

fn agrees(world: &World) {
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
}

fn has_sent(world: &World) {
    agrees(world);
    assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
}

fn waits(world: &World) {
    agrees(world);
    world.agent().preview("usage", None, false).unwrap();
}

fn is_inside(world: &World) {
    waits(world);
    world.agent().airgap(true).unwrap();
}

fn was_withdrawn(world: &World) {
    has_sent(world);
    world.agent().withdraw("usage", How::Cli, "en", false).unwrap();
}

/// The first version, whose usage is opt-out, so that notices count; nobody is shown one but where
/// a way says so.
fn first() -> String {
    FIRST.replacen("period = \"day\"", OPT_OUT, 1)
}

/// A later version, whose usage is asked again.
fn widened() -> String {
    first().replacen("Which operating system is this?", "Which distribution is this?", 1)
}

/// A person at a terminal who says yes to usage, and leaves the rest for later.
struct Willing;

impl Person for Willing {
    fn tell(&self, _: &str) {}

    fn ask(&self, question: &str) -> Option<String> {
        Some(if question.contains("basic") { "basic" } else { "later" }.to_owned())
    }
}

/// A person makes a bundle, carries it to the vendor and brings the receipts back.
fn carry(world: &World) -> Result<(), Trouble> {
    let carried = world.agent().by_hand().export_bundle()?;
    let receipts = world.carry_by_hand(&carried.text).unwrap().unwrap();
    let returned = world.agent().import_receipts(&receipts)?;
    // Fewer where an earlier attempt was cut short after it had kept some.
    assert!(returned.acknowledged <= carried.parts && returned.doubtful.is_empty());
    Ok(())
}

const WAYS: [Way; 17] = [
    way("agree", nothing, |w| w.agent().agree("usage", Some("basic"), How::Cli, "en")),
    narrowing("agree to less", waits, |w| w.agent().agree("usage", Some("basic"), How::Page, "en")),
    narrowing("decline", waits, |w| w.agent().decline("usage", How::Page, "en")),
    narrowing("withdraw", has_sent, |w| {
        w.agent().withdraw("usage", How::Cli, "en", false).map(drop)
    }),
    way("agree again", was_withdrawn, |w| w.agent().agree("usage", Some("full"), How::Cli, "en")),
    narrowing("enter the air gap", waits, |w| w.agent().airgap(true)),
    way("leave the air gap", is_inside, |w| w.agent().airgap(false)),
    way("show a notice", nothing, |w| w.agent().notice("usage", How::Page, "en")),
    narrowing("carry a bundle", is_inside, |w| w.agent().by_hand().export_bundle().map(drop)),
    narrowing("bring its receipts back", is_inside, carry),
    way("answer at a terminal", nothing, |w| {
        words::ask::ask(&w.agent(), &Willing, How::Installer).map(drop)
    }),
    upgraded(narrowing("the first tick of a wider version", has_sent, |w| {
        w.pass_hours(30);
        w.agent().tick().map(drop)
    })),
    upgraded(way("agree to a wider version", has_sent, |w| {
        w.agent().agree("usage", Some("full"), How::Cli, "en")
    })),
    way("a policy that permits", nothing, |w| {
        w.policy.place(Ok("policy = 1\ntitle = \"Yes\"\n[program.larkspur.channel]\nusage = \
                           { permit = \"basic\" }"));
        w.agent().sync_policy()
    }),
    narrowing("preview anew", waits, |w| w.agent().preview("usage", None, true).map(drop)),
    narrowing("a policy that forbids", waits, |w| {
        w.policy.place(Ok("policy = 1\ntitle = \"No\"\nothers = \"forbid\""));
        w.agent().sync_policy()
    }),
    narrowing("a service begins", waits, |w| {
        let environment = contract::environment::Environment::read("the service", |name| {
            (name == "DO_NOT_TRACK").then(|| "1".to_owned())
        });
        w.agent().state().write_service(agent::cli::Role::All, &environment)
    }),
];

const fn way(
    name: &'static str,
    before: fn(&World),
    does: fn(&World) -> Result<(), Trouble>,
) -> Way {
    Way { name, before, does, installed: first, narrows: false }
}

const fn narrowing(
    name: &'static str,
    before: fn(&World),
    does: fn(&World) -> Result<(), Trouble>,
) -> Way {
    Way { name, before, does, installed: first, narrows: true }
}

const fn upgraded(way: Way) -> Way {
    Way { installed: widened, ..way }
}

/// The same machine on what another disk holds, so many hours later, with this manifest.
fn on(disk: &SimDisk, hours: i64, manifest: &str) -> World {
    let mut world = World::new(1);
    world.install(manifest);
    world.disk = disk.clone();
    world.pass_hours(hours);
    world
}

const OPT_OUT: &str = "period = \"day\"\ndefault = \"notice\"\nnotice_grace_hours = 72";

type Permits = BTreeMap<String, Option<String>>;

/// What the gate permits, channel by channel: the tier, or nothing.
fn permits(world: &World) -> Result<Permits, String> {
    let agent = world.agent();
    let reading = agent.read().map_err(|trouble| trouble.to_string())?;
    let tier = |channel: &contract::id::ChannelId| {
        let verdict = agent.verdict(&reading, channel.as_str()).map_err(|e| e.to_string())?;
        Ok((channel.to_string(), verdict.consent().map(|consent| consent.tier().to_string())))
    };
    agent.channels().map(tier).collect()
}

/// What was promised by the time that power failed.
struct Promised {
    is_done: bool,
    left: Vec<Vec<u8>>,
}

impl Way {
    fn start(&self) -> SimDisk {
        let disk = SimDisk::new(1);
        (self.before)(&on(&disk, 0, &first()));
        disk
    }

    fn run(&self, disk: &SimDisk) -> Promised {
        let world = on(disk, 1, &(self.installed)());
        let is_done = (self.does)(&world).is_ok();
        let left = world.network.packets().into_iter().map(|packet| packet.bytes);
        Promised { is_done, left: left.collect() }
    }

    /// What is permitted before, and what after it, where nothing fails.
    fn expected(&self, start: &SimDisk) -> (Permits, Permits) {
        let done = start.copy();
        assert!(self.run(&done).is_done, "{} does not work at all", self.name);
        let installed = (self.installed)();
        let permitted = |disk| permits(&on(disk, 1, &installed)).unwrap();
        (permitted(start), permitted(&done))
    }

    /// What must hold on whatever is left.
    fn check(
        &self,
        disk: &SimDisk,
        promised: &Promised,
        (before, after): &(Permits, Permits),
    ) -> Result<(), String> {
        let world = on(disk, 1, &(self.installed)());
        let now = permits(&world)?;
        if promised.is_done && now != *after {
            return Err(format!("acknowledged, and {now:?} instead of {after:?}"));
        }
        if now != *before && now != *after {
            return Err(format!("{now:?} is neither {before:?} nor {after:?}"));
        }
        if self.narrows {
            let wider = now.iter().filter(|(_, tier)| tier.is_some());
            let wider: Vec<_> = wider.filter(|(id, tier)| before.get(*id) != Some(tier)).collect();
            // A lower tier than before is what was asked for.
            if now != *after && !wider.is_empty() {
                return Err(format!("{wider:?} is permitted and was not before"));
            }
        }
        // What left is in the ledger, also what leaves from now on: only what is permitted.
        world.pass_hours(30);
        world.agent().tick().map_err(|trouble| trouble.to_string())?;
        let entry = vec![Entry::CutOff { bytes: 0 }];
        ledger::append(&world.disk, world.agent().now(), entry).map_err(|e| e.to_string())?;
        let lines = ledger::lines(&world.disk).map_err(|e| e.to_string())?;
        if let Some(finding) = ledger::verify(&lines, &[world.network.root()]).findings.first() {
            return Err(format!("{finding:?}"));
        }
        let kept = world.agent().held().map_err(|e| e.to_string())?;
        let later = world.network.packets().into_iter().map(|packet| packet.bytes);
        let later: Vec<_> = later.collect();
        for bytes in promised.left.iter().chain(&later) {
            let known = |part: &agent::held::SentPart| {
                part.bytes.as_ref().is_some_and(|known| known.as_bytes() == bytes)
            };
            if !kept.iter().any(known) {
                return Err("a packet left that the ledger does not hold".into());
            }
        }
        for bytes in later {
            let text = String::from_utf8_lossy(&bytes);
            let channel = if text.contains(r#""channel":"usage""#) { "usage" } else { "devices" };
            match now.get(channel).cloned().flatten().as_deref() {
                Some("basic") if text.contains("features") => return Err("more than agreed".into()),
                Some(_) => {}
                None => return Err(format!("a packet of {channel} left without a consent")),
            }
        }
        Ok(())
    }
}

#[test]
fn power_that_fails_at_any_write_of_any_way_in() {
    for way in WAYS {
        let start = way.start();
        let expected = way.expected(&start);
        let check = |disk: &SimDisk, p: &Promised| way.check(disk, p, &expected);
        let covered = every_crash_point(&start, |disk| way.run(disk), check);
        let covered = covered.unwrap_or_else(|broken| panic!("{}: {broken}", way.name));
        assert!(covered.steps > 0, "{} writes nothing", way.name);
        println!("{}: {} steps, {} points", way.name, covered.steps, covered.points);
    }
}

#[test]
fn a_disk_that_fails_or_is_full_at_any_step_of_any_way_in() {
    for way in WAYS {
        let start = way.start();
        let expected = way.expected(&start);
        let check = |disk: &SimDisk, p: &Promised| way.check(disk, p, &expected);
        let covered = every_error_point(&start, |disk| way.run(disk), check);
        covered.unwrap_or_else(|broken| panic!("{}: {broken}", way.name));
    }
}

// A sync that fails leaves what it should have written in the cache, marked as written: it reads
// back, and the next sync says nothing of it. Whoever is killed right then cuts nothing off.
#[test]
fn what_a_sync_failed_to_write_is_not_relied_upon_by_any_way_in() {
    for way in WAYS {
        let start = way.start();
        let expected = way.expected(&start);
        let check = |disk: &SimDisk, p: &Promised| way.check(disk, p, &expected);
        let covered = every_failed_sync(&start, |disk| way.run(disk), check);
        let covered = covered.unwrap_or_else(|broken| panic!("{}: {broken}", way.name));
        println!("{}: {} syncs", way.name, covered.points);
    }
}

// A file system that is read-only: every step fails, from the first one on.
#[test]
fn where_nothing_can_be_written_nothing_changes_and_nothing_leaves() {
    for way in WAYS {
        let disk = way.start();
        let installed = (way.installed)();
        let before = permits(&on(&disk, 1, &installed)).unwrap();
        for step in 0..10_000 {
            disk.arm(step, Fault::Broken);
        }
        let promised = way.run(&disk);
        assert!(promised.left.is_empty(), "{}: something left", way.name);
        let world = on(&disk, 30, &installed);
        let _ = world.agent().tick();
        let _ = world.agent().send("usage");
        assert_eq!(world.network.packets(), [], "{}: no ledger could hold it", way.name);
        // Looking works all the same.
        world.agent().preview("usage", None, false).unwrap();
        words::status::text(&world.agent()).unwrap();
        words::why::text(&world.agent(), "usage").unwrap();
        let now = permits(&on(&disk.restart(), 1, &installed)).unwrap();
        if !way.name.starts_with("a policy that") {
            assert_eq!(now, before, "{}", way.name);
        }
    }
}

// A policy that is fetched: power that fails leaves the old one or the new one in force, and never
// one that permits more than both.
#[test]
fn power_that_fails_while_a_policy_is_fetched() {
    let key = PolicyKey::generate(&mut ChaCha8Rng::seed_from_u64(1));
    let policy = |number: u64, rest: &str| {
        let text = format!(
            "policy = 1\ntitle = \"The grid\"\nnumber = {number}\n\
             expires = \"2026-12-20T00:00:00Z\"\n{rest}"
        );
        document(&text, &key.sign(text.as_bytes()))
    };
    let permit = "[program.larkspur.channel]\nusage = { permit = \"basic\" }\n";
    let forbid = "others = \"forbid\"\n";
    for (older, newer) in [(permit, forbid), (forbid, permit)] {
        let of = |disk: &SimDisk, document: &str| {
            let mut world = on(disk, 0, &first());
            let url = "https://manager.example/policy.toml".to_owned();
            world.policy.remote = Some(Remote { url, key: key.public() });
            world.policy.serve(Some(document));
            world
        };
        let start = SimDisk::new(2);
        let (old, new) = (policy(1, older), policy(2, newer));
        of(&start, &old).agent().fetch_policy(0).unwrap();
        let before = permits(&of(&start, &old)).unwrap();
        let done = start.copy();
        of(&done, &new).agent().fetch_policy(0).unwrap();
        let after = permits(&of(&done, &new)).unwrap();
        assert_ne!(before, after);
        let run = |disk: &SimDisk| of(disk, &new).agent().fetch_policy(0).is_ok();
        let check = |disk: &SimDisk, is_done: &bool| {
            let world = of(disk, &old);
            let now = permits(&world)?;
            if now != after && (*is_done || now != before) {
                return Err(format!("{now:?} after {before:?} and {after:?}"));
            }
            // An older one is refused wherever the newer one was acknowledged.
            let rolled_back = world.agent().fetch_policy(0).is_ok();
            if *is_done && rolled_back {
                return Err("the older policy was taken again".into());
            }
            Ok(())
        };
        every_crash_point(&start, run, check).unwrap();
        every_error_point(&start, run, check).unwrap();
    }
}
