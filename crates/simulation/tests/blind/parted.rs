//! Gathering apart from sending, as two users: who gathers seals and has no network, who sends has
//! no file, and what is between them is a socket.

use std::os::unix::net::{UnixListener, UnixStream};

use agent::carrying::{Ask, Tell, Through, answer, hear, say, take};
use agent::edge::clock::OsClock;
use agent::ports::{Clock as _, Reply};
use contract::environment::Environment;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use self::users::{GATHERS, Parted, SENDS, as_user};
use crate::program::remembers;

mod users;

#[test]
fn who_gathers_seals_and_who_sends_cannot_read() {
    let Some(parted) = Parted::new() else { return };
    let machine = &parted.machine;

    // Nobody sends yet: what is gathered waits, and nothing is lost.
    parted.gathered();
    parted.fall_due();
    let gather = parted.start("gather");
    let away = || gather.said.lock().unwrap().contains("the process that sends does not run");
    parted.until("it is said that nobody sends", &[&gather], away);
    drop(gather);

    parted.fall_due();
    let (gather, send) = parted.both();
    let receipts = || machine.ledger("receipt").len() == 2;
    parted.until("both parts have receipts", &[&gather, &send], receipts);

    // What the sender holds in memory, and what it could read.
    let parts: Vec<_> = machine.ledger("sending");
    let bytes: Vec<_> = parts.iter().map(|part| part["bytes"].as_str().unwrap()).collect();
    let id = send.id().unwrap();
    for part in &bytes {
        let tag = &part.split("\"tag\":\"").nth(1).unwrap()[..32];
        assert!(!remembers(id, tag.as_bytes()), "the sender holds a part");
    }
    assert!(remembers(id, parted.socket().to_str().unwrap().as_bytes()), "the search finds");
    let report = parted.report().unwrap();
    for file in [&report, &parted.path("state/ledger.jsonl"), &parted.path("state/secret")] {
        let read = |user| as_user(user, "cat".as_ref()).arg(file).output().unwrap();
        assert!(read(GATHERS).status.success(), "{}", file.display());
        assert!(!read(SENDS).status.success(), "{}", file.display());
    }

    // What was on the line is what the ledger opens, byte for byte.
    let caught = parted.catching.caught();
    assert_eq!(caught.len(), 2);
    let file = parted.path("capsule");
    for capsule in caught {
        std::fs::write(&file, &capsule).unwrap();
        let opened = machine.json(&["ledger", "open", file.to_str().unwrap()]);
        assert_eq!(opened["same_as"]["receipted"], true, "{opened}");
        assert!(bytes.contains(&opened["bytes"].as_str().unwrap()), "{opened}");
    }
    machine.stayed_blind();

    // What each touched: no file of the state for the one, no network for the other.
    let state = parted.path("state").display().to_string();
    let trace = send.recorded();
    assert!(trace.contains("manifest.toml") && trace.contains("AF_INET"), "{trace}");
    assert!(!trace.contains(&state), "{trace}");
    let trace = gather.recorded();
    assert!(trace.contains(&state) && trace.contains("AF_UNIX"), "{trace}");
    assert!(!trace.contains("AF_INET"), "{trace}");
}

#[test]
fn a_withdrawal_and_fresh_keys_go_the_same_way() {
    let Some(parted) = Parted::new() else { return };
    let machine = &parted.machine;
    parted.gathered();
    parted.fall_due();
    let (gather, send) = parted.both();
    let receipts = || machine.ledger("receipt").len() == 2;
    parted.until("both parts have receipts", &[&gather, &send], receipts);
    drop(gather);

    // Deletions that fall due are asked for by whoever keeps the state.
    machine.prints(&["withdraw", "usage"]);
    let path = parted.path("state/deletions.json");
    let mut planned: Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for deletion in planned["pending"].as_array_mut().unwrap() {
        deletion["due"] = json!(OsClock.now() - SignedDuration::from_secs(10));
    }
    std::fs::write(&path, planned.to_string()).unwrap();
    // The keys are too old to be used once more: new ones come through the sender, too.
    let path = parted.path("state/gateway-keys.json");
    let mut keys: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    keys["documents"][0]["at"] = json!(OsClock.now() - SignedDuration::from_hours(25));
    std::fs::write(&path, keys.to_string()).unwrap();
    parted.hand_over();
    let gather = parted.start("gather");
    let tombstones = || machine.ledger("tombstone").len() == 2;
    parted.until("both are deleted", &[&gather, &send], tombstones);
    let keys: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let fetched: Timestamp = serde_json::from_value(keys["documents"][0]["at"].clone()).unwrap();
    assert!(OsClock.now().duration_since(fetched) < SignedDuration::from_hours(1), "{keys}");
    assert_eq!(parted.catching.caught().len(), 4);
    machine.stayed_blind();
}

/// A sender of the test's own: brings the keys, takes one capsule, and breaks off at this moment.
fn break_off(listener: &UnixListener, moment: &str, keys: &[u8]) -> UnixStream {
    loop {
        let (mut stream, _) = listener.accept().unwrap();
        match (hear::<Ask>(&mut stream).unwrap(), moment) {
            (Ask::Environment, _) => {
                let nothing = Environment::read("the process that sends", |_| None);
                say(&mut stream, &Tell::Environment(nothing)).unwrap();
            }
            (Ask::Carry(_), "before it is ready") => return stream,
            (Ask::Carry(_), _) => {
                say(&mut stream, &Tell::Ready).unwrap();
                if moment != "when it is ready" {
                    take(&mut stream, 1 << 16).unwrap();
                }
                if moment == "when it has left" {
                    say(&mut stream, &Tell::Left).unwrap();
                }
                return stream;
            }
            (Ask::Keys(_) | Ask::Policy, _) => {
                let body = keys.to_vec();
                let reply = Reply { status: 200, retry_after_seconds: None, body };
                answer(&mut stream, Ok(reply)).unwrap();
            }
        }
    }
}

#[test]
fn whenever_the_sender_ends_nothing_is_lost_and_nothing_counts_twice() {
    let Some(parted) = Parted::new() else { return };
    let machine = &parted.machine;
    parted.gathered();
    for moment in ["before it is ready", "when it is ready", "when it has it", "when it has left"] {
        let listener = parted.listen();
        parted.fall_due();
        let gather = parted.start("gather");
        drop(break_off(&listener, moment, &parted.keys()));
        let broke = || gather.said.lock().unwrap().contains("the process that sends broke off");
        parted.until(moment, &[&gather], broke);
        std::fs::remove_file(parted.socket()).unwrap();
        assert_eq!(machine.ledger("receipt").len(), 0);
    }
    parted.fall_due();
    let (gather, send) = parted.both();
    let receipts = || machine.ledger("receipt").len() == 2;
    parted.until("both parts have receipts", &[&gather, &send], receipts);
    let proof = machine.json(&["ledger", "verify"]);
    assert_eq!((&proof["sent"], &proof["receipted"]), (&2.into(), &2.into()), "{proof}");
    assert_eq!((&proof["unanswered"], &proof["whole"]), (&0.into(), &true.into()), "{proof}");
    assert_eq!(parted.catching.caught().len(), 2);
}

#[test]
fn what_the_senders_environment_forbids_is_forbidden_and_has_a_name() {
    let Some(parted) = Parted::new() else { return };
    parted.gathered();
    parted.fall_due();
    let send = parted.start_with("send", &[("DO_NOT_TRACK", "1")]);
    parted.until("there is a socket", &[&send], || parted.socket().exists());
    let gather = parted.start("gather");
    let why = || parted.machine.prints(&["why", "usage"]).replace('\n', " ");
    parted.until("it is known", &[&gather, &send], || why().contains("the process that sends"));
    assert!(why().contains("DO_NOT_TRACK"), "{}", why());
    drop((gather, send));
    assert!(parted.catching.caught().is_empty());
    assert!(parted.machine.ledger("sending").is_empty());
}

#[test]
fn a_no_is_in_time_until_the_capsule_is_handed_over() {
    let Some(parted) = Parted::new() else { return };
    parted.gathered();
    let listener = parted.listen();
    parted.fall_due();
    let gather = parted.start("gather");
    // The connection to the relay stands, and somebody changes their mind.
    let mut stream = break_off(&listener, "before it is ready", &parted.keys());
    parted.machine.prints(&["decline", "usage"]);
    say(&mut stream, &Tell::Ready).unwrap();
    assert!(take(&mut stream, 1 << 16).is_err(), "a capsule was handed over after a no");
    drop(gather);
}

#[test]
fn the_sender_carries_to_the_relays_that_were_named_and_to_nobody_else() {
    let Some(parted) = Parted::new() else { return };
    let ask = |relay: String| {
        let mut told = Vec::new();
        let through = Through { relay, fleet: None };
        for ask in [Ask::Keys(through.clone()), Ask::Carry(through)] {
            let mut stream = UnixStream::connect(parted.socket()).unwrap();
            say(&mut stream, &ask).unwrap();
            told.push(hear::<Tell>(&mut stream).unwrap());
        }
        told
    };
    let refused = |told: &[Tell], words: &str| {
        told.iter().all(|tell| matches!(tell, Tell::Silent { why } if why.contains(words)))
    };
    let own = format!("http://{}", parted.catching.address);
    let elsewhere = format!("http://{}", parted.machine.recorder.address);
    let send = parted.start("send");
    parted.until("there is a socket", &[&send], || parted.socket().exists());
    let told = ask(own.clone());
    assert!(matches!(told[..], [Tell::Replied { status: 200, .. }, Tell::Ready]), "{told:?}");
    for relay in [elsewhere, format!("{own}/"), format!("{own}@127.0.0.1")] {
        let told = ask(relay);
        assert!(refused(&told, "knows no relay"), "{told:?}");
    }
    parted.machine.stayed_blind();
    drop(send);
    std::fs::remove_file(parted.socket()).unwrap();
    let send = parted.start_with("send", &[("CANDOR_TELEMETRY", "0")]);
    parted.until("there is a socket", &[&send], || parted.socket().exists());
    let told = ask(own);
    assert!(refused(&told, "CANDOR_TELEMETRY"), "{told:?}");
    // What broke off before it had a capsule brought none.
    assert!(parted.catching.caught().iter().all(Vec::is_empty));
}
