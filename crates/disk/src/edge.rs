//! The operating system's file system: the only place of this crate that touches it.

mod file;
mod folder;
mod os_disk;

pub use os_disk::OsDisk;
