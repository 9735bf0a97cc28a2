//! Reads a file of which nothing is known: whatever lies under its name, this ends.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::gather::ReadError;

/// Reads a regular file. Symbolic links are followed: `/etc/os-release` is one, and where a
/// product's links lead is its administrator's choice.
pub(in crate::edge) fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, ReadError> {
    // First only a name for what lies there: opening a pipe would wait, opening some devices acts
    // (a tape rewinds, a watchdog starts). Then exactly that, whatever the path leads to by now.
    let named = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let stat = rustix::fs::fstat(&named)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err(ReadError::NotRegular);
    }
    // Some files of the kernel are regular and would wait for events all the same.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let again = format!("/proc/self/fd/{}", named.as_raw_fd());
    let file = File::from(rustix::fs::open(again, flags, Mode::empty())?);
    // The size that was told means nothing: files below /proc say 0.
    let one_more = (bytes_max as u64).saturating_add(1);
    let mut bytes = Vec::new();
    file.take(one_more).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max { Err(ReadError::TooLong { bytes_max }) } else { Ok(bytes) }
}

impl From<Errno> for ReadError {
    fn from(error: Errno) -> Self {
        Self::from(std::io::Error::from(error))
    }
}
