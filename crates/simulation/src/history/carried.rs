//! What a person carries out of a machine in a file, and the receipts that come back.

use super::History;

impl History {
    /// Makes a bundle, has it imported and brings the receipts back, as far as the disk and the
    /// weather let it. Returns what waited then.
    pub(super) fn carry(&mut self) -> Result<Vec<Vec<u8>>, String> {
        let mut shown = self.waiting()?;
        let Ok(carried) = self.world.agent().by_hand().export_bundle() else {
            // Nobody agreed, nothing waits, or the disk failed: nothing may have left.
            return Ok(shown);
        };
        shown.extend(self.waiting()?);
        let left = self.world.network.packets().len();
        let receipts = self.world.carry_by_hand(&carried.text)?;
        if self.world.network.packets().len() - left != carried.parts {
            return Err(format!("a bundle has other parts than the {} it tells", carried.parts));
        }
        if let Some(receipts) = receipts {
            // Where the disk fails, they can be brought again.
            let _ = self.world.agent().import_receipts(&receipts);
        }
        Ok(shown)
    }
}
