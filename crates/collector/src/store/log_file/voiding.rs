//! Taking rows out of a log where they stand.

use std::collections::BTreeMap;

use disk::Disk;

use super::LogFile;
use crate::limits::RECORD_BYTES_MAX;
use crate::record::{HEAD_BYTES, void};
use crate::store::error::StoreError;

impl LogFile {
    /// Makes the rows at these offsets (with their lengths) void, in their places and durably: see
    /// [`void`]. It may be done again. After an error the log must be opened anew.
    pub(in crate::store) fn void(
        &mut self,
        disk: &dyn Disk,
        rows: &BTreeMap<u64, u32>,
    ) -> Result<(), StoreError> {
        let written = self.write_over(disk, rows);
        if written.is_err() {
            self.unsettle();
        }
        written
    }

    fn write_over(&mut self, disk: &dyn Disk, rows: &BTreeMap<u64, u32>) -> Result<(), StoreError> {
        let kinds: Vec<_> = rows.keys().map(|at| (at + void::KIND_AT, &void::KIND[..])).collect();
        disk.write_over(&self.path, &kinds)?;
        let checksums: Vec<_> =
            rows.keys().map(|at| self.void_checksum(disk, *at)).collect::<Result<_, _>>()?;
        let pieces = rows.keys().zip(&checksums);
        let pieces: Vec<_> = pieces.map(|(at, sum)| (at + void::CHECKSUM_AT, &sum[..])).collect();
        disk.write_over(&self.path, &pieces)?;
        let zeros = vec![0; RECORD_BYTES_MAX];
        let body = |bytes: u32| usize::try_from(bytes).unwrap_or(0).saturating_sub(HEAD_BYTES);
        let bodies = rows.iter().map(|(at, bytes)| {
            (at + HEAD_BYTES as u64, zeros.get(..body(*bytes)).unwrap_or_default())
        });
        Ok(disk.write_over(&self.path, &bodies.collect::<Vec<_>>())?)
    }

    fn void_checksum(&mut self, disk: &dyn Disk, offset: u64) -> Result<[u8; 4], StoreError> {
        let mut head = [0; HEAD_BYTES];
        let filled = self.reader(disk, offset)?.read_at(offset, &mut head)?;
        if filled < HEAD_BYTES {
            return Err(StoreError::Damaged { path: self.path.clone(), offset });
        }
        Ok(void::checksum_of(&head))
    }
}
