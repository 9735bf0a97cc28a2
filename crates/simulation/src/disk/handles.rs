//! Open folders and files of a simulated disk: the system calls below [`disk::Durable`].

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use disk::Entry;
use disk::system::{Access, File, Folder, Opened};

use super::fault::Step;
use super::machine::{Machine, Target};
use super::names::Place;

/// An open folder.
#[derive(Debug)]
pub(super) struct SimFolder {
    pub(super) machine: Arc<Machine>,
    pub(super) number: u64,
}

/// An open file.
#[derive(Debug)]
pub(super) struct SimFile {
    machine: Arc<Machine>,
    number: u64,
    is_locked: AtomicBool,
}

impl SimFolder {
    fn place(&self, name: &str) -> Place {
        (self.number, name.to_owned())
    }

    fn target(&self) -> Target<'static> {
        Target { number: self.number, offset: None, bytes: &[] }
    }

    fn file(&self, number: u64) -> io::Result<SimFile> {
        self.machine.state().medium.file_mut(number)?.open += 1;
        Ok(SimFile { machine: self.machine.clone(), number, is_locked: AtomicBool::new(false) })
    }
}

impl Folder for SimFolder {
    type File = SimFile;

    fn below(&self, names: &[&str]) -> io::Result<Self> {
        let number = self.machine.look(|medium| {
            names.iter().try_fold(self.number, |folder, name| medium.folder_below(folder, name))
        })?;
        Ok(Self { machine: self.machine.clone(), number })
    }

    fn open(&self, name: &str, _access: Access) -> io::Result<Opened<SimFile>> {
        let found = self.machine.look(|medium| match medium.node(self.number, name) {
            None => Ok(Opened::Nothing),
            Some(node) if node.is_folder => Ok(Opened::NotRegular),
            Some(node) => {
                let len = medium.file(node.number)?.cached().len() as u64;
                Ok(Opened::File(node.number, len))
            }
        })?;
        Ok(match found {
            Opened::Nothing => Opened::Nothing,
            Opened::NotRegular => Opened::NotRegular,
            Opened::File(number, len) => Opened::File(self.file(number)?, len),
        })
    }

    fn create(&self, name: &str) -> io::Result<SimFile> {
        let number = self.machine.state().medium.next_number();
        self.machine.step(Step::CreateFile, &self.target(), |medium| {
            medium.create_file(self.place(name), number)
        })?;
        self.file(number)
    }

    fn create_folder(&self, name: &str) -> io::Result<()> {
        let number = self.machine.state().medium.next_number();
        self.machine.step(Step::CreateFolder, &self.target(), |medium| {
            medium.create_folder(self.place(name), number)
        })
    }

    fn unlink(&self, name: &str) -> io::Result<()> {
        self.machine
            .step(Step::Unlink, &self.target(), |medium| medium.unlink(self.place(name), false))
    }

    fn unlink_folder(&self, name: &str) -> io::Result<()> {
        self.machine
            .step(Step::Unlink, &self.target(), |medium| medium.unlink(self.place(name), true))
    }

    fn rename(&self, name: &str, to: &Self, to_name: &str) -> io::Result<()> {
        self.machine.step(Step::Rename, &self.target(), |medium| {
            medium.rename(self.place(name), to.place(to_name))
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.machine.step(Step::SyncFolder, &self.target(), |medium| {
            medium.sync_folder(self.number);
            Ok(())
        })
    }

    fn list(&self) -> io::Result<Vec<Entry>> {
        self.machine.look(|medium| Ok(medium.list(self.number)))
    }

    fn bytes_free(&self) -> io::Result<u64> {
        self.machine.look(|medium| Ok(medium.bytes_free()))
    }
}

impl SimFile {
    fn target(&self) -> Target<'static> {
        Target { number: self.number, offset: None, bytes: &[] }
    }

    fn write(&self, offset: Option<u64>, bytes: &[u8]) -> io::Result<()> {
        let target = Target { number: self.number, offset, bytes };
        let step = Step::Write { bytes: bytes.len() };
        self.machine.step(step, &target, |medium| medium.write(&target))
    }
}

impl File for SimFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.machine.read(|medium| {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = medium.file(self.number)?.cached();
            let bytes = bytes.get(offset..).unwrap_or_default();
            buffer.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            Ok(buffer.len().min(bytes.len()))
        })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.write(None, bytes)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(Some(offset), bytes)
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.machine.step(Step::Truncate, &self.target(), |medium| {
            let len = usize::try_from(len).unwrap_or(usize::MAX);
            medium.file_mut(self.number)?.truncate(len);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.machine.step(Step::SyncFile, &self.target(), |medium| medium.sync_file(self.number))
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.machine.look(|_| Ok(()))?;
        let is_new = self.machine.state().locks.insert(self.number);
        if is_new {
            self.is_locked.store(true, Ordering::Relaxed);
        }
        Ok(is_new || self.is_locked.load(Ordering::Relaxed))
    }

    fn unlock(&self) {
        if self.is_locked.swap(false, Ordering::Relaxed) {
            self.machine.state().locks.remove(&self.number);
        }
    }
}

impl Drop for SimFile {
    fn drop(&mut self) {
        let mut state = self.machine.state();
        state.medium.close(self.number);
        if self.is_locked.load(Ordering::Relaxed) {
            state.locks.remove(&self.number);
        }
    }
}
