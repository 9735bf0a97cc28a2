//! The whole way with the real agent: real relay, real collector, and nobody at the collector's own
//! address.

use std::net::TcpListener;

use agent::ledger::{Entry, Line};
use agent::opening::Content;
use agent::sealed::Sealed;
use contract::decision::How;
use simulation::world::World;

use crate::collector::Collector;
use crate::machine::Machine;
use crate::program::Relay;

fn world() -> (Collector, Relay, Machine) {
    let collector = Collector::start();
    let relay = Relay::before(collector.address, &[]).with_keys();
    relay.wait_for_signed_keys();
    let machine = Machine::new(&collector, &[relay.address]);
    (collector, relay, machine)
}

#[test]
fn a_report_travels_blind_and_every_part_has_a_receipt_that_verifies() {
    let (_collector, relay, machine) = world();
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    assert!(relay.metrics().contains("carried"), "{}", relay.metrics());
    let preview = machine.prints(&["preview", "usage"]);
    let sent = machine.prints(&["send", "usage"]);
    assert!(sent.contains("Sent 2 parts"), "{sent}");
    let proof = machine.json(&["ledger", "verify"]);
    assert_eq!((&proof["receipted"], &proof["whole"]), (&2.into(), &true.into()), "{proof}");
    let bytes: Vec<_> =
        machine.ledger("sending").iter().map(|line| line["bytes"].to_string()).collect();
    assert_eq!(bytes.len(), 2);
    for line in preview.lines() {
        assert!(bytes.contains(&serde_json::Value::from(line).to_string()), "{line}");
    }
    assert_eq!(machine.ledger("sealed").len(), 2, "each part its own capsule");
    machine.stayed_blind();
}

#[test]
fn what_is_held_is_listed_and_deleted_by_the_same_way() {
    let (_collector, _relay, machine) = world();
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    machine.prints(&["send", "usage"]);
    let held = machine.json(&["held", "--live"]);
    assert!(held.to_string().matches("\\\"tag\\\"").count() == 2, "{held}");
    machine.prints(&["withdraw", "usage", "--now"]);
    assert_eq!(machine.ledger("tombstone").len(), 2);
    // Two parts, two questions about one tag each, two deletions.
    assert_eq!(machine.ledger("sealed").len(), 6);
    machine.stayed_blind();
}

#[test]
fn the_manifest_says_to_which_kind_of_key_is_sealed() {
    let (collector, relay, _) = world();
    let catching = crate::downgrade::catching(collector.address);
    for (sealing, kem) in [("x25519", [0x00, 0x20]), ("x-wing", [0x64, 0x7a])] {
        for way in [relay.address, catching.address] {
            let machine = Machine::new(&collector, &[way]);
            machine.install(&sealing_with(&collector, sealing), &[way]);
            machine.prints(&["agree", "usage", "--tier", "basic"]);
            assert!(machine.prints(&["send", "usage"]).contains("Sent 2 parts"));
            let proof = machine.json(&["ledger", "verify"]);
            assert_eq!((&proof["receipted"], &proof["whole"]), (&2.into(), &true.into()));
            machine.prints(&["withdraw", "usage", "--now"]);
            assert_eq!(machine.ledger("tombstone").len(), 2);
            machine.stayed_blind();
        }
        let caught = catching.caught();
        let of_kind: Vec<_> = caught.iter().filter(|capsule| capsule[1..3] == kem).collect();
        // Two parts and a deletion of each; what else was caught is of the other kind.
        assert_eq!(of_kind.len(), 4, "{sealing}");
        assert!(of_kind.iter().all(|capsule| capsule.len() == of_kind[0].len()));
    }
}

#[test]
fn where_the_relays_of_then_are_gone_a_relay_that_somebody_names_carries_the_deletion() {
    let (collector, relay, machine) = world();
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    machine.prints(&["send", "usage"]);
    relay.end();
    let other = Relay::before(collector.address, &[]).with_keys();
    other.wait_for_signed_keys();
    // That the manifest names another relay now is nobody's word here.
    machine.install(&collector.manifest(), &[other.address]);
    machine.fails(&["held", "--live"]);
    let own = format!("http://{}", other.address);
    machine.prints(&["withdraw", "usage", "--now", "--relay", &own]);
    assert_eq!(machine.ledger("tombstone").len(), 2);
    machine.stayed_blind();
}

#[test]
fn why_says_who_sees_what_who_runs_the_relay_and_what_a_firewall_needs() {
    let (collector, relay, machine) = world();
    let why = |manifest: &str, relays: &[std::net::SocketAddr]| {
        machine.install(manifest, relays);
        machine.prints(&["agree", "usage", "--tier", "basic"]);
        let said = machine.prints(&["why", "usage"]);
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let blind = why(&collector.manifest(), &[relay.address]);
    let direct = machine.recorder.address;
    for words in [
        "Example University, Norway, who runs the relay, sees this machine's address and no answer",
        "who runs the collector, sees the answers, part by part, and no address.",
        &format!("outgoing to {}; nothing goes to {direct}", relay.address),
    ] {
        assert!(blind.contains(words), "{words}: {blind}");
    }
    let own = collector.manifest().replace("The Larkspur project", "Example University");
    let one_party = why(&own, &[relay.address]);
    let words = "runs relay and collector: it could match address and content";
    assert!(one_party.contains(words), "{one_party}");
    let without = why(&collector.manifest(), &[]);
    for words in [
        "can see this machine's address beside each part while it arrives; with a relay run by",
        &format!("outgoing to {direct}"),
    ] {
        assert!(without.contains(words), "{words}: {without}");
    }
    machine.stayed_blind();
}

/// The collector's manifest with a kind of key.
pub(crate) fn sealing_with(collector: &Collector, sealing: &str) -> String {
    let line = format!("sealing = \"{sealing}\"\ndata_licence");
    collector.manifest().replace("data_licence", &line)
}

#[test]
fn a_refusal_comes_back_with_its_reason() {
    let (collector, relay, machine) = world();
    let text = collector.manifest().replace("Which operating system is this?", "Which system?");
    machine.install(&text.replace("ubuntu", "fedora"), &[relay.address]);
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    let error = machine.fails(&["send", "usage"]);
    assert!(error.contains("refused a part (422)"), "{error}");
    assert!(error.contains("only 1 part of the report"), "the other part is known: {error}");
    machine.stayed_blind();
}

#[test]
fn a_relay_that_is_named_here_stands_in_for_the_manifests() {
    let (collector, relay, machine) = world();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    machine.install(&collector.manifest(), &[nobody]);
    let own = format!("http://{}", relay.address);
    let with = |command: &[&str]| machine.run(&[command, &["--relay", &own]].concat());
    assert!(with(&["agree", "usage", "--tier", "basic"]).status.success());
    assert!(with(&["send", "usage"]).status.success());
    // Without it the relay is another than what was agreed to: nothing moves.
    machine.fails(&["send", "usage"]);
    let error = machine.fails(&["status", "--relay", "http://relay.example.net"]);
    assert!(error.contains("the relay's address cannot be used"), "{error}");
    machine.stayed_blind();
}

#[test]
fn where_the_first_relay_is_gone_the_second_carries() {
    let (collector, relay, machine) = world();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    machine.install(&collector.manifest(), &[nobody, relay.address]);
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    assert!(machine.prints(&["send", "usage"]).contains("Sent 2 parts"));
    machine.stayed_blind();
}

#[test]
fn what_waits_sealed_is_destroyed_with_a_no() {
    let (collector, relay, machine) = world();
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    drop(collector);
    machine.fails(&["send", "usage"]);
    let sealed = machine.folder.path().join("state/sealed");
    let files = || std::fs::read_dir(&sealed).unwrap().count();
    assert_eq!(files(), 1);
    machine.prints(&["decline", "usage"]);
    assert_eq!(files(), 0);
    drop(relay);
    machine.stayed_blind();
}

#[test]
fn a_capsule_that_was_caught_is_opened_and_found_in_the_ledger() {
    let collector = Collector::start();
    let gateway = crate::gateway::Gateway::start();
    // A relay that keeps what it carries, as an inspecting proxy of a site would.
    let catching = crate::downgrade::catching(collector.address);
    let machine = Machine::new(&collector, &[catching.address]);
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    machine.prints(&["send", "usage"]);
    machine.prints(&["held", "--live"]);
    let caught = catching.caught();
    assert_eq!(caught.len(), 4, "two parts, and a question about each");
    // Nor does its length tell what a capsule is about.
    assert!(caught.iter().all(|capsule| capsule.len() == caught[0].len()));
    let heads = catching.heads();
    assert!(heads.iter().all(|head| *head == heads[0]), "nor what stands before it: {heads:?}");
    let preview = machine.prints(&["preview", "usage"]);
    let file = machine.folder.path().join("capsule");
    let open = |capsule: &[u8]| {
        std::fs::write(&file, capsule).unwrap();
        machine.run(&["ledger", "open", file.to_str().unwrap(), "--json"])
    };
    let mut parts = Vec::new();
    for capsule in &caught {
        let output = open(capsule);
        assert!(output.status.success());
        let opened: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(opened["capsule"], envelope::Digest::of(capsule).to_string());
        if opened["kind"] == "part" {
            assert_eq!(opened["same_as"]["receipted"], true, "{opened}");
            parts.push(opened["bytes"].as_str().unwrap().to_owned());
        }
    }
    parts.sort();
    let mut shown: Vec<_> = preview.lines().map(str::to_owned).collect();
    shown.sort();
    assert_eq!(parts, shown, "what was caught is what was shown, byte for byte");
    // What was sealed elsewhere, or changed on its way, is not taken for one's own.
    let (foreign, _) = gateway.seal("foreign");
    let mut changed = caught[0].clone();
    changed[99] ^= 1;
    for capsule in [foreign, changed, Vec::new()] {
        let output = open(&capsule);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stdout).contains("was not sealed here"));
    }
    machine.stayed_blind();
}

#[test]
fn what_is_gathered_is_sealed_at_once_where_the_keys_are_here() {
    let world = World::through_a_relay(3);
    let agree = |tier| world.agent().agree("usage", Some(tier), How::Cli, "en").unwrap();
    agree("basic");
    world.agent().send("usage").unwrap();
    let (fetches, packets) = (world.network.fetches(), world.network.packets().len());
    agree("full");
    world.agent().preview("usage", None, false).unwrap();
    let frozen = agent::outbox::all(&world.disk).unwrap().remove(0);
    let load = || Sealed::load(&world.disk, &frozen.channel, frozen.period).unwrap().parts;
    let [waiting] = load().try_into().unwrap();
    assert_eq!(waiting.part.as_str(), "features", "what was acknowledged waits no longer");
    // Nobody was asked for it, and what opens it again is in the ledger already.
    assert_eq!((world.network.fetches(), world.network.packets().len()), (fetches, packets));
    let lines = agent::ledger::entries(&world.disk).unwrap();
    let opened = agent::opening::open(&lines, waiting.capsule.as_bytes()).unwrap();
    let Content::Part { bytes, entry: None } = opened.content else { panic!("it did not leave") };
    assert!(bytes.contains("features"));
    // That very capsule is what then leaves.
    world.agent().send("usage").unwrap();
    let sealed = |line: &&Line| matches!(line.entry, Entry::Sealed { .. });
    let lines = agent::ledger::entries(&world.disk).unwrap();
    assert_eq!(lines.iter().filter(sealed).count(), 3);
    assert!(load().is_empty());
}
