//! A fictional vendor: its root, its manifest, its data folder, its running collector.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use collector::edge::keys;
use contract::calendar::add_days;
use contract::id::ProgramId;
use contract::manifest::Manifest;
use disk::OsDisk;
use envelope::{Digest, KeyPurpose, Receipt, RootPublic, TagKey};
use jiff::civil::Date;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{self, Answer};

/// The day on which most tests happen, a Friday.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 20);

pub(crate) struct Vendor {
    pub(crate) folder: TempDir,
    pub(crate) manifest: Manifest,
    pub(crate) root: RootPublic,
}

impl Vendor {
    /// With keys for receipts and releases.
    pub(crate) fn new() -> Self {
        let vendor = Self::without_keys();
        vendor.issue("larkspur");
        vendor
    }

    /// With a key for what is sealed to as well.
    pub(crate) fn sealed_to() -> Self {
        let vendor = Self::new();
        vendor.issue_for("larkspur", &[KeyPurpose::Ohttp]);
        vendor
    }

    /// Keys of a program for receipts and releases.
    pub(crate) fn issue(&self, program: &str) {
        self.issue_for(program, &[KeyPurpose::Receipt, KeyPurpose::Release]);
    }

    fn issue_for(&self, program: &str, purposes: &[KeyPurpose]) {
        let disk = OsDisk::open(&self.data()).unwrap();
        let root = keys::read_root(&self.path("root.key")).unwrap();
        let program = ProgramId::parse(program).unwrap();
        for purpose in purposes {
            let when = (add_days(TODAY, -30), 365);
            keys::issue(&disk, &root, (&program, *purpose), when).unwrap();
        }
    }

    pub(crate) fn without_keys() -> Self {
        Self::changed(&[])
    }

    /// Without keys, and with pieces of the manifest's text replaced.
    pub(crate) fn changed(changes: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = keys::create_root(&folder.path().join("root.key")).unwrap().public();
        let mut text = include_str!("larkspur.toml").replace("ROOT", &root.to_string());
        for (from, to) in changes {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, to);
        }
        let manifest = Manifest::parse(&text).unwrap();
        let vendor = Self { folder, manifest, root };
        vendor.write("manifest.toml", &text);
        vendor
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        use std::io::Write as _;
        std::fs::File::create(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The program's hash of a part's definition.
    pub(crate) fn definition(&self, part: &str) -> Digest {
        let definitions = self.manifest.definitions();
        definitions.iter().find(|definition| definition.part.as_str() == part).unwrap().hash()
    }

    /// A part of the channel `usage`, with a value that is easy to find.
    pub(crate) fn part(&self, key: &TagKey, period: &str, os: &str) -> Vec<u8> {
        self.part_with(key, period, "platform", &json!({"devices": "1-9", "os": os}))
    }

    pub(crate) fn part_with(
        &self,
        key: &TagKey,
        period: &str,
        part: &str,
        answers: &Value,
    ) -> Vec<u8> {
        let part = json!({
            "answers": answers,
            "channel": "usage",
            "definition": self.definition(part).to_string(),
            "part": part,
            "period": period,
            "program": "larkspur",
            "tag": key.tag().to_string(),
        });
        contract::canonical::to_bytes(&part).unwrap()
    }

    /// A command of the collector that is not started yet.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_candor-collector"));
        command.env_clear().arg("--data").arg(self.data()).args(arguments);
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A rehearsal server on [`TODAY`].
    pub(crate) fn serve(&self) -> Server {
        self.serve_on(TODAY, &[])
    }

    pub(crate) fn serve_on(&self, today: Date, more: &[&str]) -> Server {
        Server::start(self.server(today, more))
    }

    /// A rehearsal server that is not started yet.
    pub(crate) fn server(&self, today: Date, more: &[&str]) -> Command {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--rehearsal"]);
        command.arg("--manifest").arg(self.path("manifest.toml"));
        command.arg("--today").arg(today.to_string()).args(more);
        command
    }

    /// The receipt in an answer, believed.
    pub(crate) fn receipt(&self, answer: &Answer, part: &[u8]) -> Receipt {
        let receipt: Receipt = serde_json::from_slice(&answer.body).unwrap();
        receipt.verify(&[self.root], &Digest::of(part)).unwrap();
        receipt
    }
}

/// A key that no secret was needed for.
pub(crate) fn key(number: u64) -> TagKey {
    format!("{number:064x}").parse().unwrap()
}

/// A running collector.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) scheme: String,
}

impl Server {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let mut error = String::new();
            child.stderr.as_mut().unwrap().read_to_string(&mut error).unwrap();
            panic!("not started: {error}");
        };
        let (scheme, address) = url.split_once("://").unwrap();
        Self { child, address: address.parse().unwrap(), scheme: scheme.to_owned() }
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let request = client::request(method, path, headers, body);
        client::exchange(self.address, &request).expect("an answer")
    }

    pub(crate) fn post(&self, part: &[u8]) -> Answer {
        self.send("POST", "/v1/larkspur/usage", &["content-type: application/json"], part)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// Asks with the keys of tags as proof.
    pub(crate) fn held(&self, method: &str, keys: &[&TagKey]) -> Answer {
        let keys: Vec<String> =
            keys.iter().map(|key| format!("candor-key: {}", key.to_hex())).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        self.send(method, "/v1/larkspur/usage/held", &keys, b"")
    }

    /// The most memory that the process had resident.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let mut status = String::new();
        std::fs::File::open(path).unwrap().read_to_string(&mut status).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// The next line of the log that has this word. What is read with it is not in what
    /// [`Self::stop`] gives.
    pub(crate) fn logs(&mut self, word: &str) -> String {
        let log = BufReader::new(self.child.stderr.as_mut().unwrap());
        log.lines().map(Result::unwrap).find(|line| line.contains(word)).expect("such a line")
    }

    /// SIGKILL: as if the power failed, for everything that the process held.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Another signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// SIGTERM; waits for the end and gives what was logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(status.success(), "{log}");
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every file below a folder that holds the bytes.
pub(crate) fn files_with(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
            continue;
        }
        let mut content = Vec::new();
        std::fs::File::open(&path).unwrap().read_to_end(&mut content).unwrap();
        if content.windows(bytes.len()).any(|window| window == bytes) {
            found.push(path);
        }
    }
    found
}
