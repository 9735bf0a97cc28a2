//! The commands and files of the fleet's guide, as they stand there.

use std::process::{Command, Output};

use contract::policy::{PolicyFile, SIGNED_BY};
use serde_json::Value;

use crate::machine::Machine;

const GUIDE: &str = include_str!("../../../../docs/guide/fleet.md");

/// The block that follows a mark.
fn block(mark: &str) -> &'static str {
    let (_, after) = GUIDE.split_once(&format!("<!-- fleet: {mark} -->\n```")).unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    after.split_once("\n```").unwrap().0
}

/// Runs a line of the guide on a machine.
fn typed(machine: &Machine, line: &str, policy: &str) -> Output {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", line]);
    on(machine, shell, policy).output().unwrap()
}

/// A command on a machine where the program has its usual name.
fn on(machine: &Machine, mut command: Command, policy: &str) -> Command {
    let bin = machine.path("bin");
    let _ = std::fs::create_dir(&bin);
    let program = env!("CARGO_BIN_EXE_candor-agent");
    let _ = std::os::unix::fs::symlink(program, bin.join("candor-agent"));
    command.current_dir(machine.folder.path()).env_clear();
    command.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    command.env("CANDOR_MANIFEST", machine.path("manifest.toml"));
    command.env("CANDOR_STATE", machine.path("state"));
    command.env("CANDOR_POLICY", machine.path(policy));
    command
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_node_with_the_placed_policy_does_what_the_guide_says() {
    let machine = Machine::new("https://127.0.0.1:1");
    let placed = block("candor/policy.toml");
    PolicyFile::parse(placed).unwrap();
    std::fs::write(machine.path("policy.toml"), placed).unwrap();
    let state = block("candor/init.sls");
    let synced = state.lines().find_map(|line| line.trim().strip_prefix("- name: candor-agent"));
    said(&typed(&machine, &format!("candor-agent{}", synced.unwrap()), "policy.toml"));
    for line in block("run on a node").lines() {
        let text = said(&typed(&machine, line, "policy.toml"));
        let expected = match line {
            "candor-agent status" => "One report leaves this machine once a day: Usage.",
            "candor-agent why usage" => "usage is on, at “basic”.",
            _ => "permitted up to basic",
        };
        assert!(text.contains(expected), "{line}: {text}");
        let is_idle = text.contains("On, but nothing has run `candor-agent tick` here yet.");
        assert_eq!(is_idle, line == "candor-agent status", "{line}: {text}");
    }
    // Nobody decided anything here, so there is no state folder yet: looking works all the same.
    let preview = said(&typed(&machine, "candor-agent preview usage", "policy.toml"));
    assert!(preview.contains("\"channel\":\"usage\""), "{preview}");
    assert!(!machine.path("state").exists());
    // "To switch the whole grid off".
    let off = placed.replace("usage = { permit = \"basic\" } ", "usage = \"forbid\" ");
    assert_ne!(off, placed);
    std::fs::write(machine.path("policy.toml"), off).unwrap();
    let why = said(&typed(&machine, "candor-agent why usage", "policy.toml"));
    assert!(why.contains("usage is off") && why.contains("the fleet's policy"), "{why}");
}

/// Has Salt apply the guide's state on a machine, without a master; what it says it did. Nothing
/// where this machine has no Salt.
fn applied(machine: &Machine, policy: &str) -> Option<Value> {
    let found = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("salt-call"))
        .find(|program| program.is_file())?;
    let (tree, config) = (machine.path("srv/candor"), machine.path("salt"));
    std::fs::create_dir_all(&tree).unwrap();
    std::fs::create_dir_all(&config).unwrap();
    let placed = machine.path("etc/policy.toml").display().to_string();
    // The only change: a test has no right to the machine's own /etc.
    let state = block("candor/init.sls").replace("/etc/candor/policy.toml", &placed);
    let state = state.replace("user: root", &format!("user: {}", rustix::process::getuid()));
    std::fs::write(tree.join("init.sls"), state).unwrap();
    std::fs::write(tree.join("policy.toml"), policy).unwrap();
    let folder = machine.folder.path().display();
    let text = format!(
        "id: node\nfile_client: local\nroot_dir: {folder}/salt/root\n\
         file_roots:\n  base: [{folder}/srv]\n"
    );
    std::fs::write(config.join("minion"), text).unwrap();
    let mut salt = Command::new(found);
    salt.args(["--local", "--out=json", "--log-level=error", "--config-dir"]).arg(config);
    salt.args(["state.apply", "candor"]);
    let output = on(machine, salt, "etc/policy.toml").output().unwrap();
    let done: Value = serde_json::from_str(&said(&output)).unwrap();
    Some(done["local"].clone())
}

#[test]
fn salt_places_the_policy_of_the_guide_and_it_counts_at_once() {
    let machine = Machine::new("https://127.0.0.1:1");
    let policy = block("candor/policy.toml");
    let why = || said(&typed(&machine, "candor-agent why usage", "etc/policy.toml"));
    let Some(first) = applied(&machine, policy) else {
        println!("skipped: there is no salt-call on this machine");
        return;
    };
    let done = first.as_object().unwrap();
    assert!(done.len() == 2 && done.values().all(|state| state["result"] == true), "{first}");
    assert!(why().contains("usage is on, at “basic”."), "{}", why());
    // The same again changes nothing and runs nothing.
    let again = applied(&machine, policy).unwrap();
    let unchanged = |state: &Value| state["changes"].as_object().unwrap().is_empty();
    assert!(again.as_object().unwrap().values().all(unchanged), "{again}");
    // "To switch the whole grid off": what waited is gone when Salt returns.
    // Nobody decided anything on this node, so there is no state folder yet: looking works too.
    let preview = said(&typed(&machine, "candor-agent preview usage", "etc/policy.toml"));
    assert!(preview.contains("\"channel\":\"usage\""), "{preview}");
    std::fs::create_dir(machine.path("state")).unwrap();
    said(&typed(&machine, "candor-agent preview usage", "etc/policy.toml"));
    let waiting = || std::fs::read_dir(machine.path("state/outbox")).map_or(0, Iterator::count);
    assert!(waiting() > 0);
    let off = policy.replace("usage = { permit = \"basic\" } ", "usage = \"forbid\" ");
    applied(&machine, &off).unwrap();
    assert_eq!(waiting(), 0);
    assert!(why().contains("usage is off") && why().contains("the fleet's policy"), "{}", why());
}

#[test]
fn the_keepers_of_a_policy_sign_it_as_the_guide_says() {
    let machine = Machine::new("https://127.0.0.1:1");
    std::fs::write(machine.path("policy.toml"), block("policy.toml")).unwrap();
    let commands = block("run by the keepers");
    let public = said(&typed(&machine, commands, "none.toml"));
    assert!(public.starts_with("ed25519:"), "{public}");
    let signed = std::fs::read_to_string(machine.path("policy.signed.toml")).unwrap();
    assert!(signed.starts_with(SIGNED_BY) && signed.ends_with(block("policy.toml")), "{signed}");
    // It is the same policy for whoever only reads it.
    PolicyFile::parse(&signed).unwrap();
}
