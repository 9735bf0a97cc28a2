//! Receives, counts, forgets and publishes.
//!
//! Intake is pure: bytes, a part's definition and a day go in; count, refuse or forget comes out.
//! The sender's address is dropped where the socket is accepted: no type here has a field for one.

pub mod backup;
pub mod body;
pub mod catalogue;
pub mod config;
pub mod edge;
pub mod failure;
pub mod fleet;
pub mod intake;
pub mod intake_log;
pub mod keep;
pub mod limits;
pub mod metrics;
pub mod noise;
pub mod pages;
pub mod problem;
pub mod publisher;
pub mod record;
pub mod releases;
pub mod route;
pub mod signers;
pub mod store;
