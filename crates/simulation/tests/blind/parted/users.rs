//! A machine whose gathering and sending are two users, and what each of them touches.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use agent::edge::clock::OsClock;
use agent::ports::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::collector::Collector;
use crate::downgrade::{Catching, catching};
use crate::machine::Machine;
use crate::wire;

/// Owns the state folder.
pub(super) const GATHERS: u32 = 65_534;
/// Owns a socket.
pub(super) const SENDS: u32 = 65_533;

pub(super) struct Parted {
    pub(super) machine: Machine,
    collector: Collector,
    pub(super) catching: Catching,
}

impl Parted {
    /// A machine on which usage is agreed to. `None` where this is not root, or there is no
    /// recorder of system calls.
    pub(super) fn new() -> Option<Self> {
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
        let is_root = rustix::process::geteuid().is_root();
        if !is_root || !has("strace") || !has("setpriv") || !has("unshare") {
            println!("skipped: this takes root, strace, setpriv and unshare");
            return None;
        }
        let collector = Collector::start();
        let catching = catching(collector.address);
        let machine = Machine::new(&collector, &[catching.address]);
        machine.prints(&["agree", "usage", "--tier", "basic"]);
        let parted = Self { machine, collector, catching };
        for (place, user) in [("", GATHERS), ("run", SENDS), ("gather", GATHERS)] {
            let _ = std::fs::create_dir(parted.path(place));
            let open = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(parted.path(place), open).unwrap();
            chown(parted.path(place), Some(user), Some(user)).unwrap();
        }
        Some(parted)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.machine.folder.path().join(name)
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.path("run/sealed.sock")
    }

    /// Three days have passed. Somebody looked right now, or so long ago that the next look may
    /// come too late for the period.
    pub(super) fn ticked(&self, long_ago: bool) {
        let now = OsClock.now();
        let before = |hours| now - SignedDuration::from_hours(hours);
        let (ticked, gap) = if long_ago { (before(12), 2 * 86_400) } else { (now, 900) };
        let since = json!({"began": before(72), "ticked": ticked, "gap_seconds": gap,
                           "channels": {"usage": before(72)}, "pause": null});
        std::fs::write(self.path("state/since.json"), since.to_string()).unwrap();
        self.hand_over();
    }

    /// Everything that is frozen was due a moment ago.
    pub(super) fn fall_due(&self) {
        let path = self.report().unwrap();
        let mut report: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for part in report["parts"].as_array_mut().unwrap() {
            part["due"] = json!(OsClock.now() - SignedDuration::from_secs(10));
        }
        std::fs::write(&path, report.to_string()).unwrap();
        self.ticked(false);
    }

    pub(super) fn hand_over(&self) {
        let mut folders = vec![self.path("state")];
        while let Some(folder) = folders.pop() {
            chown(&folder, Some(GATHERS), Some(GATHERS)).unwrap();
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                chown(&path, Some(GATHERS), Some(GATHERS)).unwrap();
                if path.is_dir() {
                    folders.push(path);
                }
            }
        }
    }

    pub(super) fn report(&self) -> Option<PathBuf> {
        let entries = std::fs::read_dir(self.path("state/outbox")).ok()?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.into_iter().find(|path| path.extension().is_some_and(|end| end == "json"))
    }

    /// What there is to tell was gathered, and waits.
    pub(super) fn gathered(&self) {
        self.ticked(true);
        let gather = self.start("gather");
        self.until("a report is frozen", &[&gather], || self.report().is_some());
        let trace = gather.recorded();
        assert!(trace.contains("AF_UNIX") && !trace.contains("AF_INET"), "{trace}");
    }

    /// Both roles.
    pub(super) fn both(&self) -> (Running, Running) {
        let send = self.start("send");
        self.until("there is a socket", &[&send], || self.socket().exists());
        (self.start("gather"), send)
    }

    /// In the sender's place.
    pub(super) fn listen(&self) -> UnixListener {
        let listener = UnixListener::bind(self.socket()).unwrap();
        chown(self.socket(), Some(SENDS), Some(SENDS)).unwrap();
        let open = std::fs::Permissions::from_mode(0o660);
        std::fs::set_permissions(self.socket(), open).unwrap();
        listener
    }

    /// The gateway's keys, as a relay would tell them.
    pub(super) fn keys(&self) -> Vec<u8> {
        wire::get(self.collector.address, "/ohttp-keys/signed").body
    }

    pub(super) fn start(&self, role: &str) -> Running {
        self.start_with(role, &[])
    }

    pub(super) fn start_with(&self, role: &str, environment: &[(&str, &str)]) -> Running {
        let (user, trace) = match role {
            "gather" => (GATHERS, self.path("gather/trace")),
            _ => (SENDS, self.path("run/trace")),
        };
        let socket = self.socket().display().to_string();
        let run = ["run", "--role", role, "--sealed-socket", &socket];
        let run = self.machine.command(self.machine.program, &run);
        let mut command = as_user(user, "strace".as_ref());
        let calls = "trace=%file,socket,connect";
        command.args(["-f", "-qq", "-s", "512", "-e", calls, "-o"]).arg(&trace);
        command.arg(run.get_program()).args(run.get_args());
        command.envs(environment.iter().copied());
        let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let (saying, errors) = (Arc::clone(&said), process.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(errors).lines().map_while(Result::ok) {
                saying.lock().unwrap().push_str(&(line + "\n"));
            }
        });
        Running { process, trace, said }
    }

    /// Looks again and again; each look is a process of its own and takes a while.
    pub(super) fn until(&self, what: &str, running: &[&Running], is_done: impl Fn() -> bool) {
        let looks = |_| is_done() || !self.machine.run(&["status"]).status.success();
        let done = (0..2_000).any(looks) && is_done();
        let said: Vec<_> = running.iter().map(|one| one.said.lock().unwrap().clone()).collect();
        assert!(done, "it never came about that {what}: {said:?}");
    }
}

/// As this user, with no privilege that it could gain; who gathers has no network.
pub(super) fn as_user(user: u32, program: &Path) -> Command {
    let mut command = Command::new(if user == GATHERS { "unshare" } else { "/usr/bin/env" });
    if user == GATHERS {
        command.args(["--net", "--"]);
    }
    let (own, sends) = (user.to_string(), SENDS.to_string());
    command.args(["setpriv", "--reuid", &own, "--regid", &own, "--groups", &sends]);
    command.args(["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"]);
    command.arg(program).env_clear().env("PATH", "/usr/bin:/bin").current_dir("/");
    command
}

/// A role that runs, under a recorder.
pub(super) struct Running {
    process: Child,
    trace: PathBuf,
    pub(super) said: Arc<Mutex<String>>,
}

impl Running {
    /// The process that is recorded.
    pub(super) fn id(&self) -> Option<u32> {
        let children = format!("/proc/{0}/task/{0}/children", self.process.id());
        std::fs::read_to_string(children).ok()?.trim().parse().ok()
    }

    /// Ends it, and with it the recorder.
    pub(super) fn end(&mut self) {
        let id = self.id().and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?));
        match id {
            Some(id) => drop(rustix::process::kill_process(id, rustix::process::Signal::KILL)),
            None => drop(self.process.kill()),
        }
        let _ = self.process.wait();
    }

    /// Ends it, and returns what it did since it was started, which was done once.
    pub(super) fn recorded(mut self) -> String {
        self.end();
        let trace = std::fs::read_to_string(&self.trace).unwrap();
        let (started, did): (Vec<_>, _) = trace.lines().partition(|line| line.contains("execve("));
        assert_eq!(started.len(), 1, "it ran another program");
        did.join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
