//! The commands and files of the fleet's guide, as they stand there.

use std::process::{Command, Output};

use contract::policy::{PolicyFile, SIGNED_BY};

use crate::machine::Machine;

const GUIDE: &str = include_str!("../../../../docs/guide/fleet.md");

/// The block that follows a mark.
fn block(mark: &str) -> &'static str {
    let (_, after) = GUIDE.split_once(&format!("<!-- fleet: {mark} -->\n```")).unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    after.split_once("\n```").unwrap().0
}

/// Runs a line of the guide on a machine, where the program has its usual name.
fn typed(machine: &Machine, line: &str, policy: &str) -> Output {
    let bin = machine.path("bin");
    let _ = std::fs::create_dir(&bin);
    let program = env!("CARGO_BIN_EXE_candor-agent");
    let _ = std::os::unix::fs::symlink(program, bin.join("candor-agent"));
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", line]).current_dir(machine.folder.path()).env_clear();
    shell.env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
    shell.env("CANDOR_MANIFEST", machine.path("manifest.toml"));
    shell.env("CANDOR_STATE", machine.path("state"));
    shell.env("CANDOR_POLICY", machine.path(policy)).output().unwrap()
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
    }
    // "To switch the whole grid off".
    let off = placed.replace("usage = { permit = \"basic\" } ", "usage = \"forbid\" ");
    assert_ne!(off, placed);
    std::fs::write(machine.path("policy.toml"), off).unwrap();
    let why = said(&typed(&machine, "candor-agent why usage", "policy.toml"));
    assert!(why.contains("usage is off") && why.contains("the fleet's policy"), "{why}");
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
