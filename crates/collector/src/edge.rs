//! The world: clock, randomness, files, sockets, threads. Nothing outside this folder touches it.

pub mod clock;
pub mod command;
mod connection;
mod handler;
pub mod keys;
pub mod manifests;
pub mod publication;
pub mod random;
pub mod server;
pub mod tls;
mod writer;
