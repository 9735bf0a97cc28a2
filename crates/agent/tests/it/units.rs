//! The units that ship: what each starts can be started, and how exposed each leaves a machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use agent::cli::Cli;
use clap::Parser as _;

/// Each unit, the drop-in that is put beside it, and the exposure that it may have at most, in
/// tenths: comparable programs have 70 to 90.
const UNITS: [(&str, Option<&str>, u32); 9] = [
    ("candor-agent.service", None, 15),
    ("candor-agent-tick.service", None, 15),
    ("candor-agent-gather.service", None, 5),
    ("candor-agent-gather.service", Some("candor-agent-gather.database-address.conf"), 15),
    ("candor-agent-gather.service", Some("candor-agent-gather.loopback.conf"), 15),
    ("candor-agent-gather.service", Some("candor-agent-gather.sealed.conf"), 5),
    ("candor-agent-send.service", None, 15),
    ("candor-agent-send.service", Some("candor-agent-send.sealed.conf"), 15),
    ("candor-agent-page.service", None, 15),
];

fn packaging(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(packaging(name)).unwrap()
}

#[test]
fn what_a_unit_starts_is_a_command_that_there_is() {
    for (unit, drop_in, _) in UNITS {
        let text = text(unit);
        let all = drop_in.map_or(String::new(), self::text) + &text;
        let starts = all.lines().filter_map(|line| line.strip_prefix("ExecStart="));
        let starts = starts.into_iter().find(|start| !start.is_empty()).unwrap();
        let words = starts.split_whitespace().map(|word| word.replace("/usr/bin/", ""));
        let parsed = Cli::try_parse_from(words);
        assert!(parsed.is_ok(), "{unit}: {starts}: {}", parsed.unwrap_err());
        for limit in ["MemoryMax=", "TasksMax=", "LimitCORE=0", "Nice=19"] {
            assert!(text.contains(limit), "{unit} has no {limit}");
        }
    }
}

#[test]
fn each_unit_and_drop_in_leaves_little_exposed() {
    let folder = tempfile::tempdir().unwrap();
    for (unit, drop_in, tenths_max) in UNITS {
        let mut unit_text = text(unit);
        if let Some(drop_in) = drop_in {
            // The settings of a drop-in come after those of the unit.
            let (service, _) = unit_text.split_once("[Install]").unwrap();
            unit_text = format!("{service}{}", text(drop_in));
        }
        let path = folder.path().join(unit);
        std::fs::write(&path, unit_text).unwrap();
        let mut analyze = Command::new("systemd-analyze");
        analyze.args(["security", "--offline=yes", "--no-pager"]).arg(&path);
        let Ok(output) = analyze.output() else {
            println!("skipped: there is no systemd-analyze on this machine");
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let score = said.lines().rev().find_map(|line| {
            let (_, after) = line.split_once("exposure level for ")?;
            after.split(": ").nth(1)?.split(' ').next().map(str::to_owned)
        });
        let Some(score) = score else {
            println!("skipped: this systemd-analyze looks at no unit offline");
            return;
        };
        println!("{unit} {}: {score}", drop_in.unwrap_or("alone"));
        let tenths: u32 = score.replace('.', "").parse().unwrap();
        assert!(tenths <= tenths_max, "{unit} {drop_in:?}: {score}\n{said}");
    }
}
