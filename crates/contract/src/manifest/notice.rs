//! The notice of an opt-out channel: how long its grace is, and how much it may cover.

use serde::{Deserialize, Serialize};

use super::reader::Node;
use super::{Channel, DefaultRule, Field, Sensitivity, Tier};
use crate::calendar::Identity;
use crate::id::TierId;
use crate::kind::Kind;
use crate::limits::{GRACE_HOURS_MAX, GRACE_HOURS_MIN};

/// What an opt-out channel's notice covers, and after how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Notice {
    /// Up to which tier it sends where nobody answers.
    pub tier: TierId,
    /// Hours between the moment at which a person saw the notice and the first part.
    pub grace_hours: u32,
}

impl Channel {
    /// The tier that a notice covers; `None` for a channel that asks first.
    ///
    /// The first tier, or the one that the manifest names where that is harmless enough. The rule
    /// is applied here and not by lint alone: a record may hold a manifest that lint never saw.
    pub fn covered_by_notice(&self) -> Option<&TierId> {
        if self.default != DefaultRule::Notice {
            return None;
        }
        let first = &self.tiers.first()?.id;
        let named = self.notice.as_ref().map_or(first, |notice| &notice.tier);
        Some(if self.too_much_for_a_notice(named).is_none() { named } else { first })
    }

    /// Hours from a notice to the first part: never less than a day, whatever is declared.
    pub fn grace_hours(&self) -> u32 {
        self.notice
            .as_ref()
            .map_or(GRACE_HOURS_MIN, |notice| notice.grace_hours)
            .max(GRACE_HOURS_MIN)
    }

    /// Why a notice cannot cover a tier: on top of the first, only answers from closed lists and
    /// buckets, under a name that lasts no longer than a period.
    pub(super) fn too_much_for_a_notice(&self, tier: &TierId) -> Option<String> {
        match self.tier_rank(tier) {
            None => return Some(format!("there is no tier `{tier}`")),
            Some(0) => return None,
            Some(_) => {}
        }
        if self.identity > Identity::Period {
            let first = self.tiers.first().map_or("", |tier| tier.id.as_str());
            return Some(format!(
                "a notice covers no more than `{first}` where tags last longer than a period"
            ));
        }
        let first = self.tiers.first().map(|tier: &Tier| &tier.id);
        let mut added = self.parts_in(tier).filter(|part| Some(&part.tier) != first);
        let open = added.find_map(|part| part.fields.iter().find(|field| !is_harmless(field)));
        open.map(|field| {
            let id = &field.id;
            format!("a notice covers only closed lists and buckets, and `{id}` is neither")
        })
    }
}

/// Whether the manifest itself lists everything that a field can answer.
fn is_harmless(field: &Field) -> bool {
    let is_closed = matches!(
        field.kind,
        Kind::Flag
            | Kind::Choice { .. }
            | Kind::Set { .. }
            | Kind::Counts { .. }
            | Kind::Flow { .. }
            | Kind::Count { .. }
            | Kind::Size { .. }
            | Kind::Duration { .. }
    );
    is_closed && field.sensitivity != Sensitivity::OpenText
}

/// Reads what a channel declares about its notice; nothing for one that asks first.
pub(super) fn read(node: &Node<'_, '_>, default: DefaultRule, tiers: &[Tier]) -> Option<Notice> {
    let grace = u64::from(GRACE_HOURS_MIN)..u64::from(GRACE_HOURS_MAX) + 1;
    let grace = node.number("notice_grace_hours", grace);
    let named = node
        .has("notice_tier")
        .then(|| node.parsed("notice_tier", "name one of the channel's tiers", TierId::parse));
    if default != DefaultRule::Notice {
        for key in ["notice_grace_hours", "notice_tier"] {
            if node.has(key) {
                let what = format!("`{key}` is there, and the channel asks first");
                node.note(key, what, "remove it, or write `default = \"notice\"`");
            }
        }
        return None;
    }
    let tier = named.flatten().or_else(|| tiers.first().map(|tier| tier.id.clone()))?;
    let hours = grace.and_then(|hours| u32::try_from(hours).ok()).unwrap_or(GRACE_HOURS_MIN);
    Some(Notice { tier, grace_hours: hours })
}

/// Notes what a notice cannot cover.
pub(super) fn lint(node: &Node<'_, '_>, channel: &Channel) {
    let Some(notice) = &channel.notice else { return };
    if let Some(what) = channel.too_much_for_a_notice(&notice.tier) {
        let fix = "leave `notice_tier` out and ask for the rest (`candor-agent ask`), or use \
                   closed lists, buckets and `identity = \"period\"`";
        node.note("notice_tier", what, fix);
    }
}
