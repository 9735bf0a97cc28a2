//! The crate through its public API, on a real file system. What both disks must do alike is tested
//! beside the simulated one.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]
#![expect(clippy::print_stdout, reason = "a skipped test says why")]

mod os_disk;
