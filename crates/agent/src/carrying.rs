//! What the process that seals and the process that carries say to each other over the socket
//! between them. Each message is a length and so many bytes; there is one exchange a connection.

use std::io::{self, Read, Write};

use contract::environment::Environment;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::limits::CARRYING_WORDS_BYTES_MAX;
use crate::ports::{NoReply, Reply};

/// What the process that seals asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask", deny_unknown_fields)]
pub enum Ask {
    /// What the carrier's environment says about telemetry.
    Environment,
    /// The gateway's keys, as a relay serves them.
    Keys(Through),
    /// To take a capsule to a relay. The capsule follows when the connection stands.
    Carry(Through),
    /// The fleet's policy, from where the carrier was told that it is.
    Policy,
}

/// Through which relay, and which certificates are believed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Through {
    /// The relay's address.
    pub relay: String,
    /// The certificate authorities that the fleet's policy names, in PEM.
    pub fleet: Option<String>,
}

impl std::fmt::Debug for Through {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Through").field("relay", &self.relay).finish_non_exhaustive()
    }
}

/// What the carrier tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "tell", deny_unknown_fields)]
pub enum Tell {
    /// What its environment says.
    Environment(Environment),
    /// The connection to the relay stands: now is the last look, and then the capsule.
    Ready,
    /// The capsule has left.
    Left,
    /// What was answered; the body follows.
    Replied {
        /// The HTTP status.
        status: u16,
        /// `Retry-After` in seconds, if it said so.
        retry_after_seconds: Option<u64>,
    },
    /// Nothing that could be used came back.
    Silent {
        /// Why, for people.
        why: String,
    },
    /// Whoever was there could not prove to be the one that was meant.
    Unproven {
        /// Why, for people.
        why: String,
    },
}

impl From<NoReply> for Tell {
    fn from(error: NoReply) -> Self {
        match error {
            NoReply::Silent(why) => Self::Silent { why },
            NoReply::Unproven(why) => Self::Unproven { why },
        }
    }
}

/// Says something.
///
/// # Errors
/// If nobody listens any more.
pub fn say(to: &mut dyn Write, words: &impl Serialize) -> io::Result<()> {
    give(to, &serde_json::to_vec(words)?)
}

/// Hears something.
///
/// # Errors
/// If nothing came, or something else.
pub fn hear<T: DeserializeOwned>(from: &mut dyn Read) -> io::Result<T> {
    Ok(serde_json::from_slice(&take(from, CARRYING_WORDS_BYTES_MAX)?)?)
}

/// Hands over bytes.
///
/// # Errors
/// If nobody takes them.
pub fn give(to: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(bytes)?;
    to.flush()
}

/// Takes so many bytes at most.
///
/// # Errors
/// If they end too soon, or more are announced.
pub fn take(from: &mut dyn Read, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u64::from(u32::from_be_bytes(length));
    if length > bytes_max {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Memory for what came, not for what was announced.
    let mut bytes = Vec::new();
    from.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Tells what came of a question.
///
/// # Errors
/// If nobody listens any more.
pub fn answer(to: &mut dyn Write, reply: Result<Reply, NoReply>) -> io::Result<()> {
    match reply {
        Ok(Reply { status, retry_after_seconds, body }) => {
            say(to, &Tell::Replied { status, retry_after_seconds })?;
            give(to, &body)
        }
        Err(error) => say(to, &Tell::from(error)),
    }
}

/// What came of a question, of which the first words are here already.
///
/// # Errors
/// If nothing came, or something else; `Ok(Err(_))` is the carrier's own word.
pub fn answered(
    from: &mut dyn Read,
    first: Tell,
    bytes_max: u64,
) -> io::Result<Result<Reply, NoReply>> {
    Ok(match first {
        Tell::Replied { status, retry_after_seconds } => {
            let body = take(from, bytes_max)?;
            Ok(Reply { status, retry_after_seconds, body })
        }
        Tell::Silent { why } => Err(NoReply::Silent(why)),
        Tell::Unproven { why } => Err(NoReply::Unproven(why)),
        Tell::Environment(_) | Tell::Ready | Tell::Left => {
            return Err(io::ErrorKind::InvalidData.into());
        }
    })
}

#[cfg(test)]
mod tests;
