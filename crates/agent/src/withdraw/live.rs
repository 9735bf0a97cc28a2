//! Asks collectors what they hold, at a person's command of that moment.

use std::collections::BTreeSet;

use contract::id::ChannelId;
use contract::manifest::Relay;
use envelope::RootPublic;

use crate::agent::Agent;
use crate::held::SentPart;
use crate::limits::HELD_KEYS_MAX;
use crate::ports::{HeldRequest, NoReply};
use crate::trouble::Trouble;

/// What a collector says that it holds of one channel.
#[derive(Clone)]
pub struct Live {
    /// The collector.
    pub to: String,
    /// The channel.
    pub channel: ChannelId,
    /// The bytes of each part, and the day after which it is forgotten.
    pub parts: Vec<(String, String)>,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl Agent<'_> {
    /// Asks the collectors themselves what they hold, tag by tag. Asking for several tags at once
    /// joins them: whoever calls this has said so.
    ///
    /// # Errors
    /// If the state cannot be read, or a collector does not answer.
    pub fn held_live(&self) -> Result<Vec<Live>, Trouble> {
        if self.read()?.record.airgap() {
            return Err(Trouble::new(
                "nobody was asked.",
                "this machine is in the air gap: nothing leaves it",
                "the ledger: candor-agent held shows what it knows",
                "candor-agent airgap off, if it shall leave the air gap",
            ));
        }
        let program = self.manifest.program.id.as_str();
        let secrets = self.state().secrets()?;
        let parts: Vec<_> = self.held()?.into_iter().filter(SentPart::may_be_held).collect();
        let mut places: Vec<Place<'_>> = Vec::new();
        for place in parts.iter().map(place_of) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        let mut found = Vec::new();
        for place in places {
            let (to, relays, channel, roots) = place;
            let relays = self.relays_towards(to, relays);
            // Through a relay each tag is asked for in a capsule of its own.
            let together = if relays.is_empty() { HELD_KEYS_MAX } else { 1 };
            let ours = parts.iter().filter(|part| place_of(part) == place);
            let mut tags = BTreeSet::new();
            let keys: Vec<_> = ours
                .filter(|part| part.tag.is_some_and(|tag| tags.insert(tag)))
                .filter_map(|part| part.key(program, &secrets))
                .collect();
            let mut live = Live { to: to.into(), channel: channel.clone(), parts: Vec::new() };
            for keys in keys.chunks(together) {
                let request =
                    HeldRequest { program, channel: channel.as_str(), keys, delete: false };
                let answer = self.ask_held((to, &relays), roots, &request)?.and_then(|reply| {
                    live_parts(reply.status, &reply.body).map_err(NoReply::Silent)
                });
                live.parts.extend(answer.map_err(|error| not_listed(&error))?);
            }
            found.push(live);
        }
        Ok(found)
    }
}

/// Where parts of one channel went, and under which root keys.
type Place<'a> = (&'a str, &'a [Relay], &'a ChannelId, &'a [RootPublic]);

fn place_of(part: &SentPart) -> Place<'_> {
    (&part.to, &part.relays, &part.channel, &part.roots)
}

fn live_parts(status: u16, body: &[u8]) -> Result<Vec<(String, String)>, String> {
    #[derive(serde::Deserialize)]
    struct Answer {
        parts: Vec<Part>,
    }
    #[derive(serde::Deserialize)]
    struct Part {
        bytes: String,
        forget_by: String,
    }
    match status {
        200 => {}
        // Asked for one tag at a time, only a tag of many periods comes to so much.
        413 => {
            let what = "what it holds under one tag is more than fits into one answer";
            return Err(format!("{what}; it can still be deleted: candor-agent withdraw"));
        }
        status => return Err(format!("the collector answered {status}")),
    }
    let answer: Answer =
        serde_json::from_slice(body).map_err(|_| "the answer is no list of parts".to_owned())?;
    Ok(answer.parts.into_iter().map(|part| (part.bytes, part.forget_by)).collect())
}

fn not_listed(error: &NoReply) -> Trouble {
    Trouble::new(
        "the collector could not be asked.",
        error.to_string(),
        "the ledger: candor-agent held shows what it knows",
        "try again later",
    )
}

#[cfg(test)]
mod tests;
