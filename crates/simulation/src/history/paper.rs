//! What the ledger says, checked line by line as it grows.

use agent::held::Standing;
use agent::ledger::{self, Entry, Line};
use envelope::Digest;

use super::History;
use crate::network::ledger_lines;

/// The lines of a ledger that were checked before: they stay as they are.
#[derive(Default)]
pub(super) struct Checked {
    lines: Vec<Vec<u8>>,
    /// Of how many lines the whole was last verified as `ledger verify` does it.
    whole: usize,
}

impl History {
    /// Signatures take long: what was checked is compared, and only what is new is verified, until
    /// there is half as much again.
    pub(super) fn check_ledger(&self) -> Result<(), String> {
        let mut lines = ledger_lines(&self.world.disk)?;
        // What a power failure left at its end is cut off before the next line is written.
        while lines.last().is_some_and(|line| read(line).is_none()) {
            lines.pop();
        }
        let checked = &mut *self.checked.borrow_mut();
        if lines.len() == checked.lines.len() && lines == checked.lines {
            return Ok(());
        }
        let new = match lines.get(checked.lines.len()..) {
            Some(new) if lines.starts_with(&checked.lines) => new,
            // A power failure took its end, or it was pruned.
            _ => {
                checked.whole = 0;
                &lines[..]
            }
        };
        if checked.whole == 0 || lines.len() > checked.whole + checked.whole / 2 {
            self.verify(&lines)?;
            checked.whole = lines.len();
        }
        let mut is_deleted = false;
        let before = lines.len() - new.len();
        let mut previous = before.checked_sub(1).and_then(|last| lines.get(last));
        for bytes in new {
            let line = read(bytes).ok_or("a line of the ledger is damaged")?;
            if previous.is_some_and(|previous| line.previous != Digest::of(previous)) {
                return Err("a line of the ledger does not follow from the one before".into());
            }
            is_deleted |= matches!(line.entry, Entry::Tombstone { .. });
            self.check_line(line)?;
            previous = Some(bytes);
        }
        checked.lines = lines;
        if is_deleted { self.check_deleted() } else { Ok(()) }
    }

    /// As `ledger verify` does it.
    pub(super) fn verify(&self, lines: &[Vec<u8>]) -> Result<(), String> {
        let proof = ledger::verify(lines, &[self.world.network.root()]);
        match proof.findings.first() {
            Some(finding) => Err(format!("the ledger does not verify: {finding:?}")),
            None => Ok(()),
        }
    }

    fn check_line(&self, line: Line) -> Result<(), String> {
        let (network, root) = (&self.world.network, [self.world.network.root()]);
        match line.entry {
            Entry::Receipt { digest, receipt } => {
                if receipt.verify(&root, &digest).is_err() {
                    return Err("the ledger holds a receipt of somebody else".into());
                }
                if !network.holds(&digest) && !network.is_gone(&digest) {
                    return Err("a receipted part is not held".into());
                }
                Ok(())
            }
            Entry::Tombstone { tombstone } if tombstone.verify(&root, &tombstone.tag).is_err() => {
                Err("the ledger holds a tombstone of somebody else".into())
            }
            _ => Ok(()),
        }
    }

    fn check_deleted(&self) -> Result<(), String> {
        for part in self.world.agent().held().map_err(|e| e.to_string())? {
            let is_deleted = matches!(part.standing, Standing::Deleted { .. });
            let digest = part.bytes.as_ref().map(|bytes| Digest::of(bytes.as_bytes()));
            if is_deleted && digest.is_some_and(|digest| self.world.network.holds(&digest)) {
                return Err("a part with a tombstone is still held".into());
            }
        }
        Ok(())
    }
}

fn read(line: &[u8]) -> Option<Line> {
    serde_json::from_slice(line).ok()
}
