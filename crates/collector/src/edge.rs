//! The world: clock, randomness, files, sockets, threads. Nothing outside this folder touches it.

mod blind;
pub mod clock;
pub mod command;
mod connection;
mod crowd;
mod gateway;
mod handler;
mod health;
pub mod journal;
pub mod keys;
pub mod manifests;
pub mod named;
pub mod options;
pub mod publication;
pub mod random;
pub mod server;
pub mod tls;
mod upkeep;
mod writer;
