//! The real relay, as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use rustix::process::{Pid, Signal, kill_process};

use crate::programs::built;
use crate::wire;

/// The relay, built once.
fn relay() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| built("candor-relay"))
}

pub(crate) struct Relay {
    process: Child,
    pub(crate) address: SocketAddr,
    said: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Relay {
    /// In front of one gateway, with some more options.
    pub(crate) fn before(gateway: SocketAddr, more: &[&str]) -> Self {
        Self::start(&[&["--gateway", &format!("http://{gateway}")], more].concat())
    }

    pub(crate) fn start(options: &[&str]) -> Self {
        let make = |program: &Path| Command::new(program);
        Self::start_as(make, &[&["--listen", "127.0.0.1:0"], options].concat())
    }

    /// As a process that is made like this.
    pub(crate) fn start_as(make: impl Fn(&Path) -> Command, options: &[&str]) -> Self {
        let mut process = make(relay())
            .arg("serve")
            .args(options)
            .env("CANDOR_RELAY_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let mut errors = BufReader::new(process.stderr.take().unwrap());
        let Some((_, address)) = first.trim_end().split_once("://") else {
            let mut text = String::new();
            let _ = errors.read_to_string(&mut text);
            panic!("the relay did not start: {text}");
        };
        let address = address.parse().unwrap();
        let readers = vec![collect(out, &said), collect(errors, &said)];
        Self { process, address, said, readers }
    }

    /// Waits until the gateway's keys are here.
    pub(crate) fn with_keys(self) -> Self {
        while wire::get(self.address, "/health").status() != 200 {
            std::thread::yield_now();
        }
        self
    }

    /// Waits until what the vendor signed is here, too.
    pub(crate) fn wait_for_signed_keys(&self) {
        while wire::get(self.address, "/ohttp-keys/signed").status() != 200 {
            std::thread::yield_now();
        }
    }

    pub(crate) fn metrics(&self) -> String {
        String::from_utf8(wire::get(self.address, "/metrics").body).unwrap()
    }

    pub(crate) fn tell(&self, signal: Signal) {
        let id = Pid::from_raw(self.process.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// The most memory that it had so far, in bytes.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes * 1_024
    }

    /// Whether the process's memory holds these bytes anywhere that it may read.
    pub(crate) fn remembers(&self, wanted: &[u8]) -> bool {
        remembers(self.process.id(), wanted)
    }

    /// Ends it, and gives everything that it wrote.
    pub(crate) fn end(mut self) -> (bool, String) {
        self.tell(Signal::TERM);
        let ended = self.process.wait().unwrap().success();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let said = self.said.lock().unwrap().clone();
        (ended, said)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a start says that does not come about.
pub(crate) fn refused(options: &[&str]) -> String {
    let output = Command::new(relay()).arg("serve").args(options).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

const PAGE: usize = 4_096;
const EMPTY: &[u8] = &[0; PAGE];

/// Searches every readable and writable map of a process.
pub(crate) fn remembers(process: u32, wanted: &[u8]) -> bool {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut searched = 0;
    for map in maps.lines().filter(|map| map.contains(" rw")) {
        let (from, to) = map.split(' ').next().unwrap().split_once('-').unwrap();
        let from = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // What the kernel keeps for itself cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        // Most of it was never written: those pages are passed over as a whole.
        for written in bytes.chunks(PAGE).collect::<Vec<_>>().split(|page| *page == EMPTY) {
            let run = written.concat();
            searched += run.len();
            if run.windows(wanted.len()).any(|window| window == wanted) {
                return true;
            }
        }
    }
    assert!(searched > 100_000, "the search saw no memory");
    false
}

fn collect(mut from: impl Read + Send + 'static, into: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    })
}
