//! Promises about what is sent.

use agent::sending::Obstacle;
use contract::answer::Fact;
use contract::decision::How;
use contract::manifest::Manifest;
use simulation::larkspur::{FIRST, manifest};
use simulation::network::Weather;
use simulation::world::World;

fn agreed(seed: u64) -> World {
    let world = World::new(seed);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.agent().agree("devices", None, How::Cli, "en").unwrap();
    world
}

// Promise 32.
#[test]
fn preview_has_no_network_at_all_and_prints_exactly_what_is_sent_later() {
    let world = agreed(1);
    let shown = world.agent().preview("usage", None, false).unwrap().parts;
    assert_eq!(world.network.packets(), []);
    // Whatever the machine becomes meanwhile, the period's report stays what was shown.
    world.facts.set("processors", Fact::Number(64));
    world.agent().send("usage").unwrap();
    let sent: Vec<_> = world.network.packets().into_iter().map(|packet| packet.bytes).collect();
    assert_eq!(sent, shown);
    assert_eq!(world.agent().preview("usage", None, false).unwrap().parts, shown);
}

// Promise 13.
#[test]
fn every_key_on_the_wire_is_a_question_of_the_statement() {
    let world = agreed(2);
    world.agent().send("usage").unwrap();
    world.agent().send("devices").unwrap();
    let fields = world.manifest.channels.iter().flat_map(contract::manifest::Channel::fields);
    let questions: Vec<&str> = fields.map(|field| field.id.as_str()).collect();
    // Three parts, and a description in a part of its own for each of two devices.
    assert_eq!(world.network.packets().len(), 5);
    for packet in world.network.packets() {
        let part: serde_json::Value = serde_json::from_slice(&packet.bytes).unwrap();
        let part = part.as_object().unwrap();
        let members = ["answers", "channel", "definition", "part", "period", "program", "tag"];
        assert_eq!(part.keys().collect::<Vec<_>>(), members);
        for key in part["answers"].as_object().unwrap().keys() {
            assert!(questions.contains(&key.as_str()), "{key} is asked nowhere");
        }
    }
}

// Promise 10: what a closed list does not have is `other`, whatever it says.
#[test]
fn text_that_a_list_does_not_have_leaves_as_other() {
    let world = agreed(3);
    world.facts.set("os", Fact::Text("nas-of-alice.example".into()));
    world.facts.set("features", Fact::List(vec!["maps".into(), "customer-acme".into()]));
    world.agent().send("usage").unwrap();
    let packets = world.network.packets();
    let texts: Vec<_> =
        packets.into_iter().map(|packet| String::from_utf8(packet.bytes).unwrap()).collect();
    assert!(texts.iter().all(|t| !t.contains("alice") && !t.contains("acme")), "{texts:?}");
    for answers in [r#"{"os":"other"}"#, r#"{"features":["maps","other"]}"#] {
        assert!(texts.iter().any(|text| text.contains(answers)), "{answers}: {texts:?}");
    }
}

// Promise 12.
#[test]
fn ids_are_random_and_nothing_of_the_hardware_may_be_asked() {
    let tags = |seed| -> Vec<String> {
        let world = agreed(seed);
        world.agent().send("usage").unwrap();
        let tag = |bytes: &[u8]| {
            let part: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            part["tag"].as_str().unwrap().to_owned()
        };
        world.network.packets().iter().map(|packet| tag(&packet.bytes)).collect()
    };
    // The same machine, facts and manifest, and another draw: other tags, none shared by parts.
    let (one, two) = (tags(4), tags(5));
    let mut all = [one, two].concat();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    for source in [
        r#"{ file = "/etc/machine-id", pattern = "(.+)" }"#,
        r#"{ command = ["hostid"] }"#,
        r#"{ file = "/sys/class/dmi/id/product_uuid", pattern = "(.+)" }"#,
        r#"{ file = "/sys/class/net/eth0/address", pattern = "(.+)" }"#,
    ] {
        let text = FIRST.replace(r#"{ system = "os.id" }"#, source);
        let problems = Manifest::parse(&text).unwrap_err().to_string();
        assert!(problems.contains("tells which machine this is"), "{problems}");
    }
    let hashed = FIRST.replace("Which operating system is this?", "The SHA-256 of the host name?");
    assert!(Manifest::parse(&hashed).unwrap_err().to_string().contains("hash"));
}

// Promise 17 in small.
#[test]
fn retry_after_is_honoured_and_tries_spread_out() {
    let world = agreed(6);
    world.network.weather.set(Weather::Busy(429));
    let sent = world.agent().send("usage").unwrap();
    assert_eq!((sent.acknowledged, sent.waiting), (0, 3));
    // One try tells that it is busy: the others are not even tried.
    assert_eq!(world.network.packets().len(), 1);
    world.agent().tick().unwrap();
    assert_eq!(world.network.packets().len(), 1, "not before Retry-After");
    world.network.weather.set(Weather::Clear);
    for _ in 0..48 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    assert!(world.network.accepted().len() >= 3);
}

// Promise 2 in small: only a receipt under the pinned key counts.
#[test]
fn a_receipt_of_another_key_is_not_believed() {
    let world = agreed(7);
    world.network.weather.set(Weather::Forged);
    let sent = world.agent().send("usage").unwrap();
    assert_eq!((sent.acknowledged, sent.waiting), (0, 3));
    world.network.weather.set(Weather::Clear);
    let sent = world.agent().send("usage").unwrap();
    assert_eq!((sent.acknowledged, sent.waiting), (3, 0));
}

// Promise 4: what was agreed to is how long it is kept, whatever the collector says.
#[test]
fn a_receipt_that_promises_to_keep_longer_than_agreed_is_not_believed() {
    let world = agreed(11);
    // The vendor has another manifest meanwhile, and keeps twice as long.
    let longer = FIRST.replace("retention_days = 90", "retention_days = 180");
    world.network.load(&manifest(&longer, &world.network.root()));
    let sent = world.agent().send("usage").unwrap();
    assert_eq!((sent.acknowledged, sent.waiting), (0, 3));
    let Some(Obstacle::Receipt(why)) = sent.obstacle else { panic!("{:?}", sent.obstacle) };
    assert!(why.contains("it would be kept until"), "{why}");
}

#[test]
fn an_answer_that_was_lost_is_asked_for_again_with_the_same_bytes() {
    let world = agreed(8);
    world.network.weather.set(Weather::LosesReplies);
    world.agent().send("usage").unwrap();
    world.network.weather.set(Weather::Clear);
    world.agent().send("usage").unwrap();
    let packets: Vec<_> = world.network.packets().into_iter().map(|p| p.bytes).collect();
    assert_eq!(packets.len(), 4);
    assert_eq!(packets[0], packets[1]);
    assert_eq!(world.network.accepted().len(), 3);
}

#[test]
fn an_edited_ledger_is_noticed() {
    use disk::Disk;
    let world = agreed(9);
    world.agent().send("usage").unwrap();
    let lines = agent::ledger::lines(&world.disk).unwrap();
    let roots = [world.network.root()];
    assert_eq!(agent::ledger::verify(&lines, &roots).findings, []);
    assert_eq!(agent::ledger::verify(&lines, &roots).receipted, 3);
    for index in 0..lines.len() {
        let mut removed = lines.clone();
        removed.remove(index);
        let whole = agent::ledger::verify(&removed, &roots).findings.is_empty();
        // Without its last line a ledger is one that was written earlier: nobody can tell.
        assert_eq!(whole, index == lines.len() - 1, "line {index} removed");
        for at in (0..lines[index].len()).step_by(7) {
            let mut edited = lines.clone();
            edited[index][at] ^= 1;
            let findings = agent::ledger::verify(&edited, &roots).findings;
            let last = index == lines.len() - 1;
            // The last line is covered by its signature, except for the moment it was written.
            assert!(!findings.is_empty() || last, "line {index}, byte {at}");
        }
    }
    // What a receipt says is its collector's word, also in the last line, which no other names.
    let mut forged = lines.clone();
    let last = String::from_utf8(forged.pop().unwrap()).unwrap();
    let other = last.replacen(r#""received":"2026-11-20""#, r#""received":"2026-11-19""#, 1);
    assert_ne!(other, last);
    forged.push(other.into_bytes());
    assert_ne!(agent::ledger::verify(&forged, &roots).findings, []);
    world.disk.remove("ledger.jsonl").unwrap();
}

// Promise 12: whoever sees two reports can join them for as long as the statement says.
#[test]
fn a_tag_lasts_as_long_as_it_says_and_no_longer() {
    let lasts = |identity: &str| {
        let mut world = World::new(14);
        let said = format!(r#"identity = "{identity}""#);
        world.install(&FIRST.replacen(r#"identity = "period""#, &said, 1));
        world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
        let tags_after = |hours: i64| -> Vec<String> {
            world.pass_hours(hours);
            let before = world.network.packets().len();
            assert_eq!(world.agent().send("usage").unwrap().acknowledged, 3);
            let packets = world.network.packets_after(before);
            let tag = |bytes: &[u8]| {
                let part: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                part["tag"].as_str().unwrap().to_owned()
            };
            let mut tags: Vec<_> = packets.iter().map(|packet| tag(&packet.bytes)).collect();
            tags.sort();
            tags
        };
        // The next day lies in the same four weeks, the last one does not.
        let (first, next_day, four_weeks_on) = (tags_after(0), tags_after(24), tags_after(28 * 24));
        (first == next_day, first == four_weeks_on)
    };
    assert_eq!(lasts("period"), (false, false));
    assert_eq!(lasts("28d"), (true, false));
    assert_eq!(lasts("stable"), (true, true));
}

// Promise 4: the day on which it was received is the day from which somebody may reckon.
#[test]
fn a_receipt_of_another_day_is_not_believed() {
    let world = World::new(15);
    world.agent().agree("devices", None, How::Cli, "en").unwrap();
    let agent = world.agent();
    // A week is taken for three days more.
    world.network.set_day("2026-11-23".parse().unwrap());
    let sent = agent.send("devices").unwrap();
    assert_eq!(sent.acknowledged, 0);
    let Some(Obstacle::Receipt(why)) = sent.obstacle else { panic!("{:?}", sent.obstacle) };
    assert!(why.contains("another day"), "{why}");
}
