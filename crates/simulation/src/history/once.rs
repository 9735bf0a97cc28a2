//! What left of one period stays what it was, as long as nobody decides anew.

use std::collections::BTreeMap;

use envelope::Digest;
use serde_json::Value;

use super::Operation;
use crate::network::Packet;

/// The bytes that left for each tag, part and period.
#[derive(Default)]
pub(super) struct Once(BTreeMap<[String; 3], Digest>);

impl Once {
    /// A packet left.
    pub(super) fn note(&mut self, packet: &Packet) -> Result<(), String> {
        let part: Value = serde_json::from_slice(&packet.bytes).unwrap_or_default();
        let says = |key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let place = [says("tag"), says("part"), says("period")];
        let digest = Digest::of(&packet.bytes);
        match self.0.insert(place, digest) {
            Some(before) if before != digest => Err("a part left twice, and differs".into()),
            _ => Ok(()),
        }
    }

    /// Whoever decides, or a policy that forbids, destroys what waits: it is gathered anew then.
    pub(super) fn forget_after(&mut self, operation: &Operation, asked_host: bool) {
        let operation = match operation {
            Operation::Failing(_, _, operation) => operation,
            operation => operation,
        };
        let stays = matches!(
            operation,
            Operation::Tick
                | Operation::Send(_)
                | Operation::Preview(_)
                | Operation::Hours(_)
                | Operation::Weather(_)
                | Operation::LosePower
                | Operation::Processors(_)
                | Operation::Jump(_)
                | Operation::Full(_)
                | Operation::Carry
        );
        if !stays || asked_host {
            self.0.clear();
        }
    }
}
