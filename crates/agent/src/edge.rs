//! The operating system's side of the ports: the only place of this crate that touches clock, disk,
//! network or randomness.

pub mod bundle;
pub mod carrier;
pub mod clean;
pub mod clock;
pub mod connections;
pub mod facts;
pub mod files;
pub mod http;
pub mod init;
pub mod known;
pub mod manifest;
pub mod policy;
pub mod policy_key;
pub mod push;
pub mod random;
pub mod serve;
pub mod socket;
pub mod source;
pub mod terminal;
