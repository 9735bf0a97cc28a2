//! A server as a process of its own: where it listens, what it used.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::vendor::Vendor;

/// A running server; it ends with this, and with this process however that ends.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

/// The first word by which this program starts another one as a child that does not outlive it.
pub(crate) const CHILD: &str = "child";

/// Becomes the program that the arguments name, which is killed when the process that started this
/// one ends: a panic here aborts, and leaves nobody to end the servers.
pub(crate) fn become_child(arguments: &[String]) -> ! {
    let kill = rustix::process::Signal::KILL;
    rustix::process::set_parent_process_death_signal(Some(kill)).unwrap();
    let (program, arguments) = arguments.split_first().unwrap();
    panic!("{program}: {}", Command::new(program).args(arguments).exec());
}

fn child(program: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(CHILD).arg(program);
    command
}

/// The program of the same build.
pub(crate) fn collector() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.set_file_name("candor-collector");
    path
}

impl Server {
    /// The null server.
    pub(crate) fn null() -> Self {
        Self::start(child(&std::env::current_exe().unwrap()).arg("null"))
    }

    /// A collector in production's setting, with keys and manifest of the vendor.
    pub(crate) fn collector(folder: &Path, vendor: &Vendor, more: &[&str]) -> Self {
        let mut command = child(&collector());
        command.env("CANDOR_LOG", "error").arg("--data").arg(folder.join("data")).arg("serve");
        command
            .args(["--listen", "127.0.0.1:0", "--manifest"])
            .arg(vendor.manifest_file())
            .args(more);
        Self::start(&mut command)
    }

    /// A relay before this server, without bounds by network: all load comes from one.
    pub(crate) fn relay(&self) -> Self {
        let mut command = child(&collector().with_file_name("candor-relay"));
        command.env("CANDOR_RELAY_LOG", "error").args(["serve", "--listen", "127.0.0.1:0"]);
        command.args(["--connections-per-network", "0", "--requests-per-network-hour", "0"]);
        Self::start(command.arg("--gateway").arg(format!("http://{}", self.address)))
    }

    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().split_once("://").unwrap_or_else(|| panic!("{line}")).1;
        let address = address.parse().unwrap();
        Self { child, address }
    }

    /// Nanoseconds of CPU that its threads used so far: where so little is used that ticks of the
    /// clock would not show it.
    pub(crate) fn cpu_nanoseconds(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let of = |path: PathBuf| fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        let used = tasks.map(|task| of(task.unwrap().path()));
        used.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Seconds of CPU that it used so far, in user and system mode.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let after = stat.rsplit_once(')').unwrap().1;
        let ticks = after.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().unwrap());
        ticks.sum::<u64>() as f64 / 100.0
    }

    /// Open files, nearly all of which are connections.
    pub(crate) fn connections(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0, Iterator::count)
    }

    /// The most memory that it had resident.
    pub(crate) fn memory_bytes_max(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// The memory that it has resident now.
    pub(crate) fn memory_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes of all files below a folder.
pub(crate) fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let bytes = entries.map(|entry| {
        let data = entry.metadata().unwrap();
        if data.is_dir() { bytes_below(&entry.path()) } else { data.len() }
    });
    bytes.sum()
}
