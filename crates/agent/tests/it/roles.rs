//! The three roles as three processes, each under what its unit gives it as far as a test can:
//! another user without any privilege, and no network for the one that gathers. A recorder of
//! system calls says what each of them touched.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::machine::Machine;

/// Nobody: owns nothing but the state folder.
const USER: u32 = 65_534;

/// A machine on which usage is agreed to and everything is due, owned by nobody in particular.
struct Roles {
    machine: Machine,
    connections: Arc<AtomicUsize>,
}

impl Roles {
    /// `None` where this is not root, or there is no recorder.
    fn new() -> Option<Self> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let is_root = rustix::process::geteuid().is_root();
        if !is_root || !has("strace") || !has("setpriv") || !has("unshare") {
            println!("skipped: this takes root, strace, setpriv and unshare");
            return None;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let machine = Machine::agreed(&format!("http://{}", listener.local_addr().unwrap()));
        let connections = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&connections);
        // Hangs up at once; ends with the test's process.
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let roles = Self { machine, connections };
        // As if three days had passed, with a look every other day: the next one may come too late
        // for this period, so its report is frozen at once.
        roles.ticked(Timestamp::now() - SignedDuration::from_hours(12), 2 * 86_400);
        roles.hand_over();
        Some(roles)
    }

    fn ticked(&self, ticked: Timestamp, gap_seconds: u64) {
        let began = Timestamp::now() - SignedDuration::from_hours(72);
        let since = json!({"began": began, "ticked": ticked, "gap_seconds": gap_seconds,
                           "channels": {"usage": began}, "pause": null});
        std::fs::write(self.machine.path("state/since.json"), since.to_string()).unwrap();
    }

    /// Gives everything to the user of the roles.
    fn hand_over(&self) {
        let give = |path: &Path| chown(path, Some(USER), Some(USER)).unwrap();
        give(self.machine.folder.path());
        let mut folders = vec![self.machine.folder.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                give(&path);
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
    }

    /// Starts a role as its unit does: as nobody, with no privilege that it could gain.
    fn start(&self, role: &str, more: &[&str]) -> Running {
        let trace = self.machine.path(&format!("trace-{role}"));
        let run = self.machine.command(&[&["run", "--role", role], more].concat());
        let mut command = Command::new(if role == "gather" { "unshare" } else { "/usr/bin/env" });
        if role == "gather" {
            command.args(["--net", "--"]);
        }
        let user = USER.to_string();
        command.args(["setpriv", "--reuid", &user, "--regid", &user, "--clear-groups"]);
        command.args(["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]);
        command.args(["strace", "-f", "-qq", "-e", "trace=%network,openat,execve", "-o"]);
        command.arg(&trace).arg(run.get_program()).args(run.get_args());
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
        let process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        Running { process, trace }
    }

    /// Looks at the state again and again: each look is a process of its own and takes a while.
    fn until(&self, is_done: impl Fn() -> bool) {
        let done = (0..2_000).any(|_| is_done() || !self.machine.run(&["status"]).status.success());
        assert!(done && is_done(), "it never came about");
    }

    fn report(&self) -> Option<std::path::PathBuf> {
        let entries = std::fs::read_dir(self.machine.path("state/outbox")).ok()?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.into_iter().find(|path| path.extension().is_some_and(|end| end == "json"))
    }
}

/// A role that runs.
struct Running {
    process: Child,
    trace: std::path::PathBuf,
}

impl Running {
    /// Ends it, and returns what it did.
    fn recorded(mut self) -> String {
        // What is recorded ends with the recorder.
        let children = format!("/proc/{0}/task/{0}/children", self.process.id());
        let child = std::fs::read_to_string(children).unwrap_or_default();
        let child = child.trim().parse().ok().and_then(rustix::process::Pid::from_raw);
        if let Some(child) = child {
            let _ = rustix::process::kill_process(child, rustix::process::Signal::TERM);
        } else {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
        std::fs::read_to_string(&self.trace).unwrap()
    }
}

/// Files that were opened, and are neither the system's own nor below these.
fn opened<'t>(trace: &'t str, below: &[&str]) -> Vec<&'t str> {
    let system = ["/etc/ld.so", "/lib", "/usr/lib", "/proc/self", "/sys/fs/cgroup", "/dev/null"];
    let resolver = ["/etc/nsswitch", "/etc/host", "/etc/resolv", "/etc/gai", "/etc/localtime"];
    let opens = trace.lines().filter(|line| line.contains("openat(") && !line.contains(" = -1"));
    let paths = opens.filter_map(|line| line.split('"').nth(1));
    let known = |path: &&str| {
        let mut places = system.iter().chain(&resolver).chain(below);
        !places.any(|place| path.starts_with(place)) && path.starts_with('/')
    };
    paths.filter(known).collect()
}

#[test]
fn each_role_touches_only_what_its_unit_leaves_it() {
    let Some(roles) = Roles::new() else { return };
    let state = roles.machine.path("state").display().to_string();
    let manifest = roles.machine.path("manifest.toml").display().to_string();
    let below = [state.as_str(), manifest.as_str(), "/etc/candor"];

    // Gathering: no socket of the internet is even made, and a report is frozen.
    let gather = roles.start("gather", &[]);
    roles.until(|| roles.report().is_some());
    let trace = gather.recorded();
    assert!(trace.contains("openat("), "the recorder sees something: {trace}");
    assert!(!trace.contains("AF_INET"), "{trace}");
    assert_eq!(roles.connections.load(Ordering::SeqCst), 0);

    // Everything is due a moment ago, and somebody looked right before.
    let path = roles.report().unwrap();
    let mut report: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for part in report["parts"].as_array_mut().unwrap() {
        part["due"] = json!(Timestamp::now() - SignedDuration::from_secs(10));
    }
    std::fs::write(&path, report.to_string()).unwrap();
    roles.ticked(Timestamp::now(), 900);
    roles.hand_over();

    // Sending: it connects, opens nothing but the state, and runs no program but itself.
    let send = roles.start("send", &[]);
    roles.until(|| roles.connections.load(Ordering::SeqCst) > 0);
    let trace = send.recorded();
    assert_eq!(opened(&trace, &below), [""; 0]);
    assert_eq!(trace.matches("execve(").count(), 1, "{trace}");

    // The page: answers on loopback, and connects to nobody.
    let before = roles.connections.load(Ordering::SeqCst);
    let mut page = roles.start("page", &["--page", "127.0.0.1:0"]);
    let mut line = String::new();
    BufReader::new(page.process.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("the page is served"), "{line}");
    let opened = roles.machine.prints(&["page"]);
    let (host, path) = opened.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
    let trace = page.recorded();
    let connects = trace.lines().filter(|line| line.contains("connect("));
    assert!(!connects.into_iter().any(|line| line.contains("AF_INET")), "{trace}");
    assert_eq!(roles.connections.load(Ordering::SeqCst), before);
}

// Under a user that may not read it, the state of one program is closed: nothing is sent, nothing
// is shown, and the words say why.
#[test]
fn another_user_reads_no_state() {
    let machine = Machine::agreed("http://127.0.0.1:9");
    let Some(machine) = machine.owned_by_another() else { return };
    let refused = machine.run(&["ledger", "--json"]);
    assert!(!refused.status.success());
    let refused = machine.run(&["send", "usage"]);
    assert!(!refused.status.success());
}
