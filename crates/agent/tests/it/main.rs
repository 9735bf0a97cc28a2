//! The real program as a person meets it: its errors, and the networks it may stand in.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that cannot go on says where; it makes files and names variables of its own"
)]

mod authority;
mod clean;
mod errors;
mod fleet;
mod guide;
mod machine;
mod network;
mod proxies;
mod push;
mod roles;
mod terminal;
mod units;
mod upgrade;
mod wire;
mod zone;
