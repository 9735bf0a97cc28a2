//! Promises about silence, at the socket: the real program under a recorder of system calls.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use simulation::larkspur::FIRST;

use crate::programs::built;

/// The real program.
fn program() -> PathBuf {
    built("candor-agent")
}

struct Machine {
    folder: tempfile::TempDir,
    connections: Arc<AtomicUsize>,
    program: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let collector = TcpListener::bind("127.0.0.1:0").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let address = format!("http://{}", collector.local_addr().unwrap());
        let manifest = FIRST.replace("https://stats.larkspur.example", &address);
        std::fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        // Hangs up at once; ends with the test's process.
        std::thread::spawn(move || {
            for connection in collector.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(connection);
            }
        });
        Self { folder, connections, program: program() }
    }

    fn arguments(&self, command: &[&str]) -> Vec<String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let mut all: Vec<String> = command.iter().map(ToString::to_string).collect();
        all.extend(["--manifest".into(), path("manifest.toml")]);
        all.extend(["--state".into(), path("state")]);
        all
    }

    /// Runs a command under the recorder, if there is one, and returns the network system calls.
    fn recorded(&self, command: &[&str], environment: &[(&str, &str)]) -> Option<String> {
        let trace = self.folder.path().join("trace");
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "trace=%network", "-o"]).arg(&trace).arg(&self.program);
        let output = clean(strace.args(self.arguments(command)), environment).output().ok()?;
        let recorded = std::fs::read_to_string(&trace).ok()?;
        let _ = std::fs::remove_file(trace);
        output.status.code().map(|_| recorded)
    }

    fn run(&self, command: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut program = Command::new(&self.program);
        clean(program.args(self.arguments(command)), environment).output().unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Without what the machine that runs the test says about telemetry.
fn clean<'c>(command: &'c mut Command, environment: &[(&str, &str)]) -> &'c mut Command {
    for name in ["CANDOR_TELEMETRY", "DO_NOT_TRACK", "CANDOR_MANIFEST", "CANDOR_STATE"] {
        command.env_remove(name);
    }
    command.env_remove("CANDOR_COLLECTOR").envs(environment.iter().copied())
}

const EVERYTHING: &[&[&str]] = &[
    &["status"],
    &["why", "usage"],
    &["ask"],
    &["preview", "usage"],
    &["preview", "devices"],
    &["send", "usage"],
    &["tick"],
    &["ledger"],
    &["ledger", "verify"],
    &["held"],
    &["held", "--live"],
    &["policy", "show"],
    &["policy", "sync"],
    &["manifest", "check"],
    &["manifest", "statement"],
    &["withdraw", "usage"],
    &["withdraw", "--all", "--now"],
    &["tick"],
];

/// Runs every command; nothing may touch an internet socket, whatever else it does.
fn nothing_leaves(machine: &Machine, environment: &[(&str, &str)]) {
    for command in EVERYTHING {
        match machine.recorded(command, environment) {
            Some(calls) => assert!(!calls.contains("AF_INET"), "{command:?}: {calls}"),
            None => println!("no recorder here; {command:?} is checked at the collector alone"),
        }
        machine.run(command, environment);
        assert_eq!(machine.connections(), 0, "{command:?} reached the collector");
    }
}

// Promise 7, at the socket.
#[test]
fn while_unset_no_packet_leaves_and_no_name_is_looked_up() {
    nothing_leaves(&Machine::new(), &[]);
}

// Promise 8, at the socket.
#[test]
fn after_a_no_no_packet_leaves() {
    let machine = Machine::new();
    assert!(machine.run(&["agree", "usage", "--tier", "full"], &[]).status.success());
    assert!(machine.run(&["decline", "usage"], &[]).status.success());
    nothing_leaves(&machine, &[]);
}

// Promise 5, at the socket: the environment of the command wins over a yes.
#[test]
fn under_a_variable_that_forbids_no_packet_leaves() {
    let machine = Machine::new();
    assert!(machine.run(&["agree", "usage", "--tier", "full"], &[]).status.success());
    nothing_leaves(&machine, &[("DO_NOT_TRACK", "1")]);
    nothing_leaves(&machine, &[("CANDOR_TELEMETRY", "maybe")]);
}

// Promise 32, at the socket: with a yes in force, looking opens nothing.
#[test]
fn a_preview_touches_no_socket_even_after_a_yes() {
    silent_after_a_yes(&[&["preview", "usage"], &["preview", "usage", "--fresh"], &["status"]]);
}

// Promise 30, at the socket: nobody is told that nothing is told any more.
#[test]
fn saying_no_touches_no_socket() {
    silent_after_a_yes(&[&["decline", "usage"], &["tick"]]);
}

// Promise 15, at the socket: whatever the product runs or waits for opens no connection and looks
// up no name, also while parts wait to be sent, so that no network can hold it up.
#[test]
fn what_a_product_waits_for_touches_no_socket_also_while_something_waits_to_be_sent() {
    let machine = Machine::new();
    assert!(machine.run(&["agree", "usage", "--tier", "full"], &[]).status.success());
    assert!(!machine.run(&["send", "usage"], &[("CI", "")]).status.success());
    let before = machine.connections();
    assert!(before > 0, "parts wait, and somebody tried");
    for command in [
        &["ask", "--installer"][..],
        &["ask"],
        &["status"],
        &["status", "--json"],
        &["why", "usage"],
        &["preview", "usage"],
        &["agree", "devices"],
        &["ledger"],
        &["held"],
        &["policy", "show"],
        &["manifest", "check"],
        &["airgap", "on"],
        &["airgap", "off"],
        &["decline", "devices"],
        &["decline", "usage"],
    ] {
        if let Some(calls) = machine.recorded(command, &[]) {
            assert!(!calls.contains("AF_INET"), "{command:?}: {calls}");
        }
        machine.run(command, &[]);
        assert_eq!(machine.connections(), before, "{command:?} reached the collector");
    }
}

fn silent_after_a_yes(commands: &[&[&str]]) {
    let machine = Machine::new();
    assert!(machine.run(&["agree", "usage", "--tier", "full"], &[]).status.success());
    for command in commands {
        if let Some(calls) = machine.recorded(command, &[]) {
            assert!(!calls.contains("AF_INET"), "{command:?}: {calls}");
        }
        assert_eq!(machine.connections(), 0, "{command:?} reached the collector");
    }
}

// The recorder must be able to see something, or the tests above prove nothing.
#[test]
fn after_a_yes_the_recorder_sees_the_connection() {
    let machine = Machine::new();
    assert!(machine.run(&["agree", "usage", "--tier", "full"], &[]).status.success());
    if let Some(calls) = machine.recorded(&["send", "usage"], &[("CI", "")]) {
        assert!(calls.contains("AF_INET"), "{calls}");
    }
    assert!(machine.connections() > 0);
    assert!(Path::new(&machine.program).exists());
}
