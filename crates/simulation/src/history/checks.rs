//! What must hold after each operation.

use agent::outbox;
use envelope::Digest;

use super::{History, Rule};
use crate::larkspur::WIDENED;
use crate::network::{BY_HAND, Packet, ledgered};

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
        for packet in &packets {
            let text = String::from_utf8_lossy(&packet.bytes).into_owned();
            self.check_consent(packet, &text)?;
            if !shown.contains(&packet.bytes) {
                return Err("a packet left that no preview showed".into());
            }
            if !packet.is_ledgered {
                return Err("a packet left before the ledger held it".into());
            }
            if !ledgered(&self.world.disk, &packet.bytes, &packet.to) {
                return Err("a packet left that the ledger does not hold".into());
            }
            self.sent.note(packet)?;
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
        let agreed_under = self.said_under.get(channel).copied().flatten();
        let is_asked_again = agreed_under != self.installed && !by_policy && channel == "usage";
        match self.installed.filter(|_| is_asked_again).and_then(silenced) {
            Some(part) if text.contains(part) => {
                Err(format!("a packet left although it is asked again: {part}"))
            }
            _ => Ok(()),
        }
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
}

/// What is silent of usage after an upgrade until it is answered: one part, or all.
fn silenced(upgrade: usize) -> Option<&'static str> {
    const PARTS: [&str; 5] = [
        r#""part":"system""#,
        r#""part":"system""#,
        "",
        r#""part":"processors""#,
        r#""part":"features""#,
    ];
    // After a change of the channel or of the destination, the whole channel.
    (upgrade < WIDENED.len()).then(|| PARTS.get(upgrade).copied().unwrap_or(""))
}
