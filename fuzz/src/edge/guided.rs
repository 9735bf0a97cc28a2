//! One target under libFuzzer, guided by coverage; started by `fuzz/guided`, which instruments it.
#![no_main]
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a fuzzer that was started wrongly ends at once and says why"
)]

use std::path::PathBuf;
use std::sync::OnceLock;

use fuzz::{TARGETS, Target};

libfuzzer_sys::fuzz_target!(init: write_seeds(), |input: &[u8]| (target().call)(input));

/// The target that `CANDOR_FUZZ_TARGET` names.
fn target() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("CANDOR_FUZZ_TARGET").expect("start this with fuzz/guided TARGET");
        TARGETS.iter().find(|target| target.name == name).expect("the name of a target")
    })
}

/// Puts valid inputs into the folder `CANDOR_FUZZ_SEEDS`, which libFuzzer reads afterwards.
fn write_seeds() {
    let Some(folder) = std::env::var_os("CANDOR_FUZZ_SEEDS").map(PathBuf::from) else { return };
    for (number, seed) in (target().seeds)().into_iter().enumerate() {
        std::fs::write(folder.join(format!("{number:03}")), seed).expect("a folder for seeds");
    }
}
