//! Sources on a real system: programs that hang and flood, files that are none, machines described
//! in a folder, and secrets planted wherever a source can reach.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod canary;
mod command;
mod file;
mod http;
mod machine;
mod system;
mod truenas;

use std::path::{Path, PathBuf};
use std::time::Duration;

use agent::edge::source::{Limits, OsSources};

/// Long enough for a program that ends, on a busy machine.
const PLENTY: Duration = Duration::from_secs(60);

/// What hangs is stopped after this.
const LITTLE: Duration = Duration::from_millis(200);

fn limits(command_time_max: Duration) -> Limits {
    Limits {
        command_time_max,
        command_bytes_max: 1000,
        file_bytes_max: 1000,
        query_time_max: LITTLE,
    }
}

fn sources() -> OsSources {
    OsSources::new(limits(PLENTY))
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut file, bytes.as_ref()).unwrap();
    path
}
