//! To which keys something is sealed: those that a pinned root stands behind today, and that every
//! relay tells alike.

use contract::destination::{BlindWay, host_and_port};
use envelope::RootPublic;
use envelope::oblivious::{KeyDocument, TrustedKeys};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Met;
use crate::agent::Agent;
use crate::limits::{KEYS_KEPT_MAX, KEYS_SECONDS_MAX, STATE_FILE_BYTES_MAX};
use crate::ports::{NoReply, Reply, day_of};

/// The keys' file.
const KEYS: &str = "gateway-keys.json";

/// Keys to seal to.
pub(super) struct Believed {
    pub(super) keys: TrustedKeys,
    /// The last day on which they are offered.
    pub(super) last_day: Date,
}

/// The keys that were fetched last, for each set of relays.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    documents: Vec<Fetched>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fetched {
    relays: Vec<String>,
    at: Timestamp,
    document: KeyDocument,
}

impl Agent<'_> {
    /// The keys of a collector's gateway: those that were fetched within a day, or new ones.
    pub(super) fn believed_keys(
        &self,
        to: BlindWay<'_>,
        roots: &[RootPublic],
        is_anew: bool,
    ) -> Result<Believed, Met> {
        if !is_anew && let Some(believed) = self.kept_keys(to, roots) {
            return Ok(believed);
        }
        let relays = urls(to);
        let (document, believed) = self.fetch_keys(to, roots)?;
        let _held = self.state().lock()?;
        let mut kept = self.kept();
        kept.documents.retain(|fetched| fetched.relays != relays);
        let too_many = (kept.documents.len() + 1).saturating_sub(KEYS_KEPT_MAX);
        kept.documents.drain(..too_many);
        kept.documents.push(Fetched { relays, at: self.now(), document });
        self.state().write_json(KEYS, &kept)?;
        Ok(believed)
    }

    /// The keys that were fetched within a day, if they are still believed.
    pub(super) fn kept_keys(&self, to: BlindWay<'_>, roots: &[RootPublic]) -> Option<Believed> {
        let (kept, relays) = (self.kept(), urls(to));
        let fetched = kept.documents.iter().find(|fetched| fetched.relays == relays)?;
        let age = self.now().duration_since(fetched.at).as_secs();
        let is_young = (0..KEYS_SECONDS_MAX).contains(&age);
        is_young.then(|| self.believe_keys(&fetched.document, roots).ok()).flatten()
    }

    /// What cannot be read is fetched again.
    fn kept(&self) -> Kept {
        self.state().read_json(KEYS, STATE_FILE_BYTES_MAX).ok().flatten().unwrap_or_default()
    }

    /// Asks every relay. Those that answer must tell the same: a collector that gives one sender
    /// keys of its own would have to do so through each of them.
    fn fetch_keys(
        &self,
        to: BlindWay<'_>,
        roots: &[RootPublic],
    ) -> Result<(KeyDocument, Believed), NoReply> {
        let mut found: Option<(KeyDocument, Believed)> = None;
        let mut met = NoReply::Silent("no relay is named".to_owned());
        for relay in to.relays() {
            let host = host_and_port(&relay.url);
            let reply = self.world.transport.keys(relay);
            let body = match reply.and_then(|reply| told(&host, reply)) {
                Ok(body) => body,
                Err(error) => {
                    met = error;
                    continue;
                }
            };
            let doubt = |why: String| {
                NoReply::Unproven(format!("the keys that {host} tells are not believed: {why}"))
            };
            let program = self.manifest.program.id.as_str();
            let document = KeyDocument::of_program(&body, program);
            let document = document.map_err(|error| doubt(error.to_string()))?;
            let believed = self.believe_keys(&document, roots).map_err(doubt)?;
            match &found {
                Some((other, _)) if other.digest() != document.digest() => {
                    return Err(doubt("another relay tells others".to_owned()));
                }
                Some(_) => {}
                None => found = Some((document, believed)),
            }
        }
        found.ok_or(met)
    }

    fn believe_keys(
        &self,
        document: &KeyDocument,
        roots: &[RootPublic],
    ) -> Result<Believed, String> {
        let program = self.manifest.program.id.as_str();
        let keys = document.verify(roots, program, day_of(self.now()));
        let keys = keys.map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })?;
        Ok(Believed { keys, last_day: document.last_day })
    }
}

fn urls(to: BlindWay<'_>) -> Vec<String> {
    to.relays().iter().map(|relay| relay.url.clone()).collect()
}

fn told(host: &str, reply: Reply) -> Result<Vec<u8>, NoReply> {
    match reply.status {
        200 => Ok(reply.body),
        status => {
            let what = "when it was asked for the keys to seal to";
            Err(NoReply::Silent(format!("{host} answered {status} {what}")))
        }
    }
}
