//! Promises that others made and broke, each as a test named after it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where"
)]

mod airgap;
mod asked_again;
mod bounds;
mod bundle;
mod channels;
mod compare;
mod consent;
mod events;
mod fleet;
mod histories;
mod ledger;
mod looking;
mod notice;
mod policy;
mod power;
#[path = "../programs/mod.rs"]
mod programs;
mod published;
mod retries;
mod roles;
mod schedule;
mod sent;
mod short_lived;
mod system;
mod withdrawal;
mod zero_packets;
