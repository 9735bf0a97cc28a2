//! The operating system's file system: the only place of this crate that touches it.

mod os_folder;

use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub use self::os_folder::{OsFile, OsFolder};
use crate::{Attempt, DiskError, Durable};

/// Durable files in a folder of the operating system.
pub type OsDisk = Durable<OsFolder>;

impl OsDisk {
    /// Opens the root folder and makes it if only the last name of its path is missing. The path
    /// itself may lead through symbolic links: that is the administrator's choice.
    ///
    /// # Errors
    ///
    /// Where it cannot be opened, and where every user may write to it.
    pub fn open(root: &Path) -> Result<Self, DiskError> {
        let failed = DiskError::failed::<Errno>(Attempt::OpenRoot, "");
        match rustix::fs::mkdir(root, os_folder::FOLDER_MODE) {
            Ok(()) => {
                rustix::fs::chmod(root, os_folder::FOLDER_MODE).map_err(&failed)?;
                settle_name_of(root).map_err(&failed)?;
            }
            // It exists; or, on a read-only system, opening it tells.
            Err(Errno::EXIST | Errno::ROFS) => {}
            Err(error) => return Err(failed(error)),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = rustix::fs::open(root, flags, Mode::empty()).map_err(&failed)?;
        let mode = Mode::from_raw_mode(rustix::fs::fstat(&root).map_err(&failed)?.st_mode);
        if mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX) {
            return Err(DiskError::OpenToOthers);
        }
        Ok(Self::new(OsFolder::new(root)))
    }
}

/// Makes the name of a new folder durable, and with it everything that will be in it.
fn settle_name_of(folder: &Path) -> Result<(), Errno> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    match rustix::fs::open(
        parent,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    ) {
        Ok(parent) => rustix::fs::fsync(parent),
        // Whoever may make a folder in it may not read it: nobody else could do more.
        Err(Errno::ACCESS) => Ok(()),
        Err(error) => Err(error),
    }
}
