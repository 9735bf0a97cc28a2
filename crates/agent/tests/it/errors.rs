//! The errors that a person meets first: what happened, what is kept, what to do, and nothing lost.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::machine::{Machine, SaidNo as _};

/// Nothing listens there.
fn away() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn without_a_manifest_it_says_how_to_name_one() {
    let machine = Machine::new(&away());
    let mut command = machine.command(&["status"]);
    let program = command.get_program().to_owned();
    let mut bare = std::process::Command::new(program);
    bare.args(["status", "--config", "/dev/null"]).env_clear();
    let error = bare.output().unwrap().said_no();
    assert!(error.contains("no manifest was named") || error.contains("it is no file"), "{error}");
    let error = command.args(["--manifest", "/nowhere.toml"]).output().unwrap();
    // Named twice, clap speaks; named once and missing, we do.
    assert!(!error.status.success());
    fs::remove_file(machine.path("manifest.toml")).unwrap();
    let error = machine.fails(&["status"]);
    assert!(error.contains("the manifest cannot be read"), "{error}");
}

#[test]
fn a_broken_manifest_is_shown_with_every_problem_and_its_place() {
    let machine = Machine::agreed(&away());
    let path = machine.path("manifest.toml");
    let text = fs::read_to_string(&path).unwrap();
    let broken =
        text.replace("period = \"day\"", "period = \"hour\"").replace("[1, 2, 4, 8]", "[1]");
    fs::write(&path, broken).unwrap();
    for command in [&["send", "usage"][..], &["tick"], &["status"], &["run"]] {
        let error = machine.fails(command);
        assert!(error.contains("the manifest cannot be used"), "{error}");
        assert!(error.lines().count() > 4 && error.contains(':'), "{error}");
    }
    // The decision is still there when the manifest is mended.
    fs::write(&path, text).unwrap();
    assert!(machine.prints(&["status"]).contains("on, full"));
}

#[test]
fn an_unreachable_collector_loses_nothing() {
    let machine = Machine::agreed(&away());
    let error = machine.fails(&["send", "usage"]);
    assert!(
        error.contains("Nothing is lost") && error.contains("refused the connection"),
        "{error}"
    );
    assert!(error.contains("in the outbox"), "{error}");
    let waiting = machine.prints(&["preview", "usage"]);
    assert!(!waiting.is_empty());
    machine.fails(&["send", "usage"]);
    assert_eq!(machine.prints(&["preview", "usage"]), waiting);
}

#[test]
fn two_services_on_one_state_folder_do_not_fight() {
    let machine = Machine::agreed(&away());
    let mut first = machine.command(&["run"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let log = first.stderr.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(log), &mut line).unwrap();
    let error = machine.fails(&["run"]);
    assert!(error.contains("already runs on this state folder"), "{error}");
    // Deciding does not need the service to stop.
    assert!(machine.prints(&["decline", "usage"]).contains("usage is off"));
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_damaged_record_sends_nothing_and_is_left_as_it_is() {
    let machine = Machine::agreed(&away());
    let path = machine.path("state/decisions.json");
    let whole = fs::read(&path).unwrap();
    let newer = String::from_utf8(whole.clone()).unwrap().replace("\"format\": 1", "\"format\": 9");
    for damaged in [&whole[..whole.len() / 2], b"", b"{}", newer.as_bytes()] {
        fs::write(&path, damaged).unwrap();
        for command in [&["send", "usage"][..], &["tick"], &["status"], &["agree", "devices"]] {
            let error = machine.fails(command);
            assert!(error.contains("record of decisions"), "{error}");
        }
        assert_eq!(fs::read(&path).unwrap(), damaged, "what may be mended is not overwritten");
    }
    fs::write(&path, whole).unwrap();
    assert!(machine.prints(&["status"]).contains("on, full"));
}

#[test]
fn a_damaged_secret_sends_nothing() {
    let machine = Machine::agreed(&away());
    let secret = fs::read(machine.path("state/secret")).unwrap();
    fs::write(machine.path("state/secret"), &secret[..31]).unwrap();
    let error = machine.fails(&["send", "usage"]);
    assert!(error.contains("the secret cannot be used"), "{error}");
    assert!(!error.contains(&String::from_utf8_lossy(&secret[..8]).into_owned()));
}

#[test]
fn the_state_of_another_program_is_not_touched() {
    let machine = Machine::agreed(&away());
    let path = machine.path("manifest.toml");
    let other = fs::read_to_string(&path).unwrap().replace("id = \"larkspur\"", "id = \"poppy\"");
    fs::write(&path, other).unwrap();
    let error = machine.fails(&["agree", "usage", "--tier", "full"]);
    assert!(error.contains("belongs to `larkspur`"), "{error}");
}

#[test]
fn a_read_only_state_folder_can_still_be_looked_at() {
    let Some(machine) = Machine::agreed(&away()).owned_by_another() else { return };
    // Readable by all, writable by none but its owner, who is another.
    fs::set_permissions(machine.folder.path(), Permissions::from_mode(0o755)).unwrap();
    open_to_readers(&machine);
    assert!(machine.prints(&["status"]).contains("on, full"));
    assert!(machine.prints(&["why", "usage"]).contains("usage is on"));
    assert_eq!(machine.prints(&["preview", "usage"]).lines().count(), 2);
    for command in [
        &["agree", "devices"][..],
        &["decline", "usage"],
        &["send", "usage"],
        &["withdraw", "usage"],
    ] {
        let error = machine.fails(command);
        assert!(error.contains("run it as the user who owns the state folder"), "{error}");
    }
}

fn open_to_readers(machine: &Machine) {
    fs::set_permissions(machine.path("state"), Permissions::from_mode(0o755)).unwrap();
    for entry in fs::read_dir(machine.path("state")).unwrap() {
        fs::set_permissions(entry.unwrap().path(), Permissions::from_mode(0o644)).unwrap();
    }
}

#[test]
fn a_state_folder_that_may_not_be_read_says_whose_it_is() {
    let Some(machine) = Machine::agreed(&away()).owned_by_another() else { return };
    fs::set_permissions(machine.folder.path(), Permissions::from_mode(0o755)).unwrap();
    for command in
        [&["status"][..], &["preview", "usage"], &["send", "usage"], &["decline", "usage"]]
    {
        let error = machine.fails(command);
        assert!(error.contains("run it as the user who owns the state folder"), "{error}");
    }
}

// A file system of 64 kB, filled to the brim.
#[test]
fn on_a_full_disk_a_no_is_possible_and_nothing_is_sent() {
    let machine = Machine::new(&away());
    fs::create_dir(machine.path("state")).unwrap();
    let script = r#"
        set -e
        mount -t tmpfs -o size=64k tmpfs "$1/state"
        shift
        "$@" agree usage --tier full >/dev/null
        dd if=/dev/zero of="$STATE/filler" bs=1k 2>/dev/null || true
        echo "-- send"; "$@" send usage 2>&1 || true
        echo "-- status"; "$@" status 2>&1
        echo "-- preview"; "$@" preview usage 2>&1
        echo "-- decline"; "$@" decline usage 2>&1 || true
        rm "$STATE/filler"
        echo "-- again"; "$@" decline usage
    "#;
    let mut inner = machine.command(&[]);
    inner.env("STATE", machine.path("state"));
    let mut unshare = std::process::Command::new("unshare");
    unshare
        .args(["--mount", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(machine.folder.path());
    // Options first, then the command that the script adds.
    unshare.arg(inner.get_program()).args(inner.get_args()).env("STATE", machine.path("state"));
    let output = unshare.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.is_empty() {
        println!("no mount here: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let part = |name: &str| {
        let rest = said.split(&format!("-- {name}\n")).nth(1).unwrap_or_default();
        rest.split("\n-- ").next().unwrap_or_default().to_owned()
    };
    let send = part("send");
    assert!(send.contains("make space") && send.contains("nothing was sent"), "{said}");
    assert!(part("status").contains("on, full"), "{said}");
    assert!(part("preview").contains("A draft"), "{said}");
    let decline = part("decline");
    assert!(decline.contains("usage is off") || decline.contains("still stands"), "{said}");
    assert!(part("again").contains("usage is off"), "{said}");
}

#[test]
fn every_command_can_be_typed() {
    let machine = Machine::new(&away());
    for command in [
        &["status"][..],
        &["agree", "usage", "--tier", "full"],
        &["preview", "usage", "--fresh"],
        &["tick", "--within", "0"],
        &["ledger", "verify"],
        &["held"],
        &["airgap", "on"],
        &["airgap", "off"],
        &["policy", "show"],
        &["policy", "sync"],
        &["withdraw", "usage"],
        &["withdraw", "--all", "--now"],
        &["why", "usage"],
    ] {
        machine.prints(command);
        let json = machine.prints(&[command, &["--json"]].concat());
        let is_json = serde_json::from_str::<serde_json::Value>(&json).is_ok();
        assert!(is_json || command.first() == Some(&"preview"), "{command:?}: {json}");
    }
}

#[test]
fn errors_come_as_json_too() {
    let machine = Machine::agreed(&away());
    let output = machine.run(&["agree", "usage", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for member in ["error", "what_happened", "what_is_kept", "what_to_do"] {
        assert!(error.get(member).and_then(serde_json::Value::as_str).is_some(), "{error}");
    }
    assert_eq!(output.status.code(), Some(1));
}
