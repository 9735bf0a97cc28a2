//! Promises that others made and broke, each as a test named after it.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where"
)]

mod asked_again;
mod consent;
mod histories;
mod sent;
mod withdrawal;
mod zero_packets;
