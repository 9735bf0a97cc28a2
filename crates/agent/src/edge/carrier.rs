//! The process that carries: it takes what another one has sealed to the relays that it was told,
//! and reads nothing on this machine.

use std::io::{self, Read};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use contract::destination::{Destination, host_and_port};
use contract::environment::Environment;
use contract::manifest::Manifest;
use contract::policy::PolicyFile;

use super::connections::{self, Variables};
use super::policy::OsPolicy;
use super::socket;
use crate::carrying::{Ask, Tell, Through, answer, hear, say, take};
use crate::cli::Common;
use crate::limits::{CAPSULE_BYTES_MAX, CARRYING_SECONDS_MAX};
use crate::ports::{NoReply, ReadPolicy as _, Reply};
use crate::trouble::Trouble;

mod handing;

pub use handing::Handing;

/// How `why` names this process.
const PROCESS: &str = "the process that sends";

/// A process that carries.
pub struct Carrier<'c> {
    common: &'c Common,
    variables: Variables<'c>,
    policy: OsPolicy,
    environment: Environment,
    /// The relays that manifest, options and a policy in a file name. Whoever asks for another one
    /// may have been taken over.
    relays: Vec<String>,
}

impl<'c> Carrier<'c> {
    /// For the relays of a manifest and of this machine's own settings.
    ///
    /// # Errors
    /// If the settings cannot be used, or name no relay.
    pub fn new(
        manifest: &Manifest,
        common: &'c Common,
        variables: Variables<'c>,
    ) -> Result<Self, Trouble> {
        let environment = Environment::read(PROCESS, variables);
        let policy = connections::fleet_policy(common, variables)?;
        let mut relays = Destination::of(&manifest.program, common.collector.as_deref()).relays;
        let placed = policy.read().ok().flatten().map(|text| PolicyFile::parse(&text));
        let placed = placed.and_then(Result::ok).map(|file| file.about(manifest));
        let named = placed.as_ref().and_then(|policy| policy.relay()).or(common.relay.as_deref());
        if let Some(named) = named {
            let destination = Destination::of(&manifest.program, None).through(named);
            relays.extend(destination.relays);
        }
        let relays: Vec<_> = relays.into_iter().map(|relay| relay.url).collect();
        if relays.is_empty() {
            return Err(Trouble::new(
                "nothing can be carried.",
                "neither the manifest nor --relay names a relay, and only what is sealed for one \
                 goes over this socket",
                "everything as it was",
                "name a relay; or start both processes without --sealed-socket",
            ));
        }
        Ok(Self { common, variables, policy, environment, relays })
    }

    /// Serves whoever may open the socket, one after the other, until the process ends.
    ///
    /// # Errors
    /// If the socket cannot be made.
    pub fn serve(&self, path: &Path) -> Result<std::convert::Infallible, Trouble> {
        let listener = socket::bind(path, |path| UnixListener::bind(path)).map_err(|error| {
            Trouble::new(
                "the socket for what is sealed could not be made.",
                format!("{}: {error}", path.display()),
                "everything as it was",
                "check that its folder is there and can be written, and that its path has under \
                 100 letters",
            )
        })?;
        loop {
            match listener.accept() {
                // Whoever breaks off is told nothing, and asks again.
                Ok((stream, _)) => drop(self.exchange(stream)),
                Err(_) => pause(),
            }
        }
    }

    fn exchange(&self, mut stream: UnixStream) -> io::Result<()> {
        let patience = Some(Duration::from_secs(CARRYING_SECONDS_MAX));
        stream.set_read_timeout(patience)?;
        stream.set_write_timeout(patience)?;
        let reply = match hear(&mut stream)? {
            Ask::Environment => {
                return say(&mut stream, &Tell::Environment(self.environment.clone()));
            }
            Ask::Policy => self.fetch_policy(),
            Ask::Keys(through) => self.keys(&through),
            Ask::Carry(through) => self.carry(&through, &mut stream),
        };
        answer(&mut stream, reply)
    }

    fn fetch_policy(&self) -> Result<Reply, NoReply> {
        let body = self.policy.fetch().map_err(NoReply::Silent)?;
        Ok(Reply { status: 200, retry_after_seconds: None, body })
    }

    fn keys(&self, through: &Through) -> Result<Reply, NoReply> {
        let connections = self.connections(through)?;
        connections.keys_of(&through.relay)
    }

    fn carry(&self, through: &Through, stream: &mut UnixStream) -> Result<Reply, NoReply> {
        let connections = self.connections(through)?;
        let mut handed = Handed { stream, capsule: None };
        connections.post_sealed(&through.relay, &mut handed)
    }

    /// Connections of one exchange: what nobody forbids, to a relay that was named.
    fn connections(&self, through: &Through) -> Result<super::http::Https, NoReply> {
        if let Some(forbidding) = self.environment.forbids().first() {
            let what = format!("{} in the environment of {PROCESS}", forbidding.variable);
            return Err(NoReply::Silent(format!("{what} forbids it")));
        }
        if !self.relays.contains(&through.relay) {
            let host = host_and_port(&through.relay);
            return Err(NoReply::Silent(format!(
                "{PROCESS} knows no relay {host}: candor-agent withdraw --all --now deletes by \
                 hand what was sent through one of earlier"
            )));
        }
        let connections = connections::open(self.common, through.fleet.as_deref(), self.variables);
        connections.map_err(|trouble| NoReply::Silent(trouble.happened))
    }
}

/// A capsule that is asked for when its first byte is needed: when the connection to the relay
/// stands. Its end is read after everything before it has left.
struct Handed<'s> {
    stream: &'s mut UnixStream,
    capsule: Option<io::Cursor<Vec<u8>>>,
}

impl Read for Handed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let capsule = if let Some(capsule) = &mut self.capsule {
            capsule
        } else {
            say(self.stream, &Tell::Ready)?;
            let bytes = take(self.stream, CAPSULE_BYTES_MAX as u64)?;
            self.capsule.insert(io::Cursor::new(bytes))
        };
        let read = capsule.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            say(self.stream, &Tell::Left)?;
        }
        Ok(read)
    }
}

/// After a failed accept, most often for want of file descriptors.
#[expect(clippy::disallowed_methods, reason = "only the edge waits")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}
