//! The real programs of other crates, built by the same cargo: shared by the tests beside it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// A program, built if it is not yet.
pub(crate) fn built(package: &str, program: &str) -> PathBuf {
    static BUILDING: Mutex<()> = Mutex::new(());
    let one_at_a_time = BUILDING.lock().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--package", package, "--message-format=short"])
        .status()
        .unwrap();
    drop(one_at_a_time);
    assert!(built.success());
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    folder.join(program)
}
