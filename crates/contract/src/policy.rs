//! What a fleet's policy says about a channel. It can forbid, permit and lower a tier.

use std::collections::BTreeMap;

use crate::id::{ChannelId, TierId};

/// What the policy of a fleet says; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    opinions: BTreeMap<ChannelId, Opinion>,
}

/// What a policy says about one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The channel must not send.
    Forbid,
    /// The channel may send, up to this tier.
    Permit {
        /// The tier.
        tier: TierId,
    },
}

impl Policy {
    /// No policy.
    pub fn none() -> Self {
        Self::default()
    }

    /// A policy from its opinions.
    pub fn new(opinions: BTreeMap<ChannelId, Opinion>) -> Self {
        Self { opinions }
    }

    /// What it says about a channel; `None` if nothing.
    pub fn opinion(&self, channel: &ChannelId) -> Option<&Opinion> {
        self.opinions.get(channel)
    }
}
