//! What the contract promises, through its public interface.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod asked_again;
mod databases;
mod diff;
mod environment;
mod fixture;
mod gate;
mod generated;
mod guide;
mod lint;
mod notice;
mod parts;
mod policy;
mod record;
mod records;
mod report;
mod schema;
