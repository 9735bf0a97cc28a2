//! Runs another program and ends with it, or before it, whatever it does.
//!
//! There is no shell. The program gets no environment but a fixed one, so no token of the agent's
//! or its administrator's reaches it; it yields to the product (nice 19, from which the kernel
//! derives the lowest best-effort rank for the disk as well); it has its own process group, which
//! is killed with all that it started when it ends, prints too much or takes too long. A grandchild
//! that leaves the group is not followed, and cannot hold us up.

use std::io::Read as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, AtFlags, CWD};
use rustix::process::{
    Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions, kill_process_group, prlimit,
    setpriority_pgrp, waitid,
};

use super::now;
use crate::edge::facts::NICE;
use crate::gather::ReadError;
use crate::limits::{COMMAND_CPU_SECONDS_MAX, COMMAND_MEMORY_BYTES_MAX, KILL_SECONDS_MAX};

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// Dates, sorting and messages as in every other installation.
const ENVIRONMENT: [(&str, &str); 3] = [("PATH", PATH), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")];
/// What it and each program that it starts may take; nobody's memory is dumped to a disk.
const LIMITS: [(Resource, u64); 3] = [
    (Resource::Cpu, COMMAND_CPU_SECONDS_MAX),
    (Resource::Data, COMMAND_MEMORY_BYTES_MAX),
    (Resource::Core, 0),
];
/// How long nothing is heard before it is asked again whether the program has ended: its output may
/// stay open in other hands, so the end of the output does not tell.
const LOOK: Duration = Duration::from_millis(20);

/// What a program prints.
pub(super) fn run(
    argv: &[String],
    bytes_max: usize,
    time_max: Duration,
) -> Result<Vec<u8>, ReadError> {
    let (name, arguments) = argv.split_first().ok_or(ReadError::NotThere)?;
    let deadline = now() + time_max;
    let mut running = Running::start(&find(name)?, arguments)?;
    let mut output = Output { pipe: running.child.stdout.take(), bytes: Vec::new(), bytes_max };
    while !running.has_ended() {
        let left = deadline.saturating_duration_since(now());
        if left.is_zero() {
            return Err(ReadError::TooSlow { time_max });
        }
        output.read(left.min(LOOK))?;
    }
    let status = running.end().ok_or(ReadError::TooSlow { time_max })?;
    // What it had printed before it ended is in the pipe and needs no waiting.
    while output.read(Duration::ZERO)? {}
    match (status.code(), status.signal()) {
        (Some(0), _) => Ok(output.bytes),
        (Some(code), _) => Err(ReadError::Status(code)),
        (None, signal) => Err(ReadError::Signal(signal.unwrap_or_default())),
    }
}

/// The program of this name: absolute, or in the fixed search path.
fn find(name: &str) -> Result<PathBuf, ReadError> {
    if name.starts_with('/') {
        return Ok(PathBuf::from(name));
    }
    if name.is_empty() || name.contains('/') {
        return Err(ReadError::NotAbsolute);
    }
    let places = PATH.split(':').map(|folder| Path::new(folder).join(name));
    let may_run = |path: &PathBuf| {
        path.is_file() && rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::empty()).is_ok()
    };
    places.into_iter().find(may_run).ok_or(ReadError::NotThere)
}

/// A program and all that it started. Neither outlives this value.
struct Running {
    child: Child,
    group: Option<Pid>,
    is_reaped: bool,
}

impl Running {
    fn start(program: &Path, arguments: &[String]) -> Result<Self, ReadError> {
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(ENVIRONMENT)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Messages name files, hosts and values: nobody here reads them.
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // If it does not work the program runs as this one does, which is nice too where packaged.
        let _ = setpriority_pgrp(group, NICE);
        for (what, most) in LIMITS {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            let _ = prlimit(group, what, limit);
        }
        Ok(Self { child, group, is_reaped: false })
    }

    /// Whether the program has ended. It stays a zombie, so its number, which is the group's too,
    /// cannot pass on to somebody else before the group is killed.
    fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let state = self.group.map(|pid| waitid(WaitId::Pid(pid), options));
        !matches!(state, Some(Ok(None)))
    }

    /// Kills what is left of the group and asks how the program ended. A program that not even the
    /// kernel can kill, because it waits for a disk that is gone, is left behind.
    fn end(&mut self) -> Option<ExitStatus> {
        if let Some(group) = self.group.filter(|_| !self.is_reaped) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        // A program can put itself into another group.
        let _ = self.child.kill();
        let deadline = now() + Duration::from_secs(KILL_SECONDS_MAX);
        while !self.has_ended() && now() < deadline {
            pause(Duration::from_millis(1));
        }
        let status = self.child.try_wait().ok().flatten();
        self.is_reaped |= status.is_some();
        status
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.end();
        }
    }
}

/// What was printed so far.
struct Output {
    pipe: Option<ChildStdout>,
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Output {
    /// Waits so long for more at most, and says whether there was some.
    fn read(&mut self, wait: Duration) -> Result<bool, ReadError> {
        let Some(pipe) = &mut self.pipe else {
            // All was printed and the program still runs: it is about to end, or hangs.
            pause(wait.min(Duration::from_millis(1)));
            return Ok(false);
        };
        let mut polled = [PollFd::new(pipe, PollFlags::IN)];
        if poll(&mut polled, timespec(wait).as_ref()).unwrap_or(0) == 0 {
            return Ok(false);
        }
        let mut chunk = [0; 16 * 1024];
        let length = pipe.read(&mut chunk)?;
        let bytes_max = self.bytes_max;
        if self.bytes.len() + length > bytes_max {
            return Err(ReadError::TooLong { bytes_max });
        }
        self.bytes.extend_from_slice(chunk.get(..length).unwrap_or_default());
        if length == 0 {
            self.pipe = None;
        }
        Ok(length > 0)
    }
}

fn pause(time: Duration) {
    let _ = poll(&mut [], timespec(time).as_ref());
}

fn timespec(time: Duration) -> Option<Timespec> {
    Timespec::try_from(time).ok()
}
