//! Blind transport between real programs and sockets: who learns what, and what does not pass.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test that cannot go on says where"
)]

mod agent;
mod canaries;
mod carried;
mod chain;
mod collector;
mod crowds;
mod cut;
mod downgrade;
mod gateway;
mod hostile;
mod interoperability;
mod keys;
mod machine;
mod namespaces;
mod parted;
mod program;
#[path = "../programs/mod.rs"]
mod programs;
mod trouble;
mod wire;
