//! What looks at the clock: how long a target takes is what is measured.

mod run;

pub use run::{Outcome, run, watch};
