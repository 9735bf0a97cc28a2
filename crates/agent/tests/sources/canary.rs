//! Secrets planted where sources reach: what is not asked for is not taken, and no reason tells
//! what was read.

use std::os::unix::fs::symlink;
use std::process::Command;

use agent::edge::source::OsSources;
use agent::gather::{ReadSource as _, gather};
use contract::manifest::{Field, SYSTEM_FACTS};
use serde_json::{Value, json};

use crate::machine::Machine;
use crate::{LITTLE, PLENTY, limits, sources, write};

const CANARY: &str = "canary-5f3a9c";

fn field(id: &str, source: &Value) -> Field {
    let field = json!({
        "id": id, "question": {"en": "How is it?"}, "purpose": "testing",
        "kind": {"kind": "flag"}, "titles": {}, "source": source, "map": {},
        "sensitivity": "technical", "expires": "2030-01-01", "publish": true,
    });
    serde_json::from_value(field).unwrap()
}

/// Reads the sources and gives the reasons of those that failed: all of them must.
fn reasons_of(sources: &OsSources, found: &[Value]) -> Vec<String> {
    let fields: Vec<Field> =
        found.iter().enumerate().map(|(n, source)| field(&format!("f{n}"), source)).collect();
    let facts = gather(&fields.iter().collect::<Vec<_>>(), sources);
    assert_eq!(facts.len(), found.len());
    let failed = facts.into_iter().map(|(id, fact)| match fact {
        Ok(_) => panic!("{id} succeeded"),
        Err(why) => why,
    });
    failed.collect()
}

#[track_caller]
fn check_silent(reasons: &[String]) {
    for reason in reasons {
        assert!(!reason.contains("canary") && !reason.contains("5f3a9c"), "{reason}");
    }
}

#[test]
fn no_reason_tells_what_a_file_holds() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        ("broken", format!("{{\"{CANARY}\": [{CANARY}").into_bytes()),
        ("value", format!("{{\"a\": \"{CANARY}\", \"n\": -7, \"{CANARY}\": {{}}}}").into_bytes()),
        ("words", format!("[{CANARY}]\n{CANARY} = {CANARY}").into_bytes()),
        ("bytes", [CANARY.as_bytes(), b"\xff"].concat()),
        ("long", CANARY.repeat(100).into_bytes()),
    ];
    let mut found = Vec::new();
    for (name, bytes) in texts {
        let path = write(folder.path(), name, bytes);
        for format in ["text", "json", "toml", "ini"] {
            for (pattern, pointer) in
                [(None, Some("/none")), (Some("never [0-9]"), Some("/a")), (None, Some("/n"))]
            {
                let pointer = pointer.filter(|_| format != "text");
                let pattern = pattern.or((format == "text").then_some("never"));
                let take = json!({"pattern": pattern, "pointer": pointer, "amount": "first",
                                  "times": 1024});
                found.push(json!({"from": "file", "path": path, "format": format, "take": take}));
            }
        }
    }
    let link = folder.path().join("link");
    symlink(folder.path().join(CANARY), &link).unwrap();
    let take = json!({"amount": "first", "times": 1});
    found.push(json!({"from": "file", "path": link, "format": "text", "take": take}));
    check_silent(&reasons_of(&sources(), &found));
}

#[test]
fn no_reason_tells_what_a_program_says() {
    let folder = tempfile::tempdir().unwrap();
    let say = format!("echo {CANARY}; echo {CANARY} >&2; ");
    let ends = ["exit 7", "kill -TERM $$", "yes {CANARY}", "cd /{CANARY}", ":", "sleep 1000"];
    let mut found = Vec::new();
    for (number, end) in ends.into_iter().enumerate() {
        let end = end.replace("{CANARY}", CANARY);
        let script = write(folder.path(), &number.to_string(), format!("{say}{end}\n"));
        let take = json!({"pattern": "never [0-9]", "amount": "first", "times": 1});
        found.push(json!({"from": "command", "argv": ["/bin/sh", script], "take": take}));
        let take = json!({"pointer": "/a", "amount": "first", "times": 1});
        found.push(json!({"from": "command", "argv": ["/bin/sh", script], "take": take}));
    }
    let hanging = found.split_off(found.len() - 2);
    let mut reasons = reasons_of(&sources(), &found);
    reasons.extend(reasons_of(&OsSources::new(limits(LITTLE)), &hanging));
    check_silent(&reasons);
    for expected in ["status 7", "signal 15", "longer than 0.2 s", "1000 bytes", "pattern finds"] {
        assert!(reasons.iter().any(|reason| reason.contains(expected)), "{expected}: {reasons:?}");
    }
}

/// Runs itself again with a secret in its environment and its input, and looks then.
#[test]
#[expect(clippy::disallowed_methods, reason = "the environment is what is tested")]
fn a_token_in_the_environment_or_input_does_not_reach_a_program() {
    if std::env::var("CANDOR_TEST_TOKEN").is_err() {
        let folder = tempfile::tempdir().unwrap();
        let input = write(folder.path(), "input", CANARY);
        let again = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "canary::a_token_in_the_environment_or_input_does_not_reach_a_program",
            ])
            .envs([("CANDOR_TEST_TOKEN", CANARY), ("LD_LIBRARY_PATH", "/canary")])
            .stdin(std::fs::File::open(input).unwrap())
            .output()
            .unwrap();
        assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stdout));
        assert!(String::from_utf8_lossy(&again.stdout).contains("1 passed"));
        return;
    }
    let environment = sources().command(&["env".to_owned()], PLENTY).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let mut names: Vec<_> = environment.lines().collect();
    names.sort_unstable();
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(names, ["LC_ALL=C.UTF-8", path, "TZ=UTC"]);
    assert!(sources().command(&["cat".to_owned()], PLENTY).unwrap().is_empty());
}

#[test]
fn no_fact_of_the_system_tells_names_places_or_serial_numbers() {
    let mounts = format!(
        "27 1 8:1 /{CANARY} / rw - ext4 /dev/{CANARY} rw,{CANARY}\n\
         28 1 8:1 / /{CANARY} rw - zfs {CANARY}/x rw\n"
    );
    let devices = format!("a|\nb|\n {CANARY}: 1\n");
    let address = "20010db85f3a9c0000000000000000aa 02 40 00 80 5f3a9c\n";
    let release = format!("ID=debian\nVERSION_ID=12\nPRETTY_NAME={CANARY}\nHOME_URL={CANARY}\n");
    let machine = Machine::new()
        .with("etc/os-release", release)
        .with("proc/self/mountinfo", mounts)
        .with("proc/net/dev", devices)
        .with("proc/net/if_inet6", address)
        .with("proc/1/environ", format!("TOKEN={CANARY}\0container={CANARY}\0"))
        .with("proc/cpuinfo", format!("flags\t: fpu\nSerial\t\t: {CANARY}\n"))
        .with("sys/class/dmi/id/product_serial", CANARY)
        .with("sys/class/dmi/id/product_uuid", CANARY)
        .with("sys/class/dmi/id/product_name", CANARY)
        .with("etc/hostname", CANARY)
        .with("etc/machine-id", CANARY);
    for (name, _) in SYSTEM_FACTS {
        let said = machine.says(name);
        assert!(!said.contains("canary") && !said.contains("5f3a9c"), "{name}: {said}");
    }
    assert_eq!(machine.says("disk.types"), "ext4 zfs");
    assert_eq!(machine.says("network.ipv6"), "true");
}
