//! What a person carries out of a machine in a file, and the receipts that come back.

use contract::bundle;

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
        let (body, key) =
            envelope::bundle::open(&carried.text).map_err(|error| error.to_string())?;
        if key != carried.key {
            return Err("a bundle names another key than its own".into());
        }
        let read = bundle::read_parts(body).map_err(|error| error.to_string())?;
        if read.parts.len() != carried.parts {
            return Err(format!("{} parts of {}", read.parts.len(), carried.parts));
        }
        if let Some(fates) = self.world.network.carry_by_hand(&read.parts) {
            let today = agent::ports::day_of(self.world.agent().now());
            let receipts = bundle::receipts(&read.program, today, &fates);
            // Where the disk fails, they can be brought again.
            let _ = self.world.agent().import_receipts(&receipts);
        }
        Ok(shown)
    }
}
