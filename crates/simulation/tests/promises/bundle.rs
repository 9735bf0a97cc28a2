//! Promises about what is carried out of an air gap by hand, with the real programs on both sides
//! and ordinary tools in between.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use contract::decision::How;
use simulation::larkspur::{FIRST, manifest};
use simulation::world::World;

use crate::programs::built;

/// A machine inside an air gap, a vendor outside, and a folder that is carried between them.
struct Gap {
    folder: tempfile::TempDir,
    agent: PathBuf,
    collector: PathBuf,
}

impl Gap {
    fn new() -> Self {
        let (agent, collector) = (built("candor-agent"), built("candor-collector"));
        let gap = Self { folder: tempfile::tempdir().unwrap(), agent, collector };
        let root = gap.collects(&["keys", "root", "--out", &gap.path("root.key")]);
        let root = root.split_whitespace().find(|word| word.starts_with("ed25519:")).unwrap();
        let root = root.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let pinned = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        std::fs::write(gap.path("manifest.toml"), FIRST.replace(pinned, root)).unwrap();
        gap.collects(&["keys", "issue", "--root", &gap.path("root.key"), "--program", "larkspur"]);
        // The vendor's collector has served this manifest before; it is stopped for the import.
        stop(gap.serving());
        gap
    }

    /// The vendor's collector, at work.
    fn serving(&self) -> Child {
        let mut server = self.command(&self.collector);
        server.args(["--data", &self.path("data"), "serve", "--listen", "127.0.0.1:0"]);
        server.args(["--manifest", &self.path("manifest.toml")]).stdout(Stdio::piped());
        let mut server = server.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening"), "{line}");
        server
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
    }

    fn try_agent(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&self.agent);
        command.args(["--manifest", "manifest.toml", "--state", "state"]).args(arguments);
        command.output().unwrap()
    }

    fn tells(&self, arguments: &[&str]) -> String {
        said(&self.try_agent(arguments))
    }

    fn try_collector(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(&self.collector);
        command.args(["--data", "data"]).args(arguments).output().unwrap()
    }

    fn collects(&self, arguments: &[&str]) -> String {
        said(&self.try_collector(arguments))
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Inside the gap somebody agreed, and made a bundle.
    fn exported() -> Self {
        let gap = Self::new();
        gap.tells(&["airgap", "on"]);
        gap.tells(&["agree", "usage", "--tier", "basic"]);
        gap.tells(&["bundle", "export", "larkspur.bundle"]);
        gap
    }
}

fn stop(mut server: Child) {
    server.kill().and_then(|()| server.wait()).unwrap();
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_bundle_is_what_preview_shows_and_ordinary_tools_can_check_it() {
    let gap = Gap::exported();
    let bundle = gap.read("larkspur.bundle");
    // The air gap keeps previews as drafts, so the sent bytes are compared with the ledger's.
    let in_ledger = gap.tells(&["ledger", "--json"]);
    let parts: Vec<_> = bundle.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(parts.len(), 2, "{bundle}");
    for part in &parts {
        let escaped = serde_json::to_string(part).unwrap();
        assert!(in_ledger.contains(&escaped), "{part} is in the ledger");
    }
    assert!(bundle.contains("Nothing else of this machine is in here."));
    let commands = include_str!("../../../../docs/guide/operator.md");
    let mark = "<!-- bundle: these commands are run by a test -->\n```\n";
    let (_, after) = commands.split_once(mark).unwrap();
    let commands = after.split_once("\n```").unwrap().0;
    let check = || {
        let mut shell = gap.command(&PathBuf::from("/bin/sh"));
        shell.args(["-e", "-c", commands]).output().unwrap()
    };
    let output = check();
    if String::from_utf8_lossy(&output.stderr).contains("openssl: not found") {
        println!("skipped: there is no openssl on this machine");
        return;
    }
    assert!(said(&output).contains("Signature Verified Successfully"));
    std::fs::write(gap.path("larkspur.bundle"), bundle.replacen("parts 2", "parts 3", 1)).unwrap();
    assert!(!check().status.success());
}

#[test]
fn receipts_are_carried_back_and_leaving_the_gap_starts_nothing() {
    let gap = Gap::exported();
    let taken = gap.collects(&["import", "larkspur.bundle", "--receipts", "receipts"]);
    assert!(taken.starts_with("2 of 2 parts taken."), "{taken}");
    let held = gap.tells(&["held"]);
    let read = gap.tells(&["bundle", "import", "receipts"]);
    assert_eq!(read, "2 receipts verified and in the ledger.\n");
    assert_ne!(gap.tells(&["held"]), held, "the receipts are known");
    gap.tells(&["ledger", "verify"]);
    // The same again changes nothing, on either side.
    let again = gap.collects(&["import", "larkspur.bundle", "--receipts", "again"]);
    assert!(again.starts_with("2 of 2 parts taken."), "{again}");
    assert_eq!(gap.read("receipts"), gap.read("again"), "the same receipts");
    assert!(gap.tells(&["bundle", "import", "again"]).contains("2 receipts known before."));
    let nothing = refused(&gap.try_agent(&["bundle", "export", "second.bundle"]));
    assert!(nothing.contains("there is nothing to carry"), "{nothing}");

    gap.tells(&["airgap", "off"]);
    let status = gap.tells(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let channels = status["channels"].as_array().unwrap();
    assert!(channels.iter().all(|channel| channel["sends"] == false), "{status}");
    assert_eq!(channels[0]["decision"], "not decided");
}

#[test]
fn a_bundle_that_was_changed_on_its_way_is_refused_whole() {
    let gap = Gap::exported();
    let good = gap.read("larkspur.bundle");
    for (what, bad) in [
        ("changed", good.replacen("\"usage\"", "\"usagf\"", 1)),
        ("cut", good[..good.len() / 2].to_owned()),
        ("empty", String::new()),
    ] {
        std::fs::write(gap.path("bad"), bad).unwrap();
        let error = refused(&gap.try_collector(&["import", "bad", "--receipts", "none"]));
        assert!(error.contains("nothing was imported"), "{what}: {error}");
        assert!(!gap.folder.path().join("none").exists(), "{what}");
    }
    let other = "0".repeat(64);
    let arguments = ["import", "larkspur.bundle", "--receipts", "none", "--expect", &other];
    assert!(refused(&gap.try_collector(&arguments)).contains("another was expected"));
    let value: serde_json::Value =
        serde_json::from_str(&gap.collects(&["verify", "--json"])).unwrap_or_default();
    assert!(!value.to_string().contains("debian"));
}

#[test]
fn beside_a_running_server_nothing_is_imported_and_it_is_said_what_to_do() {
    let gap = Gap::exported();
    let server = gap.serving();
    let import = ["import", "larkspur.bundle", "--receipts", "receipts"];
    let output = gap.try_collector(&import);
    stop(server);
    let error = refused(&output);
    for words in ["nothing was imported", "another candor-collector is at work", "stop that one"] {
        assert!(error.contains(words), "{words}: {error}");
    }
    assert!(!gap.folder.path().join("receipts").exists());
    assert!(gap.collects(&import).starts_with("2 of 2 parts taken."));
}

#[test]
fn receipts_of_somebody_else_are_not_believed() {
    let (gap, other) = (Gap::exported(), Gap::exported());
    other.collects(&["import", "larkspur.bundle", "--receipts", "receipts"]);
    std::fs::copy(other.path("receipts"), gap.path("receipts")).unwrap();
    let output = gap.try_agent(&["bundle", "import", "receipts"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("0 receipts verified") && text.contains("never left here"), "{text}");
}

#[test]
fn nothing_is_exported_that_nobody_agreed_to() {
    let gap = Gap::new();
    gap.tells(&["airgap", "on"]);
    assert!(refused(&gap.try_agent(&["bundle", "export", "one"])).contains("nothing to carry"));
    gap.tells(&["agree", "usage", "--tier", "basic"]);
    gap.tells(&["decline", "usage"]);
    assert!(refused(&gap.try_agent(&["bundle", "export", "one"])).contains("nothing to carry"));
    assert!(!gap.folder.path().join("one").exists());
    // And the air gap itself still sends nothing.
    gap.tells(&["agree", "usage", "--tier", "basic"]);
    assert!(refused(&gap.try_agent(&["send", "usage"])).contains("usage is off"));
}

// The parts are at the vendor then, and stay: what is refused here is the proof of a promise.
#[test]
fn a_receipt_that_is_brought_back_and_promises_to_keep_longer_is_not_believed() {
    let world = World::new(5);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    world.agent().airgap(true).unwrap();
    let carried = world.agent().by_hand().export_bundle().unwrap();
    // The vendor has another manifest meanwhile, and keeps twice as long.
    let longer = FIRST.replace("retention_days = 90", "retention_days = 180");
    world.network.load(&manifest(&longer, &world.network.root()));
    let receipts = world.carry_by_hand(&carried.text).unwrap().unwrap();
    let returned = world.agent().import_receipts(&receipts).unwrap();
    assert_eq!(returned.acknowledged, 0);
    assert_eq!(returned.doubtful.len(), carried.parts);
    assert!(returned.doubtful[0].contains("it would be kept until"), "{returned:?}");
    // Nobody has to believe it twice: the parts still wait for a receipt.
    assert_eq!(world.agent().by_hand().export_bundle().unwrap().parts, carried.parts);
}
