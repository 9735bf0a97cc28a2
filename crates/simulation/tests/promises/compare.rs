//! Promises about looking at the published numbers: only signed ones are shown, and the question
//! says nothing of who asks.

use std::cell::RefCell;
use std::collections::BTreeMap;

use agent::compare::World as Said;
use agent::ports::{Fetch, NoReply, Reply};
use contract::answer::Fact;
use contract::decision::How;
use envelope::{KeyPurpose, RootKey, sign_release};
use jiff::civil::date;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};
use simulation::larkspur::{FIRST, manifest};
use simulation::world::World;

/// The public files of a collector.
#[derive(Default)]
struct Site {
    files: BTreeMap<String, Vec<u8>>,
    asked: RefCell<Vec<String>>,
}

impl Fetch for Site {
    fn get(&self, url: &str, _: u64) -> Result<Reply, NoReply> {
        self.asked.borrow_mut().push(url.to_owned());
        let body = self.files.get(url).cloned();
        let status = if body.is_some() { 200 } else { 404 };
        Ok(Reply { status, retry_after_seconds: None, body: body.unwrap_or_default() })
    }
}

struct Vendor {
    root: RootKey,
    random: RefCell<ChaCha8Rng>,
}

const FOLDER: &str = "https://stats.larkspur.example/larkspur/usage/releases";

impl Vendor {
    fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        Self { root: RootKey::generate(&mut random), random: RefCell::new(random) }
    }

    fn machine(&self, seed: u64) -> World {
        let mut world = World::new(seed);
        world.manifest = manifest(FIRST, &self.root.public());
        world
    }

    /// Puts releases 1 to this number onto a site.
    fn publishes(&self, releases: u64) -> Site {
        let mut site = Site::default();
        for number in 1..=releases {
            let bytes = contract::canonical::to_bytes(&release(number)).unwrap();
            self.put(&mut site, number, bytes);
        }
        site
    }

    fn put(&self, site: &mut Site, number: u64, bytes: Vec<u8>) {
        let today = date(2026, 11, 20);
        let days = (date(2026, 1, 1), date(2027, 1, 1));
        let mut random = self.random.borrow_mut();
        let key = self.root.issue(&mut *random, KeyPurpose::Release, "larkspur", days);
        let signature = sign_release(&key, &bytes, today).unwrap();
        let url = format!("{FOLDER}/release-{number}.json");
        site.files.insert(format!("{url}.sig"), signature.to_json().into_bytes());
        site.files.insert(url, bytes);
    }
}

fn release(number: u64) -> Value {
    let count = |value: i64| json!({"value": value, "error_95": 20});
    let row = |value: &str, n: i64| json!({"value": value, "title": value, "count": count(n)});
    let field = |id: &str, part: &str, question: &str, table: Value| {
        json!({"id": id, "part": part, "question": question, "purpose": "To decide",
               "answered": count(1_000), "table": table})
    };
    json!({
        "format": 1, "number": number, "published": "2026-11-19", "next": "2026-11-26",
        "program": {"id": "larkspur", "title": "Larkspur", "vendor": "The Larkspur project",
                    "data_licence": "CC0-1.0"},
        "channel": {"id": "usage", "title": "Usage", "period": "day", "identity": "period",
                    "retention_days": 90, "asked_first": true},
        "window": {"first": "2026-11-09", "last": "2026-11-15", "periods": 7},
        "mode": {"kind": "exact"}, "group_min": 20, "installations": count(1_000),
        "fields": [
            field("os", "system", "Which operating system is this?",
                  json!({"kind": "shares", "rows": [row("debian", 430), row("ubuntu", 500)],
                         "folded": null})),
            field("features", "features", "Which features are switched on?",
                  json!({"kind": "set", "rows": [row("alerts", 100)], "folded": null})),
        ],
    })
}

#[test]
fn this_machines_answers_stand_beside_those_of_all() {
    let vendor = Vendor::new(1);
    for releases in [1, 2, 3, 7, 8, 53] {
        let (world, site) = (vendor.machine(1), vendor.publishes(releases));
        let compared = world.agent().compare("usage", &site).unwrap();
        assert_eq!(compared.release.number, releases, "the newest");
        let found: Vec<_> =
            compared.lines.iter().map(|line| (line.yours.as_str(), line.world)).collect();
        let share = |percent| Said::Share { percent, error: 2 };
        // The machine's features are maps and alerts, of which maps are too rare to be shown.
        assert_eq!(found, [("debian", share(43)), ("alerts", share(10)), ("maps", Said::Rare)]);
        assert!(site.asked.borrow().len() <= 16, "{}", site.asked.borrow().len());
        assert_eq!(world.network.packets(), []);
    }
}

#[test]
fn the_question_is_the_same_whoever_asks_and_whatever_they_decided() {
    let vendor = Vendor::new(2);
    let mut questions = Vec::new();
    for (seed, decided) in [(1, None), (2, Some(true)), (3, Some(false))] {
        let (world, site) = (vendor.machine(seed), vendor.publishes(3));
        world.facts.set("os", Fact::Text(format!("system-{seed}")));
        match decided {
            Some(true) => world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap(),
            Some(false) => world.agent().decline("usage", How::Cli, "en").unwrap(),
            None => {}
        }
        world.agent().compare("usage", &site).unwrap();
        questions.push(site.asked.take());
    }
    assert!(questions.windows(2).all(|pair| pair[0] == pair[1]), "{questions:?}");
}

#[test]
fn what_is_not_signed_by_the_vendor_is_not_shown() {
    let (vendor, stranger) = (Vendor::new(3), Vendor::new(4));
    let world = vendor.machine(1);
    let refused = |site: &Site| match world.agent().compare("usage", site) {
        Ok(_) => panic!("it was believed"),
        Err(trouble) => trouble.happened,
    };
    assert!(refused(&stranger.publishes(1)).contains("not to be believed"));
    let url = format!("{FOLDER}/release-1.json");
    let mut changed = vendor.publishes(1);
    let bytes = changed.files.get_mut(&url).unwrap();
    *bytes = String::from_utf8(bytes.clone()).unwrap().replace("430", "930").into_bytes();
    assert!(refused(&changed).contains("the signature is for other bytes"));
    let mut unsigned = vendor.publishes(1);
    unsigned.files.remove(&format!("{url}.sig"));
    assert!(refused(&unsigned).contains("has no signature"));
    // Another release of the same vendor in its place.
    let mut misplaced = Site::default();
    vendor.put(&mut misplaced, 1, contract::canonical::to_bytes(&release(7)).unwrap());
    assert!(refused(&misplaced).contains("it is about something else"));
    assert!(refused(&Site::default()).contains("has published nothing"));
}

#[test]
fn nobody_is_asked_from_inside_the_air_gap() {
    let vendor = Vendor::new(5);
    let (world, site) = (vendor.machine(1), vendor.publishes(1));
    world.agent().airgap(true).unwrap();
    assert!(world.agent().compare("usage", &site).is_err());
    assert_eq!(site.asked.take(), Vec::<String>::new());
}
