//! Promises about channels that are opt-out: a notice counts only when a person saw it, gives a day
//! or more to say no, and starts no more than it said.

use std::cell::RefCell;

use agent::ports::Person;
use agent::words;
use contract::decision::How;
use simulation::disk::every_crash_point;
use simulation::larkspur::FIRST;
use simulation::world::World;

/// Somebody at a terminal with a few answers, who hangs up after the last one.
struct Somebody {
    answers: RefCell<Vec<&'static str>>,
    told: RefCell<String>,
}

impl Somebody {
    fn answering(answers: &[&'static str]) -> Self {
        let answers = RefCell::new(answers.iter().rev().copied().collect());
        Self { answers, told: RefCell::default() }
    }

    fn was_told(&self, text: &str) -> bool {
        self.told.borrow().replace('\n', " ").contains(text)
    }
}

impl Person for Somebody {
    fn tell(&self, text: &str) {
        self.told.borrow_mut().extend([text, "\n"]);
    }

    fn ask(&self, _: &str) -> Option<String> {
        self.answers.borrow_mut().pop().map(str::to_owned)
    }
}

/// Larkspur, whose usage is opt-out with three days of grace.
fn opt_out() -> String {
    FIRST.replacen(
        "period = \"day\"",
        "period = \"day\"\ndefault = \"notice\"\nnotice_grace_hours = 72",
        1,
    )
}

fn world(seed: u64) -> World {
    let mut world = World::new(seed);
    world.install(&opt_out());
    world
}

fn tick_for_hours(world: &World, hours: i64) {
    for _ in 0..hours {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
}

fn ask(world: &World, answers: &[&'static str]) -> Somebody {
    let person = Somebody::answering(answers);
    words::ask::ask(&world.agent(), &person, How::Installer).unwrap();
    person
}

#[test]
fn a_notice_that_nobody_was_shown_starts_nothing() {
    let world = world(1);
    for _ in 0..20 {
        words::status::text(&world.agent()).unwrap();
        words::why::text(&world.agent(), "usage").unwrap();
        world.agent().preview("usage", None, false).unwrap();
        tick_for_hours(&world, 12);
    }
    // Shown to somebody who was gone before answering anything: nobody knows that it was seen.
    let person = ask(&world, &[]);
    assert!(person.was_told("This is opt-out"));
    tick_for_hours(&world, 120);
    assert_eq!(world.network.packets(), []);
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.disk.bytes_used(), 0, "looking is no notice");
}

#[test]
fn after_a_notice_nothing_leaves_before_its_grace_and_then_only_what_it_covers() {
    let world = world(2);
    // Only that it was seen: devices is asked for, and the person answers nothing there.
    let person = ask(&world, &["later", ""]);
    assert!(person.was_told("it is sent at “Basic” from 23 November 2026, 12:00 UTC on, 72 hours"));
    let status = words::status::text(&world.agent()).unwrap();
    assert!(status.contains("from 23 November 2026, 12:00 UTC on Larkspur reports"), "{status}");
    let why = words::why::text(&world.agent(), "usage").unwrap();
    assert!(why.contains("nobody agreed; a notice was shown") && why.contains("decline usage"));
    tick_for_hours(&world, 71);
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.network.packets(), []);
    tick_for_hours(&world, 60);
    let packets = world.network.packets();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!packets.is_empty());
    assert!(packets.iter().all(|packet| text(&packet.bytes).contains(r#""channel":"usage""#)));
    assert!(packets.iter().all(|packet| !text(&packet.bytes).contains("features")));
    let status = words::status::text(&world.agent()).unwrap();
    assert!(status.contains("on, basic, after a notice"), "{status}");
}

#[test]
fn a_no_within_the_grace_is_final() {
    let world = world(3);
    world.agent().notice("usage", How::Page, "en").unwrap();
    tick_for_hours(&world, 70);
    world.agent().decline("usage", How::Cli, "en").unwrap();
    assert!(world.agent().notice("usage", How::Page, "en").is_err());
    tick_for_hours(&world, 200);
    assert_eq!(world.network.packets(), []);
}

#[test]
fn a_channel_that_asks_first_takes_no_notice() {
    let world = world(4);
    let refused = world.agent().notice("devices", How::Api, "en").unwrap_err();
    assert!(refused.to_string().contains("asks first"), "{refused}");
    assert_eq!(world.disk.find(b"noticed"), Vec::<String>::new());
}

#[test]
fn an_upgrade_that_widens_is_silent_until_a_new_notice_and_its_grace() {
    let mut world = world(5);
    world.agent().notice("usage", How::Page, "en").unwrap();
    tick_for_hours(&world, 120);
    world.install(&opt_out().replace("retention_days = 90", "retention_days = 180"));
    let before = world.network.packets().len();
    assert!(before > 0);
    tick_for_hours(&world, 72);
    assert_eq!(world.network.packets().len(), before, "silent until somebody is told");
    let person = ask(&world, &["", ""]);
    assert!(person.was_told("1 change since the notice was shown"));
    tick_for_hours(&world, 71);
    assert_eq!(world.network.packets().len(), before, "and until the new grace has passed");
    tick_for_hours(&world, 60);
    assert!(world.network.packets().len() > before);
}

#[test]
fn a_notice_is_there_or_not_and_power_failures_shorten_no_grace() {
    let start = World::new(6).disk.copy();
    let on = |disk: &simulation::disk::SimDisk| {
        let mut world = world(6);
        world.disk = disk.clone();
        world
    };
    let covered = every_crash_point(
        &start,
        |disk| on(disk).agent().notice("usage", How::Page, "en").is_ok(),
        |disk, recorded| {
            let world = on(disk);
            let stands = || -> Result<(bool, bool), String> {
                let agent = world.agent();
                let reading = agent.read().map_err(|e| e.to_string())?;
                let verdict = agent.verdict(&reading, "usage").map_err(|e| e.to_string())?;
                Ok((verdict.decision().is_some(), verdict.consent().is_some()))
            };
            let (noticed, _) = stands()?;
            if *recorded && !noticed {
                return Err("a notice was lost".into());
            }
            world.pass_hours(71);
            if stands()?.1 {
                return Err("it began before its grace had passed".into());
            }
            Ok(())
        },
    );
    covered.unwrap();
}
