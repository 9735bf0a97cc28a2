//! What a simulated disk holds, and how each step changes it.

use std::collections::BTreeMap;
use std::io;

use disk::Entry;

use super::chance::Chance;
use super::content::Content;
use super::fault::{Flaw, Step, Survival, Torn};
use super::machine::Target;
use super::names::{Names, Node, Place};

/// Names and contents.
#[derive(Debug, Clone, Default)]
pub(super) struct Medium {
    names: Names,
    contents: BTreeMap<u64, Content>,
    last_number: u64,
    pub(super) bytes_max: Option<u64>,
    pub(super) flaw: Option<Flaw>,
}

impl Medium {
    pub(super) fn folder_below(&self, folder: u64, name: &str) -> io::Result<u64> {
        match self.node(folder, name) {
            Some(node) if node.is_folder => Ok(node.number),
            Some(_) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    pub(super) fn node(&self, folder: u64, name: &str) -> Option<Node> {
        self.names.get(&(folder, name.to_owned()))
    }

    pub(super) fn list(&self, folder: u64) -> Vec<Entry> {
        let entry = |(name, node): (&str, Node)| Entry {
            name: name.to_owned(),
            bytes: self.contents.get(&node.number).map_or(0, |file| file.cached().len() as u64),
            is_folder: node.is_folder,
        };
        self.names.inside(folder).map(entry).collect()
    }

    /// A number for a new file or folder.
    pub(super) fn next_number(&mut self) -> u64 {
        // The first is 1: the root has a number already.
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn create_file(&mut self, place: Place, number: u64) -> io::Result<()> {
        if self.names.get(&place).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        self.contents.insert(number, Content::default());
        self.names.link(place, Node { number, is_folder: false });
        Ok(())
    }

    pub(super) fn create_folder(&mut self, place: Place, number: u64) -> io::Result<()> {
        match self.names.get(&place) {
            Some(node) if node.is_folder => {}
            Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
            None => self.names.link(place, Node { number, is_folder: true }),
        }
        Ok(())
    }

    pub(super) fn unlink(&mut self, place: Place, is_folder: bool) -> io::Result<()> {
        match self.names.get(&place) {
            None => Ok(()),
            Some(node) if node.is_folder == is_folder => {
                if is_folder && self.names.inside(node.number).next().is_some() {
                    return Err(io::ErrorKind::DirectoryNotEmpty.into());
                }
                self.names.unlink(place, node);
                Ok(())
            }
            Some(_) if is_folder => Err(io::ErrorKind::NotADirectory.into()),
            Some(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn rename(&mut self, from: Place, to: Place) -> io::Result<()> {
        let Some(node) = self.names.get(&from) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        match self.names.get(&to) {
            Some(old) if old == node => return Ok(()),
            Some(old) if old.is_folder && !node.is_folder => {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Some(old) if !old.is_folder && node.is_folder => {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            Some(old) if old.is_folder && self.names.inside(old.number).next().is_some() => {
                return Err(io::ErrorKind::DirectoryNotEmpty.into());
            }
            Some(_) | None => {}
        }
        self.names.rename(from, to, node);
        Ok(())
    }

    pub(super) fn sync_folder(&mut self, folder: u64) {
        if self.flaw != Some(Flaw::FolderSyncSkipped) {
            self.names.sync(folder);
            self.forget_nameless();
        }
    }

    pub(super) fn file(&self, number: u64) -> io::Result<&Content> {
        self.contents.get(&number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn file_mut(&mut self, number: u64) -> io::Result<&mut Content> {
        self.contents.get_mut(&number).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    pub(super) fn write(&mut self, target: &Target<'_>) -> io::Result<()> {
        let Target { number, offset, bytes } = *target;
        let end = self.file(number)?.cached().len();
        let offset = offset.map_or(end, |offset| usize::try_from(offset).unwrap_or(usize::MAX));
        let free = usize::try_from(self.bytes_free()).unwrap_or(usize::MAX);
        // What is written over takes no more space.
        let fits = free.saturating_add(end.saturating_sub(offset));
        let fits = bytes.get(..fits).unwrap_or(bytes);
        self.file_mut(number)?.write(offset, fits);
        if fits.len() < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    pub(super) fn sync_file(&mut self, number: u64) -> io::Result<()> {
        if self.flaw != Some(Flaw::FileSyncSkipped) {
            self.file_mut(number)?.sync();
        }
        Ok(())
    }

    /// What a failing step leaves behind in the file or folder that it was about.
    pub(super) fn fail(&mut self, step: Step, target: &Target<'_>) {
        match step {
            Step::Write { .. } => {
                let half = target.bytes.get(..target.bytes.len() / 2).unwrap_or_default();
                // It fails anyhow, also where not even half of it fits.
                let _ = self.write(&Target { bytes: half, ..*target });
            }
            Step::SyncFile => {
                self.contents.get_mut(&target.number).into_iter().for_each(Content::fail_sync);
            }
            _ => {}
        }
    }

    /// Bytes of the files that a program can still reach. A name that is gone frees its file at
    /// once, whatever the medium still says.
    pub(super) fn bytes_used(&self) -> u64 {
        let named = self.names.cached_numbers();
        let counts = |(number, file): &(&u64, &Content)| file.open > 0 || named.contains(*number);
        let files = self.contents.iter().filter(counts);
        files.map(|(_, file)| file.cached().len() as u64).sum()
    }

    pub(super) fn bytes_free(&self) -> u64 {
        self.bytes_max.map_or(u64::MAX, |max| max.saturating_sub(self.bytes_used()))
    }

    /// Power fails, perhaps while a file was written.
    pub(super) fn lose_power(
        &mut self,
        survival: Survival,
        torn: Option<(u64, Torn)>,
        chance: &mut Chance,
    ) {
        self.names.lose_power(survival, chance);
        for (number, file) in &mut self.contents {
            let torn = torn.filter(|(file, _)| file == number).map(|(_, torn)| torn);
            file.lose_power(survival, torn, chance);
        }
        self.forget_nameless();
    }

    /// The programs are gone, the cache is not.
    pub(super) fn close_all(&mut self) {
        self.contents.values_mut().for_each(|file| file.open = 0);
        self.forget_nameless();
    }

    pub(super) fn close(&mut self, number: u64) {
        if let Some(file) = self.contents.get_mut(&number) {
            file.open = file.open.saturating_sub(1);
        }
    }

    pub(super) fn find(&self, sought: &[u8]) -> Vec<String> {
        let holds = |number: &u64| self.contents.get(number).is_some_and(|file| file.holds(sought));
        let paths = self.names.paths().into_iter().filter(|(_, number)| holds(number));
        let mut paths: Vec<String> = paths.map(|(path, _)| path).collect();
        paths.dedup();
        paths
    }

    /// Frees what nothing leads to any more.
    fn forget_nameless(&mut self) {
        let named = self.names.numbers();
        self.contents.retain(|number, file| file.open > 0 || named.contains(number));
    }
}
