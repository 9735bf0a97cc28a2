//! What must hold after each operation.

use agent::ledger::{self, Entry, Line};
use agent::outbox;
use envelope::Digest;

use super::{History, Rule};
use crate::larkspur::WIDENED;
use crate::network::{BY_HAND, Packet};

impl History {
    fn forbidden(&self) -> bool {
        // Written out again, on purpose: the model must not use the code that it checks.
        [&self.world.environment, &self.service].into_iter().any(|environment| {
            let value =
                |name| environment.get(name).map_or(String::new(), |value| value.to_lowercase());
            !["", "1", "true", "yes", "on"].contains(&value("CANDOR_TELEMETRY").as_str())
                || !["", "0", "false", "no", "off"].contains(&value("DO_NOT_TRACK").as_str())
        })
    }

    pub(super) fn check_packets(&mut self, shown: &[Vec<u8>]) -> Result<(), String> {
        let packets = self.world.network.packets_after(self.seen);
        self.seen += packets.len();
        if packets.is_empty() {
            return Ok(());
        }
        let entries = ledger::entries(&self.world.disk).map_err(|e| e.to_string())?;
        for packet in &packets {
            let text = String::from_utf8_lossy(&packet.bytes).into_owned();
            self.check_consent(packet, &text)?;
            if !shown.contains(&packet.bytes) {
                return Err("a packet left that no preview showed".into());
            }
            let ledgered = entries
                .iter()
                .any(|line| matches!(&line.entry, Entry::Sending { bytes, .. } if *bytes == text));
            if !ledgered {
                return Err("a packet left that the ledger does not hold".into());
            }
        }
        Ok(())
    }

    /// Whether somebody said yes to this, and nothing forbade it.
    fn check_consent(&self, packet: &Packet, text: &str) -> Result<(), String> {
        let channel = if text.contains(r#""channel":"usage""#) { "usage" } else { "devices" };
        let is_carried = packet.to == BY_HAND;
        let is_forbidden = self.forbidden() || self.placed == Rule::Forbid;
        if is_forbidden || (self.inside && !is_carried) {
            return Err("a packet left although something forbids".into());
        }
        let allowed = self.allowed(channel)?;
        let is_blind = !self.world.relays.is_empty();
        if !is_carried && is_blind != packet.to.contains("relay.example.net") {
            return Err("a packet left by another way than agreed".into());
        }
        // A relay sees no tier, and a bundle tells none.
        let fits = |tier: &str| {
            (is_blind || is_carried || tier == packet.tier)
                && (tier != "basic" || !text.contains("features"))
        };
        let Some((_, by_policy)) = allowed.iter().find(|(tier, _)| fits(tier)) else {
            return Err(format!("a packet of another tier left: {} of {allowed:?}", packet.tier));
        };
        // The whole channel is silent after a change of the channel or of the destination.
        let agreed_under = self.said_under.get(channel).copied().flatten();
        let widened = |index: usize| (5..WIDENED.len()).contains(&index);
        if agreed_under != self.installed
            && !by_policy
            && channel == "usage"
            && self.installed.is_some_and(widened)
        {
            return Err("a packet left although its channel is asked again".into());
        }
        Ok(())
    }

    /// What was checked before and did not change is not looked at again: signatures take long.
    pub(super) fn check_ledger(&self) -> Result<(), String> {
        let mut lines = ledger::lines(&self.world.disk).map_err(|e| e.to_string())?;
        // What a power failure left at its end is cut off before the next line is written.
        while lines.last().is_some_and(|line| serde_json::from_slice::<Line>(line).is_err()) {
            lines.pop();
        }
        let network = &self.world.network;
        if self.checked.replace((lines.len(), network.gone())) == (lines.len(), network.gone()) {
            return Ok(());
        }
        let proof = ledger::verify(&lines, &[network.root()]);
        if let Some(finding) = proof.findings.first() {
            return Err(format!("the ledger does not verify: {finding:?}"));
        }
        for line in ledger::entries(&self.world.disk).map_err(|e| e.to_string())? {
            if let Entry::Receipt { digest, receipt } = line.entry
                && !network.holds(&digest)
                && !network.is_gone(&receipt.statement.digest)
            {
                return Err("a receipted part is not held".into());
            }
        }
        self.check_deleted()
    }

    fn check_deleted(&self) -> Result<(), String> {
        for part in self.world.agent().held().map_err(|e| e.to_string())? {
            let is_deleted = matches!(part.standing, agent::held::Standing::Deleted { .. });
            let digest = part.bytes.as_ref().map(|bytes| Digest::of(bytes.as_bytes()));
            if is_deleted && digest.is_some_and(|digest| self.world.network.holds(&digest)) {
                return Err("a part with a tombstone is still held".into());
            }
        }
        Ok(())
    }

    pub(super) fn check_outbox(&self) -> Result<(), String> {
        for frozen in outbox::all(&self.world.disk).map_err(|e| e.to_string())? {
            let channel = frozen.channel.as_str();
            if self.said.get(channel) == Some(&None) && !self.unfinished.contains(channel) {
                return Err(format!("something of {} waits after a no", frozen.channel));
            }
            let digests: Vec<_> =
                frozen.parts.iter().map(|part| Digest::of(part.bytes.as_bytes())).collect();
            let mut unique = digests.clone();
            unique.sort_unstable();
            unique.dedup();
            if unique.len() != digests.len() {
                return Err("a part is frozen twice".into());
            }
        }
        Ok(())
    }

    /// What stands open of the deletions that were asked for.
    ///
    /// # Errors
    /// If the state cannot be read, or something is open.
    pub fn check_withdrawn(&self) -> Result<(), String> {
        let agent = self.world.agent();
        for channel in ["usage", "devices"] {
            let id = channel.parse().map_err(|_| "no name of a channel".to_owned())?;
            let progress = agent.progress(&id).map_err(|e| e.to_string())?;
            if progress.pending > 0 {
                let (open, asked) = (progress.pending, progress.asked);
                let met = agent.tick().map_err(|e| e.to_string())?.deletion_obstacle;
                return Err(format!(
                    "{open} deletions of {channel} are open, {asked} were asked for: {met:?}, \
                     next at {:?}, now {}",
                    progress.last,
                    agent.now()
                ));
            }
        }
        Ok(())
    }
}
