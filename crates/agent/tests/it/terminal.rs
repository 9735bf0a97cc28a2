//! `candor-agent ask` in a real pseudo-terminal: what an installer's or an upgrade's user meets.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::machine::Machine;

/// What makes terminals: a part of util-linux, which every Debian has.
const SCRIPT: &str = "/usr/bin/script";

/// A person's end of a terminal in which `ask` runs.
struct Terminal {
    keyboard: Option<ChildStdin>,
    screen: ChildStdout,
    child: Child,
    seen: String,
}

impl Terminal {
    /// `None` where nothing here can make a terminal.
    fn running(machine: &Machine, command: &[&str]) -> Option<Self> {
        if !Path::new(SCRIPT).exists() {
            println!("skipped: there is no {SCRIPT} on this machine");
            return None;
        }
        let program = machine.command(command);
        let words = std::iter::once(program.get_program()).chain(program.get_args());
        let words: Vec<_> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let mut script = Command::new(SCRIPT);
        script.args(["--quiet", "--return", "--flush", "--command", &words.join(" "), "/dev/null"]);
        for (name, _) in program.get_envs() {
            script.env_remove(name);
        }
        script.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().unwrap();
        let (keyboard, screen) = (child.stdin.take(), child.stdout.take().unwrap());
        Some(Self { keyboard, screen, child, seen: String::new() })
    }

    /// Waits until the screen shows this, after what was waited for before; returns it all.
    #[track_caller]
    fn shows(&mut self, text: &str) -> String {
        let mut bytes = [0; 4096];
        while !self.seen.contains(text) {
            // When the program has ended, the terminal has nobody at its other end.
            match self.screen.read(&mut bytes) {
                Ok(count @ 1..) => self.seen.push_str(&String::from_utf8_lossy(&bytes[..count])),
                _ => panic!("the program ended without `{text}`:\n{}", self.seen),
            }
        }
        let end = self.seen.find(text).unwrap() + text.len();
        let rest = self.seen.split_off(end);
        std::mem::replace(&mut self.seen, rest)
    }

    fn types(&mut self, line: &str) {
        let keyboard = self.keyboard.as_mut().unwrap();
        keyboard.write_all(format!("{line}\n").as_bytes()).and_then(|()| keyboard.flush()).unwrap();
    }

    /// The rest of the screen, when the program has ended well.
    fn ends(mut self) -> String {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = self.screen.read(&mut bytes) {
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        assert!(self.child.wait().unwrap().success(), "{}", self.seen);
        self.seen.replace("\r\n", "\n")
    }
}

fn machine() -> Machine {
    Machine::new("https://127.0.0.1:1")
}

fn decisions(machine: &Machine) -> serde_json::Value {
    let file = std::fs::read(machine.path("state/decisions.json")).unwrap_or_default();
    serde_json::from_slice::<serde_json::Value>(&file).unwrap_or_default()["channels"].clone()
}

fn edit(machine: &Machine, from: &str, to: &str) {
    let path = machine.path("manifest.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

const QUESTION: &str = "Send it? [basic / full / no / preview / later]";

#[test]
fn an_installer_asks_per_channel_on_one_screen_and_shows_the_bytes_on_a_key() {
    let machine = machine();
    let Some(mut terminal) = Terminal::running(&machine, &["ask", "--installer"]) else { return };
    let essence = terminal.shows(QUESTION);
    assert!(essence.lines().count() <= 24, "one screen: {essence}");
    for said in [
        "Nothing leaves this machine unless you say yes",
        "Which operating system is this?",
        "to 127.0.0.1:1.",
        "can see this machine's address",
        "Kept 90 days, by Larkspur e.V.",
        "Never collected: names, addresses, passwords",
    ] {
        assert!(essence.contains(said), "{said}: {essence}");
    }
    terminal.types("preview");
    let shown = terminal.shows(QUESTION).replace("\r\n", "\n");
    let printed = machine.prints(&["preview", "usage"]);
    assert!(!printed.is_empty() && shown.contains(&printed), "{shown}");
    terminal.types("maybe");
    terminal.shows("Please answer one of: basic / full, no, preview, later.");
    terminal.types("basic");
    terminal.shows("Yes. See what is sent: candor-agent preview usage.");
    terminal.shows("Send it? [yes / no / preview / later]");
    terminal.types("NO");
    assert!(terminal.ends().contains("nobody asks again"));
    let decided = decisions(&machine);
    assert_eq!(
        (&decided["usage"]["state"]["tier"], &decided["usage"]["how"]),
        (&"basic".into(), &"installer".into())
    );
    assert_eq!(decided["devices"]["state"]["is"], "no");
}

#[test]
fn an_upgrade_asks_only_what_is_new_and_a_no_is_not_asked_again() {
    let machine = machine();
    machine.prints(&["agree", "usage", "--tier", "full"]);
    machine.prints(&["decline", "devices"]);
    let Some(terminal) = Terminal::running(&machine, &["ask"]) else { return };
    let nothing = terminal.ends();
    assert_eq!(nothing, "There is nothing to decide: candor-agent status shows what is.\n");

    edit(
        &machine,
        r#"choices = ["debian", "ubuntu"]"#,
        r#"choices = ["debian", "fedora", "ubuntu"]"#,
    );
    edit(&machine, "title = \"Unknown devices\"", "title = \"Your devices\"");
    let Some(mut terminal) = Terminal::running(&machine, &["ask"]) else { return };
    let asked = terminal.shows(QUESTION);
    assert!(asked.contains("1 change since you agreed"), "{asked}");
    assert!(!asked.contains("How many processors"), "only the difference: {asked}");
    terminal.types("full");
    let rest = terminal.ends();
    assert!(!rest.contains("Send it?"), "{rest}");
    let status = machine.prints(&["status"]);
    assert!(!status.contains("silent"), "{status}");
}

#[test]
fn whoever_hangs_up_has_decided_nothing() {
    let machine = machine();
    edit(&machine, "period = \"day\"", "period = \"day\"\ndefault = \"notice\"");
    let Some(mut terminal) = Terminal::running(&machine, &["ask"]) else { return };
    terminal.shows("This is opt-out");
    terminal.shows(QUESTION);
    // The end of input, as the key for it gives it.
    terminal.keyboard.take();
    terminal.ends();
    assert!(decisions(&machine).is_null(), "a notice that perhaps nobody saw does not count");

    let Some(mut terminal) = Terminal::running(&machine, &["ask"]) else { return };
    terminal.shows(QUESTION);
    terminal.types("");
    terminal.shows("Not decided. From ");
    terminal.shows("Send it?");
    terminal.types("later");
    terminal.ends();
    let decided = decisions(&machine);
    assert_eq!(decided["usage"]["state"]["is"], "noticed");
    assert!(decided["devices"].is_null());
}

#[test]
fn without_a_terminal_ask_is_silent_and_decides_nothing() {
    let machine = machine();
    for command in [&["ask"][..], &["ask", "--installer"]] {
        let output = machine.command(command).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    }
    assert!(decisions(&machine).is_null());
}
