//! A fleet's policy that is fetched: what is kept of it, when it is asked for again, and when it
//! falls silent. It can never become more permissive by being unreachable, replayed or late.

use contract::policy::{Policy, PolicyFile, SignedError, SignedPolicy};
use envelope::RootPublic;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::agent::Agent;
use crate::limits::{
    FLEET_AGAIN_SECONDS, FLEET_FILE_BYTES_MAX, FLEET_SILENT_SECONDS, FLEET_SKEW_SECONDS,
};
use crate::schedule::later;
use crate::trouble::Trouble;
use crate::words::moment;

/// Where a fleet's policy is fetched, and who signs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its address.
    pub url: String,
    /// The key of the fleet.
    pub key: RootPublic,
}

/// What the service says when fetching works again.
pub(crate) const FETCHED: &str = "the fleet's policy is fetched";

/// What is kept of it.
const KEPT: &str = "policy.json";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The signed document in force, as it came.
    document: Option<String>,
    /// Under which key.
    key: Option<RootPublic>,
    /// When the policy's host last showed it, or another of the same key.
    checked: Option<Timestamp>,
    /// When somebody last tried, and what stood in the way.
    tried: Option<Timestamp>,
    trouble: Option<String>,
}

impl Kept {
    /// The document in force; one of another key is none.
    fn policy(&self, remote: &Remote) -> Option<SignedPolicy> {
        let document = self.document.as_ref().filter(|_| self.key == Some(remote.key))?;
        SignedPolicy::open(document.as_bytes(), &remote.key).ok()
    }

    /// What came, if it may follow what is in force.
    fn accept(&self, remote: &Remote, came: &[u8], now: Timestamp) -> Result<Self, String> {
        let policy = SignedPolicy::open(came, &remote.key).map_err(|error| in_words(&error))?;
        let document = String::from_utf8_lossy(came).into_owned();
        if let Some(before) = self.policy(remote) {
            let (number, last) = (policy.number(), before.number());
            if number < last {
                return Err(format!("number {number} was offered, and {last} is in force already"));
            }
            if number == last && self.document.as_ref() != Some(&document) {
                return Err(format!("number {number} was offered with another text than before"));
            }
        }
        Ok(Self {
            document: Some(document),
            key: Some(remote.key),
            checked: Some(now),
            tried: Some(now),
            trouble: None,
        })
    }

    /// What is in force now, or why nothing may be sent.
    fn in_force(&self, remote: &Remote, now: Timestamp) -> Result<SignedPolicy, String> {
        let host = contract::destination::host_and_port(&remote.url);
        let trouble = self.trouble.as_ref().map(|trouble| format!(": {trouble}"));
        let trouble = trouble.unwrap_or_default();
        let never = || format!("it was never fetched from {host}{trouble}");
        let policy = self.policy(remote).ok_or_else(never)?;
        let checked = self.checked.ok_or_else(never)?;
        let age = now.duration_since(checked).as_secs();
        if age < -FLEET_SKEW_SECONDS {
            return Err(format!("it was last seen on {}, after now", moment(checked)));
        }
        if age > FLEET_SILENT_SECONDS {
            return Err(format!("{host} last showed it on {}{trouble}", moment(checked)));
        }
        if now >= policy.expires() {
            return Err(format!("it ended on {}", moment(policy.expires())));
        }
        Ok(policy)
    }

    /// Whether it is time to ask again. A clock that went back is a reason to ask.
    fn is_due(&self, now: Timestamp, after_seconds: i64) -> bool {
        let fresh = |at: Option<Timestamp>, seconds: i64| {
            at.is_some_and(|at| (0..seconds).contains(&now.duration_since(at).as_secs()))
        };
        // Whoever could not be reached a moment ago is not asked again for each part.
        !fresh(self.checked, after_seconds)
            && !fresh(self.tried, after_seconds.min(FLEET_AGAIN_SECONDS))
    }
}

impl Agent<'_> {
    /// The fleet's policy about this program. One that cannot be read, or is nonsense, forbids; so
    /// do two, of which nobody can say which one counts.
    pub fn policy(&self) -> Policy {
        let policy = self.policy_as_read();
        // Where parts go, and to whom, is settled when a process begins, and shown by it.
        match self.another(&policy) {
            Some(what) => Policy::unusable(&format!(
                "it names another {what} than before; restart candor-agent"
            )),
            None => policy,
        }
    }

    /// What the fleet's policy names otherwise than when this process began.
    fn another(&self, policy: &Policy) -> Option<&'static str> {
        if policy.is_unusable() {
            return None;
        }
        let fleet = self.world.transport.believed().fleet;
        let is_other_ca = policy.ca() != fleet.as_deref();
        let is_other_relay = policy.relay() != self.fleet_relay.as_deref();
        is_other_relay.then_some("relay").or(is_other_ca.then_some("certificate authority"))
    }

    /// Whether the process has to begin anew before anything can be sent: where parts go was
    /// settled by a policy that has changed since. What waits stays.
    pub fn is_outdated(&self) -> bool {
        self.another(&self.policy_as_read()).is_some()
    }

    /// The certificate authorities that the fleet's policy names at this moment.
    pub fn fleet_ca(&self) -> Option<String> {
        self.policy_as_read().ca().map(str::to_owned)
    }

    pub(crate) fn policy_as_read(&self) -> Policy {
        let placed = self.world.policy.read().map(|text| text.map(|text| PolicyFile::parse(&text)));
        let unusable = |why: &dyn std::fmt::Display| Policy::unusable(&why.to_string());
        match (placed, self.fetched_policy()) {
            (Err(why), _) => unusable(&why),
            (Ok(Some(_)), Some(_)) => unusable(&"one is placed here and another is fetched"),
            (Ok(None), fetched) => fetched.unwrap_or_default(),
            (Ok(Some(Err(why))), None) => unusable(&why),
            (Ok(Some(Ok(file))), None) => match file.ended(self.now()) {
                Some(ended) => unusable(&format!("it ended on {}", moment(ended))),
                None => file.about(&self.manifest),
            },
        }
    }

    /// The policy that is fetched; `None` where none is. What stands in the way forbids.
    pub(crate) fn fetched_policy(&self) -> Option<Policy> {
        let remote = self.world.policy.remote()?;
        let kept = match self.kept_policy() {
            Ok(kept) => kept,
            Err(trouble) => return Some(Policy::unusable(&trouble.happened)),
        };
        Some(match kept.in_force(remote, self.now()) {
            Ok(policy) => policy.file().about(&self.manifest),
            Err(why) => Policy::unusable(&why),
        })
    }

    fn kept_policy(&self) -> Result<Kept, Trouble> {
        let kept = self.state().read_json(KEPT, FLEET_FILE_BYTES_MAX)?;
        Ok(kept.unwrap_or_default())
    }

    /// Asks the policy's host, unless that was done less than so many seconds ago. Nobody is asked
    /// from inside the air gap.
    ///
    /// # Errors
    /// If no policy of this fleet came that may follow the last one. What was in force still is,
    /// for as long as [`FLEET_SILENT_SECONDS`] allow.
    pub fn fetch_policy(&self, after_seconds: i64) -> Result<(), Trouble> {
        let Some(remote) = self.world.policy.remote() else { return Ok(()) };
        let state = self.state();
        if state.disk().is_err() || self.read()?.record.airgap() {
            return Ok(());
        }
        // A file that is damaged is written anew; until then nothing is sent.
        let before = self.kept_policy().unwrap_or_default();
        if !before.is_due(self.now(), after_seconds) {
            return Ok(());
        }
        let came = self.world.policy.fetch();
        let _held = state.lock()?;
        let before = self.kept_policy().unwrap_or_default();
        let now = self.now();
        let accepted = came.and_then(|came| before.accept(remote, &came, now));
        let (kept, outcome) = match accepted {
            Ok(kept) => (kept, Ok(())),
            Err(why) => {
                let kept = Kept { tried: Some(now), trouble: Some(why.clone()), ..before };
                (kept, Err(why))
            }
        };
        state.write_json(KEPT, &kept)?;
        outcome.map_err(|why| not_fetched(remote, &kept, &why))
    }

    /// How fetching goes, in one line that stays the same while nothing changes.
    pub(crate) fn fleet_in_a_line(&self) -> Option<String> {
        let remote = self.world.policy.remote()?;
        let kept = self.kept_policy().ok()?;
        let trouble = kept.trouble.map(|why| {
            let host = contract::destination::host_and_port(&remote.url);
            format!("the fleet's policy cannot be fetched from {host}: {why}")
        });
        Some(trouble.unwrap_or_else(|| FETCHED.to_owned()))
    }

    /// The host of the fleet's policy and the number that is in force, for people.
    pub(crate) fn policy_host(&self) -> Option<(String, Option<u64>)> {
        let remote = self.world.policy.remote()?;
        let host = contract::destination::host_and_port(&remote.url);
        let number = self.kept_policy().ok().and_then(|kept| kept.policy(remote));
        Some((host, number.map(|policy| policy.number())))
    }
}

fn in_words(error: &SignedError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn not_fetched(remote: &Remote, kept: &Kept, why: &str) -> Trouble {
    let still = kept.policy(remote).zip(kept.checked).map(|(policy, checked)| {
        let silent = later(checked, SignedDuration::from_secs(FLEET_SILENT_SECONDS));
        let end = moment(silent.min(policy.expires()));
        format!("policy {} is in force until {end}; then nothing is sent", policy.number())
    });
    Trouble::new(
        "the fleet's policy could not be fetched.",
        format!("{}: {why}", remote.url),
        still.unwrap_or_else(|| "there is no policy in force, so nothing is sent".to_owned()),
        "mend the address, the key or the host; candor-agent policy sync tries again",
    )
}
