//! A machine with the real agent, whose manifest names relays and a collector that nobody is to
//! reach: a recorder stands at its address.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::collector::Collector;
use crate::programs::built;

/// Counts whoever connects.
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Recorder {
    pub(crate) fn start() -> Self {
        // An address of its own, so that a recorder of system calls can tell it from others.
        let listener = TcpListener::bind("127.91.17.5:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(connection);
            }
        });
        Self { address, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

pub(crate) struct Machine {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) recorder: Recorder,
    pub(crate) program: &'static PathBuf,
}

/// A manifest's text with another collector and these relays.
pub(crate) fn with_relays(manifest: &str, collector: &str, relays: &[String]) -> String {
    let mut text = manifest.replace("https://stats.larkspur.example", collector);
    for relay in relays {
        text.push_str("\n[[program.relay]]\noperator = \"Example University\"\n");
        let _ = writeln!(text, "country = \"Norway\"\nurl = \"{relay}\"");
    }
    text
}

pub(crate) fn agent() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("candor-agent"))
}

impl Machine {
    /// With a manifest that pins this collector's root key and names these relays.
    pub(crate) fn new(collector: &Collector, relays: &[SocketAddr]) -> Self {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
            recorder: Recorder::start(),
            program: agent(),
        };
        machine.install(&collector.manifest(), relays);
        machine
    }

    /// Installs a manifest with these relays.
    pub(crate) fn install(&self, manifest: &str, relays: &[SocketAddr]) {
        let relays: Vec<_> = relays.iter().map(|relay| format!("http://{relay}")).collect();
        let place = format!("http://{}", self.recorder.address);
        let text = with_relays(manifest, &place, &relays);
        std::fs::write(self.folder.path().join("manifest.toml"), text).unwrap();
    }

    pub(crate) fn command(&self, program: &std::path::Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin");
        if program != self.program {
            command.args(["-f", "-qq", "-e", "trace=%network", "-o"]);
            command.arg(self.folder.path().join("trace")).arg(self.program);
        }
        command.args(arguments).args(["--timeout", "3"]);
        command.arg("--manifest").arg(self.folder.path().join("manifest.toml"));
        command.arg("--state").arg(self.folder.path().join("state"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(self.program, arguments).output().unwrap()
    }

    /// Runs a command that must work, and returns what it prints.
    pub(crate) fn prints(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.prints(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Runs a command that must fail, and returns what a person reads.
    pub(crate) fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} should have failed");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Runs a command under a recorder of system calls; `None` where there is none.
    pub(crate) fn recorded(&self, arguments: &[&str]) -> Option<String> {
        let output = self.command("strace".as_ref(), arguments).output().ok()?;
        output.status.code()?;
        std::fs::read_to_string(self.folder.path().join("trace")).ok()
    }

    /// Nobody connected to the collector's own address.
    pub(crate) fn stayed_blind(&self) {
        assert_eq!(self.recorder.connections(), 0, "something went to the collector directly");
    }

    /// The lines of the ledger of one kind.
    pub(crate) fn ledger(&self, kind: &str) -> Vec<Value> {
        let lines = self.json(&["ledger"]);
        let entries = lines.as_array().unwrap().iter().map(|line| line["entry"].clone());
        entries.filter(|entry| entry["kind"] == kind).collect()
    }
}
