//! What somebody took back must be gone, and said to be gone, once everything works again.

use std::collections::{BTreeMap, BTreeSet};

use agent::held::Standing;
use envelope::Digest;

use super::{History, Operation};

/// What left and was taken back, by channel, until somebody agrees again.
#[derive(Default)]
pub(super) struct Owed(BTreeMap<&'static str, BTreeSet<Digest>>);

impl History {
    /// A decision was answered: everything that left of a channel by then is owed, or nothing that
    /// was not asked for yet is owed any more.
    pub(super) fn owe(&mut self, operation: &Operation) {
        match *operation {
            Operation::Withdraw(channel, _) => {
                let named = format!("\"channel\":\"{channel}\"");
                let packets = self.world.network.packets();
                let ours = packets
                    .iter()
                    .filter(|packet| String::from_utf8_lossy(&packet.bytes).contains(&named));
                let digests = ours.map(|packet| Digest::of(&packet.bytes)).collect();
                self.owed.0.insert(channel, digests);
            }
            Operation::Agree(channel, _) => {
                self.owed.0.remove(channel);
            }
            _ => {}
        }
    }

    /// What stands open of the deletions that were asked for.
    ///
    /// # Errors
    /// If the state cannot be read, something is open, or what was taken back is held.
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
        let network = &self.world.network;
        let owed: BTreeSet<Digest> = self.owed.0.values().flatten().copied().collect();
        for part in agent.held().map_err(|e| e.to_string())? {
            let Some(bytes) = &part.bytes else { continue };
            let digest = Digest::of(bytes.as_bytes());
            let what = if !owed.contains(&digest) {
                continue;
            } else if network.holds(&digest) {
                "is held"
            } else if matches!(part.standing, Standing::Held { .. }) {
                "no tombstone says that it is gone"
            } else {
                continue;
            };
            let standing = part.standing;
            return Err(format!("a part was taken back, and {what}: {standing:?}: {bytes}"));
        }
        Ok(())
    }
}
