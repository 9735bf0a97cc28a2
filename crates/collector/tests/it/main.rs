//! The collector as others meet it: a real process, real sockets, real files.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says so by panicking"
)]

mod backup;
mod blind;
mod client;
mod deletion;
mod fixture;
mod guide;
mod hostile;
mod intake;
mod kept;
mod kill;
mod network;
mod openapi;
mod operation;
mod packaging;
mod programs;
mod publication;
mod refusal;
mod shutdown;
mod simulated;
mod start;
mod unseen;
mod verified;
