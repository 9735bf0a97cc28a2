//! The other end: a process without network, whose capsules another one carries.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use contract::destination::DirectWay;
use contract::environment::Environment;
use contract::gate::Consent;
use contract::manifest::Relay;
use contract::part::Part;
use envelope::oblivious::Capsule;

use crate::carrying::{Ask, Tell, Through, answered, give, hear, say};
use crate::cli::{Command, Common};
use crate::limits::{
    CARRYING_SECONDS_MAX, REPLY_BYTES_MAX, REQUEST_SECONDS_MAX, SEALED_REPLY_BYTES_MAX,
};
use crate::ports::{Believed, Fetch, HeldRequest, LastLook, NoReply, Reply, Transport};

/// Hands over what is sealed.
#[derive(Debug, Clone)]
pub struct Handing {
    socket: PathBuf,
    /// Whose certificates the carrier is told to believe, beside its own settings.
    believed: Believed,
    seconds: u64,
}

impl Handing {
    /// Where a command starts a process that hands over what it seals. `believed` is what
    /// connections of its own would believe.
    pub fn of(command: &Command, common: &Common, believed: Believed) -> Option<Self> {
        let socket = command.seals()?.to_owned();
        let seconds = common.timeout.unwrap_or(REQUEST_SECONDS_MAX) + CARRYING_SECONDS_MAX;
        Some(Self { socket, believed, seconds })
    }

    fn ask(&self, ask: &Ask) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket)?;
        let patience = Some(Duration::from_secs(self.seconds));
        stream.set_read_timeout(patience)?;
        stream.set_write_timeout(patience)?;
        say(&mut stream, ask)?;
        Ok(stream)
    }

    fn through(&self, relay: &Relay) -> Through {
        Through { relay: relay.url.clone(), fleet: self.believed.fleet.clone() }
    }

    fn asked(&self, ask: &Ask, bytes_max: u64) -> Result<Reply, NoReply> {
        let exchange = || {
            let mut stream = self.ask(ask)?;
            let first = hear(&mut stream)?;
            answered(&mut stream, first, bytes_max)
        };
        exchange().unwrap_or_else(|error| Err(self.away(&error)))
    }

    fn away(&self, error: &io::Error) -> NoReply {
        let what = match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => "does not run",
            io::ErrorKind::PermissionDenied => "is there, and this user may not use its socket",
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "did not answer in time",
            _ => "broke off",
        };
        NoReply::Silent(format!("the process that sends {what} ({})", self.socket.display()))
    }
}

impl Transport for Handing {
    fn send(
        &self,
        to: DirectWay<'_>,
        _: &Consent<'_>,
        _: &Part,
        _: &mut LastLook<'_>,
    ) -> Result<Reply, NoReply> {
        Err(not_sealed(to))
    }

    fn held(&self, to: DirectWay<'_>, _: &HeldRequest<'_>) -> Result<Reply, NoReply> {
        Err(not_sealed(to))
    }

    fn keys(&self, relay: &Relay) -> Result<Reply, NoReply> {
        self.asked(&Ask::Keys(self.through(relay)), REPLY_BYTES_MAX)
    }

    fn carry(
        &self,
        relay: &Relay,
        capsule: &Capsule,
        look: Option<&mut LastLook<'_>>,
    ) -> Result<Reply, NoReply> {
        let exchange = || {
            let mut stream = self.ask(&Ask::Carry(self.through(relay)))?;
            let mut told = hear(&mut stream)?;
            if told == Tell::Ready {
                // What the look returns is held until the capsule has left.
                let _held = match look {
                    Some(look) => Some(look().ok_or(io::ErrorKind::PermissionDenied)?),
                    None => None,
                };
                give(&mut stream, capsule.as_bytes())?;
                told = hear(&mut stream)?;
            }
            if told == Tell::Left {
                told = hear(&mut stream)?;
            }
            answered(&mut stream, told, SEALED_REPLY_BYTES_MAX)
        };
        exchange().unwrap_or_else(|error| Err(self.away(&error)))
    }

    fn believed(&self) -> Believed {
        self.believed.clone()
    }

    fn environment(&self) -> Option<Environment> {
        let mut stream = self.ask(&Ask::Environment).ok()?;
        match hear(&mut stream).ok()? {
            Tell::Environment(environment) => Some(environment),
            _ => None,
        }
    }
}

impl Fetch for Handing {
    /// The fleet's policy. Where it is, the carrier was told, and not by whoever asks.
    fn get(&self, _: &str, bytes_max: u64) -> Result<Reply, NoReply> {
        self.asked(&Ask::Policy, bytes_max)
    }
}

fn not_sealed(to: DirectWay<'_>) -> NoReply {
    NoReply::Silent(format!(
        "only what is sealed is handed to the process that sends, and {} is reached directly: \
         candor-agent withdraw --all --now deletes by hand what was sent there",
        to.host_and_port()
    ))
}
