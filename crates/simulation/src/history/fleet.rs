//! What a fleet's policy host told a machine, as a model: the newest document that reached it
//! counts, for a day, and until it ends.

use agent::ports::Clock as _;
use jiff::{SignedDuration, Timestamp};

use super::History;

/// What a policy says about Larkspur's channel of usage; the other one is left to each machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Each machine's own record decides.
    Undecided,
    /// Everything is forbidden.
    Forbid,
    /// Usage is permitted up to this tier.
    Permit(&'static str),
}

impl Rule {
    /// The text of a policy that says so; nothing where there is nothing to say.
    pub(super) fn as_policy(self) -> Option<String> {
        let head = "policy = 1\ntitle = \"The grid\"\n";
        match self {
            Self::Undecided => None,
            Self::Forbid => Some(format!("{head}others = \"forbid\"\n")),
            Self::Permit(tier) => {
                let usage = "[program.larkspur.channel]\nusage";
                Some(format!("{head}{usage} = {{ permit = \"{tier}\" }}\n"))
            }
        }
    }

    /// Up to which tier a channel may send under this, and whether that is by this alone.
    fn allows(self, channel: &str, said: Option<&'static str>) -> Option<(&'static str, bool)> {
        match (self, said) {
            (Self::Forbid, _) => None,
            (Self::Permit(tier), Some("full") | None) if channel == "usage" => Some((tier, true)),
            (Self::Permit(_), Some(tier)) if channel == "usage" => Some((tier, true)),
            (Self::Permit(_) | Self::Undecided, said) => said.map(|tier| (tier, false)),
        }
    }
}

/// A document that reached a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Its number.
    pub number: u64,
    /// What it says.
    pub rule: Rule,
    /// When it ends.
    pub expires: Timestamp,
}

/// What reached a machine, and when by its clock.
#[derive(Default)]
pub(super) struct Fleet {
    last: Option<(Heard, Timestamp)>,
    /// What came while the disk failed since then: kept or not.
    doubted: Vec<(Heard, Timestamp)>,
    /// When the host was asked last.
    asked: Option<Timestamp>,
}

/// Longer than a part may leave after the host was asked.
const ASKED: SignedDuration = SignedDuration::from_secs(60);

/// Longer than a machine may go on without a word of its host.
const SILENT: SignedDuration = SignedDuration::from_hours(25);

impl History {
    /// The policy's host is asked before each part, unless it was asked within a minute.
    pub(super) fn check_asked(&mut self, has_asked: bool, has_sent: bool) -> Result<(), String> {
        let Some(fleet) = &mut self.fleet else { return Ok(()) };
        let now = self.world.clock.now();
        if has_asked {
            fleet.asked = Some(now);
        }
        let is_long_ago = |asked: Timestamp| now.duration_since(asked).abs() > ASKED;
        if has_sent && fleet.asked.is_none_or(is_long_ago) {
            return Err("a packet left, and the policy's host was not asked before".into());
        }
        Ok(())
    }

    /// What is offered reached the machine; where its disk failed meanwhile, perhaps.
    pub(super) fn hear(&mut self, is_certain: bool) {
        let (Some(fleet), Some(heard)) = (&mut self.fleet, self.offered) else { return };
        if fleet.last.is_some_and(|(last, _)| heard.number < last.number) {
            return;
        }
        let at = self.world.clock.now();
        if is_certain {
            // Where a newer one was kept, this one is refused.
            fleet.doubted.retain(|(doubted, _)| doubted.number > heard.number);
            fleet.last = Some((heard, at));
        } else {
            fleet.doubted.push((heard, at));
        }
    }

    /// The tiers up to which a channel may send, each with whether a policy permits it: more than
    /// one where it is in doubt what was heard.
    pub(super) fn allowed(&self, channel: &str) -> Result<Vec<(&'static str, bool)>, String> {
        let said = self.said.get(channel).copied();
        if said == Some(None) {
            return Err(format!("a packet of {channel} left although somebody said no"));
        }
        let said = said.flatten().or_else(|| self.by_notice(channel));
        let nobody = || format!("a packet of {channel} left although nobody said yes");
        let Some(fleet) = &self.fleet else {
            return self.placed.allows(channel, said).map(|one| vec![one]).ok_or_else(nobody);
        };
        let now = self.world.clock.now();
        let of = |(heard, at): &(Heard, Timestamp)| {
            if now.duration_since(*at) > SILENT || now >= heard.expires {
                return None;
            }
            heard.rule.allows(channel, said)
        };
        let heard: Vec<_> = fleet.last.iter().chain(&fleet.doubted).collect();
        let allowed: Vec<_> = heard.iter().copied().filter_map(of).collect();
        if allowed.is_empty() {
            return Err(format!("a packet of {channel} left against the policy: {heard:?}"));
        }
        Ok(allowed)
    }
}
