//! The real programs of other crates, built by the same cargo: shared by the tests beside it.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// A program, built if it is not yet.
///
/// It is selected as `cargo test --workspace` selects it, with a test beside it: then features are
/// resolved alike and what that run has built serves here too, instead of a second build of
/// hundreds of crates.
pub(crate) fn built(program: &str) -> PathBuf {
    static BUILDING: Mutex<()> = Mutex::new(());
    let one_at_a_time = BUILDING.lock().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--message-format=short"])
        .args(["--workspace", "--bin", program, "--test", "tidy"])
        .status()
        .unwrap();
    drop(one_at_a_time);
    assert!(built.success());
    let mut folder = std::env::current_exe().unwrap();
    folder.pop();
    folder.pop();
    folder.join(program)
}
