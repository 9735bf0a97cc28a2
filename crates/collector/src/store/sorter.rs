//! Sorting more rows than memory holds: sorted runs on the disk, merged as they are read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use disk::{Disk, ReadFile, path::join};

use super::error::StoreError;
use crate::limits::{READ_BYTES, SORT_BYTES};

/// By which rows are sorted: the number of their definition, then their tag or digest.
pub(super) type Key = [u8; 18];

/// Takes rows in any order.
pub(super) struct Sorter<'d> {
    disk: &'d dyn Disk,
    /// An unfinished folder: what is left in it after a crash is removed with it.
    folder: &'d str,
    rows: Vec<(Key, Vec<u8>)>,
    bytes: usize,
    bytes_max: usize,
    runs: Vec<String>,
}

impl<'d> Sorter<'d> {
    pub(super) fn new(disk: &'d dyn Disk, folder: &'d str) -> Self {
        Self { disk, folder, rows: Vec::new(), bytes: 0, bytes_max: SORT_BYTES, runs: Vec::new() }
    }

    /// Takes a row.
    pub(super) fn push(&mut self, key: Key, row: Vec<u8>) -> Result<(), StoreError> {
        self.bytes += row.len() + size_of::<(Key, Vec<u8>)>();
        self.rows.push((key, row));
        if self.bytes > self.bytes_max { self.spill() } else { Ok(()) }
    }

    /// Writes what is in memory as one sorted run. It is not synced: who crashes begins anew.
    fn spill(&mut self) -> Result<(), StoreError> {
        self.rows.sort_unstable();
        let path = join(self.folder, &format!("run-{}.unfinished", self.runs.len()));
        let mut file = self.disk.open_append(&path)?;
        self.runs.push(path);
        let mut bytes = Vec::with_capacity(READ_BYTES);
        for (key, row) in self.rows.drain(..) {
            bytes.extend(u32::try_from(row.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(key);
            bytes.extend(row);
            if bytes.len() >= READ_BYTES {
                file.append(&bytes)?;
                bytes.clear();
            }
        }
        file.append(&bytes)?;
        self.bytes = 0;
        Ok(())
    }

    /// Hands out every row in order; the runs are gone afterwards.
    pub(super) fn finish(
        mut self,
        mut each: impl FnMut(Key, Vec<u8>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if self.runs.is_empty() {
            self.rows.sort_unstable();
            return self.rows.into_iter().try_for_each(|(key, row)| each(key, row));
        }
        self.spill()?;
        let mut runs = Vec::new();
        let mut heads = BinaryHeap::new();
        for path in &self.runs {
            let file = self.disk.open_read(path)?;
            let mut run = Run { path, file, offset: 0, buffer: Vec::new(), at: 0 };
            heads.extend(run.next()?.map(|(key, row)| Reverse((key, row, runs.len()))));
            runs.push(run);
        }
        while let Some(Reverse((key, row, from))) = heads.pop() {
            each(key, row)?;
            if let Some(run) = runs.get_mut(from) {
                heads.extend(run.next()?.map(|(key, row)| Reverse((key, row, from))));
            }
        }
        drop(runs);
        self.runs.iter().try_for_each(|path| Ok(self.disk.remove(path)?))
    }
}

/// A run that is being read.
struct Run<'p> {
    path: &'p str,
    file: Option<Box<dyn ReadFile>>,
    offset: u64,
    buffer: Vec<u8>,
    at: usize,
}

impl Run<'_> {
    fn next(&mut self) -> Result<Option<(Key, Vec<u8>)>, StoreError> {
        let Some(length) = self.take(4)? else { return Ok(None) };
        let torn = || StoreError::Damaged { path: self.path.to_owned(), offset: self.offset };
        let length = u32::from_le_bytes(length.try_into().map_err(|_| torn())?);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut row = self.take(length.saturating_add(size_of::<Key>()))?.ok_or_else(|| {
            StoreError::Damaged { path: self.path.to_owned(), offset: self.offset }
        })?;
        let rest = row.split_off(size_of::<Key>());
        let key = row.try_into().unwrap_or_default();
        Ok(Some((key, rest)))
    }

    /// The next bytes; `None` where there are none left.
    fn take(&mut self, bytes: usize) -> Result<Option<Vec<u8>>, StoreError> {
        if self.buffer.len() - self.at < bytes {
            self.buffer.drain(..self.at);
            self.at = 0;
            let before = self.buffer.len();
            // Small: there is one of these for every run.
            self.buffer.resize(before + bytes.max(READ_BYTES / 4), 0);
            let into = self.buffer.get_mut(before..).unwrap_or_default();
            let filled = match &self.file {
                Some(file) => file.read_at(self.offset, into)?,
                None => 0,
            };
            self.offset = self.offset.saturating_add(filled as u64);
            self.buffer.truncate(before + filled);
        }
        let taken = self.buffer.get(self.at..self.at + bytes).map(<[u8]>::to_vec);
        self.at += taken.as_ref().map_or(0, Vec::len);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use disk::OsDisk;

    use super::*;

    #[test]
    fn rows_that_do_not_fit_memory_come_out_in_order_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let disk = OsDisk::open(folder.path()).unwrap();
        disk.create_folder("sorting").unwrap();
        let mut sorter = Sorter { bytes_max: 1_000, ..Sorter::new(&disk, "sorting") };
        let mut expected = Vec::new();
        for number in 0..500_u32 {
            let mut key = Key::default();
            key[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
            let row = vec![7; usize::try_from(number % 90).unwrap()];
            expected.push((key, row.clone()));
            sorter.push(key, row).unwrap();
        }
        assert!(sorter.runs.len() > 10);
        expected.sort_unstable();
        let mut found = Vec::new();
        let mut take = |key, row| {
            found.push((key, row));
            Ok(())
        };
        sorter.finish(&mut take).unwrap();
        assert!(found == expected);
        assert!(disk.list("sorting").unwrap().is_empty());
    }
}
