//! Promises that others made and broke, each as a test named after it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where"
)]

mod airgap;
mod asked_again;
mod consent;
mod fleet;
mod histories;
mod ledger;
mod notice;
mod policy;
mod schedule;
mod sent;
mod withdrawal;
mod zero_packets;
