//! Promises about what changes after somebody agreed.

use contract::decision::How;
use simulation::larkspur::{FIRST, NARROWED, WIDENED};
use simulation::world::World;

/// What leaves at the next sending, after Larkspur's manifest became another.
fn sent_after(from: &str, to: &str) -> usize {
    let mut world = World::new(1);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    assert!(FIRST.contains(from), "{from} is not in the manifest");
    world.install(&FIRST.replace(from, to));
    let _ = world.agent().send("usage");
    world.network.packets().len()
}

// Promise 28.
#[test]
fn consent_is_keyed_to_the_manifest_as_shown_by_content() {
    assert_eq!(sent_after("manifest = 1", "manifest = 1 # a comment"), 3);
    for (what, from, to) in WIDENED {
        let sent = sent_after(from, to);
        assert!(sent < 3, "{what}: everything went on although it is asked again");
    }
    for (what, from, to) in NARROWED {
        assert_eq!(sent_after(from, to), 3, "{what}: fell silent although it asks less");
    }
}

#[test]
fn a_question_added_after_consent_is_left_out_and_the_others_go_on() {
    let mut world = World::new(2);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.install(
        &FIRST.replace(r#"choices = ["debian", "ubuntu"]"#, r#"choices = ["debian", "other-os"]"#),
    );
    world.agent().send("usage").unwrap();
    let texts: Vec<_> = world
        .network
        .packets()
        .iter()
        .map(|packet| String::from_utf8_lossy(&packet.bytes).into_owned())
        .collect();
    assert_eq!(texts.len(), 2);
    assert!(texts.iter().all(|text| !text.contains(r#""os""#)));
    // Asked and answered, it goes out with the next report.
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.packets().len(), 3);
}

// Promise 22.
#[test]
fn the_destination_is_part_of_the_consent_a_change_asks_again() {
    let mut world = World::new(3);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.collector = Some("https://elsewhere.example".into());
    assert!(world.agent().send("usage").is_err());
    world.collector = None;
    let other_root = simulation::network::Network::new(99).root();
    world.manifest = simulation::larkspur::manifest(FIRST, &other_root);
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.network.packets(), []);
}

// Promise 20.
#[test]
fn the_collector_cannot_widen_what_is_collected() {
    let world = World::new(4);
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    // The collector serves a wider manifest; the installed one does not change.
    let wider =
        FIRST.replace(r#"choices = ["debian", "ubuntu"]"#, r#"choices = ["debian", "fedora"]"#);
    world.network.load(&simulation::larkspur::manifest(&wider, &world.network.root()));
    let before = world.agent().preview("usage", None, false).unwrap().parts;
    world.agent().send("usage").unwrap();
    let sent: Vec<_> = world.network.packets().into_iter().map(|packet| packet.bytes).collect();
    assert_eq!(sent, before);
}

// Promise 27.
#[test]
fn a_no_is_final_until_the_operator_asks() {
    let mut world = World::new(5);
    world.agent().decline("usage", How::Cli, "en").unwrap();
    for (_, from, to) in WIDENED {
        world.install(&FIRST.replace(from, to));
        let agent = world.agent();
        let reading = agent.read().unwrap();
        let verdict = agent.verdict(&reading, "usage").unwrap();
        assert!(verdict.consent().is_none());
        let asked = Nobody::default();
        agent::words::ask::ask(&agent, &asked, How::Installer).unwrap();
        let told = asked.told.borrow();
        assert!(!told.iter().any(|text| text.contains("Usage") || text.contains("distribution")));
    }
}

/// Somebody who reads and never answers.
#[derive(Default)]
struct Nobody {
    told: std::cell::RefCell<Vec<String>>,
}

impl agent::ports::Person for Nobody {
    fn tell(&self, text: &str) {
        self.told.borrow_mut().push(text.to_owned());
    }

    fn ask(&self, _question: &str) -> Option<String> {
        None
    }
}

// A person who carries a file carries no part of it that waits for an answer.
#[test]
fn a_part_that_is_asked_again_is_in_no_bundle() {
    let mut world = World::new(70);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    assert_eq!(world.agent().preview("usage", None, false).unwrap().parts.len(), 3);
    // Frozen before; its bytes would be the same.
    world.install(&FIRST.replace("Which operating system is this?", "Which one?"));
    assert_eq!(world.agent().by_hand().export_bundle().unwrap().parts, 2);
}
