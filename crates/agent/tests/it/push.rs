//! Pushing, with the real program: with a service and without one, across the end of both sides.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Stdio};

use ::push::{Counter, Push};

use crate::machine::Machine;

const QUESTIONS: &str = r#"
[[channel.part]]
id = "logins"
tier = "basic"

[[channel.part.field]]
id = "logins"
question = "How often did somebody log in?"
purpose = "support"
kind = "count"
unit = "logins"
buckets = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000]
max = 100000
expires = 2029-12-31
source = { push = "sum" }

[[channel.part]]
id = "searches"
tier = "basic"

[[channel.part.field]]
id = "searches"
question = "What was searched?"
purpose = "support"
kind = "counts"
choices = ["graph"]
unit = "searches"
buckets = [0, 1, 2, 3]
max = 1000
expires = 2029-12-31
source = { push = "sum" }
"#;

/// A machine whose product pushes.
fn machine() -> Machine {
    let machine = Machine::new("https://127.0.0.1:9");
    let path = machine.path("manifest.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let second = manifest.rfind("[[channel]]\n").unwrap();
    let (usage, other) = manifest.split_at(second);
    std::fs::write(path, [usage, QUESTIONS, "\n", other].concat()).unwrap();
    machine
}

/// A service that runs, until it is killed as nobody can refuse.
struct Service(Child);

impl Service {
    fn start(machine: &Machine) -> Self {
        let mut command = machine.command(&["run"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Pushes until the service has taken everything: it may still be starting.
#[track_caller]
fn hand_over(counter: &Counter) {
    let taken = (0..2_000_000).any(|_| {
        counter.add(0);
        std::thread::yield_now();
        counter.kept() == 0
    });
    assert!(taken, "the service took nothing");
}

/// Looks until the draft says this: the service reads its socket when it comes to it.
#[track_caller]
fn shows(machine: &Machine, words: &str) {
    let mut seen = String::new();
    let found = (0..500).any(|_| {
        seen = machine.prints(&["preview", "usage"]);
        seen.contains(words)
    });
    assert!(found, "{words} is not in {seen}");
}

#[test]
fn without_a_service_a_push_is_written_into_the_state_folder() {
    let machine = machine();
    for _ in 0..3 {
        machine.prints(&["push", "logins"]);
    }
    machine.prints(&["push", "logins", "--number", "2"]);
    machine.prints(&["push", "searches", "graph"]);
    machine.prints(&["push", "searches", "canary-5f3a9c"]);
    let shown = machine.prints(&["preview", "usage"]);
    assert!(shown.contains("\"logins\":\"5\""), "{shown}");
    assert!(shown.contains("{\"graph\":\"1\",\"other\":\"1\"}"), "{shown}");
    let kept = std::fs::read_to_string(machine.path("state").join("pushed")).unwrap();
    assert!(!kept.contains("canary"), "{kept}");
    let said = machine.prints(&["push", "logins", "--json"]);
    assert!(said.contains("the state folder"), "{said}");
}

#[test]
fn counters_survive_the_end_of_the_service_and_of_the_product() {
    let machine = machine();
    let socket = machine.path("state").join("push.sock");
    // The product is there first, and counts while nobody listens.
    let logins = Push::to(&socket).counter("logins");
    logins.add(1);
    {
        let _service = Service::start(&machine);
        hand_over(&logins);
        shows(&machine, "\"logins\":\"1\"");
        assert!(machine.prints(&["push", "logins", "--json"]).contains("the service"));
        shows(&machine, "\"logins\":\"2\"");
    }
    // Killed; what it had taken is there, and what comes meanwhile waits.
    shows(&machine, "\"logins\":\"2\"");
    logins.add(1);
    drop(logins);
    let again = Push::to(&socket).counter("logins");
    again.add(3);
    let _service = Service::start(&machine);
    hand_over(&again);
    shows(&machine, "\"logins\":\"5\"");
}

#[test]
fn what_is_pushed_wrongly_is_refused_by_name() {
    let machine = machine();
    for (arguments, words) in [
        (&["push", "passwords"][..], "names no question that is pushed"),
        (&["push", "os", "debian"], "the questions that are pushed are logins, searches"),
        (&["push", "logins", "word"], "has a word where the question takes none"),
        (&["push", "searches"], "or none where it needs one"),
    ] {
        let error = machine.fails(arguments);
        assert!(error.contains(words), "{error}");
    }
    assert!(!machine.path("state").exists(), "a refused push made a folder");
}

#[test]
fn a_flood_of_rubbish_neither_stops_nor_fills_the_service() {
    let machine = machine();
    let socket = machine.path("state").join("push.sock");
    let service = Service::start(&machine);
    let logins = Push::to(&socket).counter("logins");
    logins.add(1);
    hand_over(&logins);
    let hostile = UnixDatagram::unbound().unwrap();
    hostile.set_nonblocking(true).unwrap();
    let huge = vec![b'x'; 100_000];
    for number in 0..50_000_u32 {
        let line = match number % 4 {
            0 => format!("canary{number} 1").into_bytes(),
            1 => format!("searches 9007199254740991 canary{number}").into_bytes(),
            2 => b"\xff\0\n".to_vec(),
            _ => huge.clone(),
        };
        let _ = hostile.send_to(&line, &socket);
    }
    logins.add(1);
    hand_over(&logins);
    shows(&machine, "\"logins\":\"2\"");
    drop(service);
    let kept = std::fs::read(machine.path("state").join("pushed")).unwrap();
    assert!(kept.len() < 2 << 20, "{} bytes", kept.len());
    assert!(!String::from_utf8_lossy(&kept).contains("canary"));
}
