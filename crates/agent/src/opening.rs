//! A capsule that was caught on its way out: opened again, and matched to the ledger.

use contract::calendar::Period;
use contract::id::{ChannelId, PartId};
use envelope::Digest;
use envelope::oblivious::{CapsuleKey, Request};
use jiff::Timestamp;

use crate::ledger::{Entry, Line};
use crate::trouble::Trouble;
use crate::wire;

/// What a capsule turned out to be.
pub struct Opened {
    /// SHA-256 of the capsule.
    pub capsule: Digest,
    /// When it was sealed.
    pub at: Timestamp,
    /// The method of the request inside.
    pub method: String,
    /// The host that it is addressed to, inside.
    pub host: String,
    /// The path.
    pub path: String,
    /// What it is about.
    pub content: Content,
}

/// What is in a capsule.
pub enum Content {
    /// A part.
    Part {
        /// The bytes that were sealed, as the collector reads them.
        bytes: String,
        /// The ledger's entry with exactly the same bytes.
        entry: Option<Found>,
    },
    /// A question about what is held under one tag, or a deletion. It shows the tag's key.
    Question,
}

/// A part in the ledger.
pub struct Found {
    /// The line's number, from 1.
    pub line: usize,
    /// The channel.
    pub channel: ChannelId,
    /// The period.
    pub period: Period,
    /// The part.
    pub part: PartId,
    /// Whether a receipt for it is in the ledger.
    pub is_receipted: bool,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("capsule", &self.capsule).finish_non_exhaustive()
    }
}

/// Opens a capsule with what the ledger keeps for that, and finds what was in it.
///
/// # Errors
/// If it was not sealed here, as far as the ledger goes back; or was changed.
pub fn open(lines: &[Line], capsule: &[u8]) -> Result<Opened, Trouble> {
    let digest = Digest::of(capsule);
    let sealed = lines.iter().find_map(|line| match &line.entry {
        Entry::Sealed { capsule, key, part } if *capsule == digest => Some((line.at, key, part)),
        _ => None,
    });
    let (at, key, part) = sealed.ok_or_else(|| unknown(lines, &digest))?;
    let request = unsealed(key, capsule)?;
    let content = match part {
        None => Content::Question,
        Some(_) => content(lines, &request)?,
    };
    let Request { method, authority: host, path, .. } = request;
    Ok(Opened { capsule: digest, at, method, host, path, content })
}

fn unsealed(key: &CapsuleKey, capsule: &[u8]) -> Result<Request, Trouble> {
    key.open(capsule).map_err(|error| damaged(&error.to_string()))
}

fn content(lines: &[Line], request: &Request) -> Result<Content, Trouble> {
    let bytes = wire::expand(&request.body).map_err(|error| damaged(&error.to_string()))?;
    let bytes = String::from_utf8(bytes).map_err(|error| damaged(&error.to_string()))?;
    let digest = Digest::of(bytes.as_bytes());
    let is_receipt =
        |line: &Line| matches!(&line.entry, Entry::Receipt { digest: of, .. } if *of == digest);
    let found = lines.iter().enumerate().find_map(|(index, line)| match &line.entry {
        Entry::Sending { channel, period, part, bytes: sent, .. } if *sent == bytes => {
            Some(Found {
                line: index + 1,
                channel: channel.clone(),
                period: *period,
                part: part.clone(),
                is_receipted: lines.iter().any(is_receipt),
            })
        }
        _ => None,
    });
    Ok(Content::Part { bytes, entry: found })
}

fn unknown(lines: &[Line], digest: &Digest) -> Trouble {
    let since = lines.first().map_or_else(
        || "the ledger is empty".to_owned(),
        |line| format!("the ledger goes back to {}", crate::words::day(line.at)),
    );
    Trouble::new(
        "this was not sealed here.",
        format!("no capsule with the SHA-256 {digest} is in the ledger; {since}"),
        "everything as it was",
        "give the body of the request alone, byte for byte: no headers, no lengths of chunks. If \
         it is that, another installation sealed it, or it was changed",
    )
}

fn damaged(why: &str) -> Trouble {
    Trouble::new(
        "the capsule could not be opened.",
        why,
        "everything as it was",
        "candor-agent ledger verify says whether the ledger was changed",
    )
}
