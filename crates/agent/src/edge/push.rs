//! The socket on which a product pushes, and the command that does it by hand.

use std::cell::OnceCell;
use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use contract::manifest::Manifest;
use disk::{Disk, LockGuard};
use push::line::{self, LINE_BYTES_MAX, Line};
use push::{Push, SendError};
use rustix::net::RecvFlags;

use super::clock::OsClock;
use super::{socket, source};
use crate::gather::ReadError;
use crate::limits::{
    PUSH_BATCH_MAX, PUSH_BUSY_SECONDS_MAX, PUSH_FILE_BYTES_MAX, PUSH_PER_SECOND_MAX,
    PUSH_SETTLE_SECONDS,
};
use crate::ports::Clock as _;
use crate::push::{FILE, Hour, NotPushed, Pushed, Refused, Store};
use crate::state::State;
use crate::trouble::Trouble;

/// The socket's name in the state folder, where no other place is named.
const SOCKET: &str = "push.sock";

/// Held by whoever writes pushed numbers.
const LOCK: &str = "push.lock";

/// Where a product pushes to.
pub fn socket_path(folder: &Path, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| folder.join(SOCKET), Path::to_owned)
}

/// An open socket and the numbers that it fills.
#[derive(Debug)]
pub struct Receiver<'d> {
    socket: UnixDatagram,
    store: Store<'d>,
    _lock: LockGuard,
    refused: Vec<Refused>,
    told: Option<Instant>,
    disk_failed: bool,
}

impl<'d> Receiver<'d> {
    /// Opens the socket; one that a killed process left behind is replaced.
    ///
    /// # Errors
    /// If the socket cannot be made there, or the state folder cannot be written.
    pub fn open(disk: &'d dyn Disk, pushed: Pushed, path: &Path) -> Result<Self, Trouble> {
        let lock = State::new(Some(disk), &OsClock).lock_as(LOCK, PUSH_BUSY_SECONDS_MAX)?;
        let store = open_store(disk, pushed)?;
        let socket = socket::bind(path, |path| UnixDatagram::bind(path)).map_err(|error| {
            Trouble::new(
                "the socket for pushed counters could not be made.",
                format!("{}: {error}", path.display()),
                "everything as it was",
                "check that its folder is there and can be written, and that its path has under \
                 100 letters; name another with --push-socket",
            )
        })?;
        let (refused, told, disk_failed) = (Vec::new(), None, false);
        Ok(Self { socket, store, _lock: lock, refused, told, disk_failed })
    }

    /// Receives until the process ends. `log` gets a line when something is refused, at most one
    /// each hour, and one for each change of the disk's state.
    pub fn receive(mut self, log: &dyn Fn(&str)) -> io::Error {
        let mut settled = now();
        let mut window = (now(), 0);
        loop {
            let wait = PUSH_SETTLE.saturating_sub(settled.elapsed());
            if self.store.is_unsettled() && wait.is_zero() {
                let result = self.store.settle(hour());
                self.tell_disk(result.is_err(), log);
                settled = now();
                continue;
            }
            let timeout = self.store.is_unsettled().then_some(wait);
            let taken = match self.receive_some(timeout) {
                Ok(taken) => taken,
                Err(error) => return error,
            };
            if !self.store.is_unsettled() {
                settled = now();
            }
            let appended = self.store.append();
            if appended.is_err() {
                self.tell_disk(true, log);
            }
            self.tell_refused(log);
            hold_back(&mut window, taken);
        }
    }

    /// Waits for one line, and takes it with those that wait behind it. Says how many there were.
    fn receive_some(&mut self, timeout: Option<Duration>) -> io::Result<u32> {
        // One byte more than a line has, so that a longer one is seen to be longer.
        let mut buffer = [0; LINE_BYTES_MAX + 1];
        self.socket.set_read_timeout(timeout.map(|wait| wait.max(Duration::from_millis(1))))?;
        let (hour, mut taken) = (hour(), 0);
        let mut length = match self.socket.recv(&mut buffer) {
            Ok(length) => length,
            Err(error) if is_nothing(error.kind()) => return Ok(0),
            Err(error) => return Err(error),
        };
        loop {
            taken += 1;
            let read = line::read(buffer.get(..length).unwrap_or_default());
            let result = read.ok_or(Refused::Line).and_then(|line| self.store.take(&line, hour));
            if let Err(why) = result {
                self.refuse(why);
            }
            if taken >= PUSH_BATCH_MAX {
                return Ok(taken);
            }
            match rustix::net::recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((_, found)) => length = found,
                Err(_) => return Ok(taken),
            }
        }
    }

    fn refuse(&mut self, why: Refused) {
        if !self.refused.contains(&why) {
            self.refused.push(why);
        }
    }

    fn tell_refused(&mut self, log: &dyn Fn(&str)) {
        let is_soon = self.told.is_some_and(|told| told.elapsed() < Duration::from_secs(3_600));
        if self.refused.is_empty() || is_soon {
            return;
        }
        let whys: Vec<_> = self.refused.drain(..).map(|why| why.to_string()).collect();
        log(&format!("something that was pushed is not counted: it {}", whys.join("; or ")));
        self.told = Some(now());
    }

    fn tell_disk(&mut self, failed: bool, log: &dyn Fn(&str)) {
        if failed != self.disk_failed {
            log(if failed {
                "pushed counters cannot be written down; they are kept while this process runs"
            } else {
                "pushed counters are written down again"
            });
        }
        self.disk_failed = failed;
    }
}

const PUSH_SETTLE: Duration = Duration::from_secs(PUSH_SETTLE_SECONDS);

/// Whoever floods the socket fills its queue, and not this processor: what comes faster waits in
/// the kernel, and senders are told that it is full.
fn hold_back(window: &mut (Instant, u32), taken: u32) {
    const WINDOW: Duration = Duration::from_millis(100);
    let (began, so_far) = window;
    *so_far = so_far.saturating_add(taken);
    let passed = began.elapsed();
    if *so_far >= PUSH_PER_SECOND_MAX / 10 && passed < WINDOW {
        pause(WINDOW.saturating_sub(passed));
    }
    if began.elapsed() >= WINDOW {
        *window = (now(), 0);
    }
}

fn is_nothing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Pushes one line, to the service where one runs, into the state folder otherwise. Says where it
/// went.
///
/// # Errors
/// If it is refused, or nobody can take it.
pub fn push(
    line: &Line<'_>,
    manifest: &Manifest,
    socket: &Path,
    state: impl Fn() -> Result<Box<dyn Disk>, Trouble>,
) -> Result<&'static str, Trouble> {
    let mut trial = Pushed::new(manifest);
    trial.take(line, hour()).map_err(|why| refused(why, &trial))?;
    let way = Push::to(socket);
    let tries = PUSH_BUSY_SECONDS_MAX * 50;
    for _ in 0..tries {
        match way.send(line) {
            Ok(()) => return Ok("the service"),
            Err(SendError::Away) => break,
            Err(SendError::Busy) => pause(Duration::from_millis(20)),
            Err(error) => return Err(not_sent(error, socket)),
        }
    }
    // No service: this command does what it would have done, and nobody else may meanwhile.
    let disk = state()?;
    let state = State::new(Some(disk.as_ref()), &OsClock);
    let _lock = match state.lock_as(LOCK, PUSH_BUSY_SECONDS_MAX) {
        Ok(lock) => lock,
        // A service began in between.
        Err(trouble) if trouble.is_locked => {
            return way.send(line).map(|()| "the service").map_err(|e| not_sent(e, socket));
        }
        Err(trouble) => return Err(trouble),
    };
    let mut store = open_store(disk.as_ref(), Pushed::new(manifest))?;
    store.take(line, hour()).map_err(|why| refused(why, &trial))?;
    let written = store.append().and_then(|()| store.settle(hour()));
    written.map_err(|error| Trouble::disk("writing the counter", &error))?;
    Ok("the state folder")
}

fn open_store(disk: &dyn Disk, pushed: Pushed) -> Result<Store<'_>, Trouble> {
    let opened = Store::open(disk, pushed, hour());
    opened.map_err(|error| Trouble::disk("reading the pushed counters", &error))
}

fn refused(why: Refused, pushed: &Pushed) -> Trouble {
    let known: Vec<&str> = pushed.questions().collect();
    let known = if known.is_empty() {
        "the manifest has no question whose source is `push`".to_owned()
    } else {
        format!("the questions that are pushed are {}", known.join(", "))
    };
    let to_do = format!("see candor-agent push --help; {known}");
    Trouble::new("nothing was pushed.", format!("it {why}"), "all counters as they were", to_do)
}

fn not_sent(error: SendError, socket: &Path) -> Trouble {
    Trouble::new(
        "nothing was pushed.",
        format!("{}: {error}", socket.display()),
        "all counters as they were",
        "push as a user of the socket's group, or stop the candor-agent that holds it",
    )
}

/// The file of pushed numbers, read once, and only if somebody asks.
#[derive(Debug)]
pub struct PushedFile {
    path: PathBuf,
    manifest: Manifest,
    read: OnceCell<Option<Pushed>>,
}

impl PushedFile {
    /// The file in a state folder, which need not be there.
    pub fn new(folder: &Path, manifest: &Manifest) -> Self {
        Self { path: folder.join(FILE), manifest: manifest.clone(), read: OnceCell::new() }
    }

    pub(super) fn get(&self) -> Result<&Pushed, ReadError> {
        let read = || {
            let bytes_max = usize::try_from(PUSH_FILE_BYTES_MAX).unwrap_or(usize::MAX);
            let bytes = source::read_file(&self.path, bytes_max).ok()?;
            let mut pushed = Pushed::new(&self.manifest);
            pushed.take_up(&bytes, hour());
            Some(pushed)
        };
        self.read.get_or_init(read).as_ref().ok_or(ReadError::Pushed(NotPushed))
    }
}

/// The hour since the beginning of 1970.
pub(super) fn hour() -> Hour {
    Hour::try_from(OsClock.now().as_second() / 3_600).unwrap_or(0)
}

#[expect(clippy::disallowed_methods, reason = "limits of time are measured here, at the edge")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "only the edge waits")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
