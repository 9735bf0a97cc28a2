//! Carries sealed requests to gateways, knowing from whom and not what.
//!
//! This is the Oblivious Relay Resource of RFC 9458. It works with any sender and any gateway that
//! speak that standard, and depends on no crate of this workspace.
//!
//! # What it promises
//!
//! * It forwards to the gateways that it was started with, and to nothing else.
//! * Of a request it forwards the body and the media type `message/ohttp-req`; of an answer the
//!   status, the body, one of two media types and a `Retry-After`. No other header passes in either
//!   direction, so neither end can mark a request through it.
//! * It writes no address down: not into a log, a metric, a file or an error. It keeps no file at
//!   all. What it counts to hold off floods it counts under a salted hash of 16 bits of an
//!   address's network, in memory, for an hour at most.
//! * Keys are served to everybody from one copy, fetched at moments that no sender chooses.
//! * Everything has a limit ([`limits`]).
//!
//! # What is absent
//!
//! No key that opens anything, no decompression, no cookie, no redirect followed, no trust in
//! `X-Forwarded-For`, no plain HTTP to another machine, no switch that turns verification off.

pub mod config;
pub mod crowd;
pub mod edge;
pub mod failure;
pub mod gateway;
pub mod limits;
pub mod metrics;
pub mod page;
pub mod pass;
pub mod problem;
pub mod route;
