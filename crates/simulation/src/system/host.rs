//! The host of a fleet's policy, and whoever stands in front of it.

use agent::fleet::Remote;
use contract::policy::document;
use envelope::policy::PolicyKey;
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::disk::chance::Chance;
use crate::history::{Heard, Rule};
use crate::world::SimPolicy;

/// What is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Served {
    /// The newest policy.
    Newest,
    /// One that was served before.
    Older(usize),
    /// The newest, signed by somebody else.
    Forged,
    /// Half of the newest.
    Torn,
    /// Nothing.
    Nothing,
}

/// Every policy that there was, and which one is served.
pub(super) struct Host {
    key: PolicyKey,
    other: PolicyKey,
    policies: Vec<Policy>,
    served: Served,
}

struct Policy {
    text: String,
    rule: Rule,
    expires: Timestamp,
}

impl Host {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0xf1ee7);
        let (key, other) = (PolicyKey::generate(&mut random), PolicyKey::generate(&mut random));
        let mut host = Self { key, other, policies: Vec::new(), served: Served::Newest };
        host.publish(Rule::Undecided, (crate::world::noon(), 20));
        host
    }

    /// Where it is, and whose policies it serves.
    pub(super) fn remote(&self) -> Remote {
        let url = "https://manager.example/policy.toml".to_owned();
        Remote { url, key: self.key.public() }
    }

    /// Makes the next policy, which ends after so many days.
    fn publish(&mut self, rule: Rule, (now, days): (Timestamp, i64)) {
        let says = match rule {
            Rule::Undecided => String::new(),
            Rule::Forbid => "others = \"forbid\"\n".to_owned(),
            Rule::Permit(tier) => {
                format!("[program.larkspur.channel]\nusage = {{ permit = \"{tier}\" }}\n")
            }
        };
        let (expires, number) = (super::after(now, days * 24), self.policies.len() + 1);
        let text = format!(
            "policy = 1\ntitle = \"The grid\"\nnumber = {number}\nexpires = \"{expires}\"\n{says}"
        );
        self.policies.push(Policy { text, rule, expires });
    }

    /// Something changes.
    pub(super) fn disturb(&mut self, chance: &mut Chance, now: Timestamp) {
        self.served = match chance.below(8) {
            0 => Served::Nothing,
            1 => Served::Forged,
            2 => Served::Torn,
            3 => Served::Older(chance.length_below(self.policies.len())),
            4 | 5 => {
                let rules =
                    [Rule::Undecided, Rule::Forbid, Rule::Permit("basic"), Rule::Permit("full")];
                let rule = rules.get(chance.length_below(4)).copied();
                let days = 1 + i64::try_from(chance.below(20)).unwrap_or(0);
                self.publish(rule.unwrap_or(Rule::Forbid), (now, days));
                Served::Newest
            }
            _ => Served::Newest,
        };
    }

    /// Serves the newest from now on.
    pub(super) fn rest(&mut self) {
        self.served = Served::Newest;
    }

    fn place(&self) -> usize {
        let last = self.policies.len().saturating_sub(1);
        if let Served::Older(place) = self.served { place.min(last) } else { last }
    }

    /// Puts what is served in reach of a machine.
    pub(super) fn answer(&self, policy: &SimPolicy) {
        let text = self.policies.get(self.place()).map_or("", |policy| policy.text.as_str());
        let signed = |key: &PolicyKey| document(text, &key.sign(text.as_bytes()));
        let whole = signed(&self.key);
        match self.served {
            Served::Nothing => policy.serve(None),
            Served::Forged => policy.serve(Some(&signed(&self.other))),
            Served::Torn => policy.serve(whole.get(..whole.len() / 2)),
            Served::Newest | Served::Older(_) => policy.serve(Some(&whole)),
        }
    }

    /// What a machine hears that asks now, if it may believe it.
    pub(super) fn offered(&self) -> Option<Heard> {
        let is_whole = matches!(self.served, Served::Newest | Served::Older(_));
        let policy = self.policies.get(self.place()).filter(|_| is_whole)?;
        let number = self.place() as u64 + 1;
        Some(Heard { number, rule: policy.rule, expires: policy.expires })
    }
}
