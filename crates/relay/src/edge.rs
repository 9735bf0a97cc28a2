//! The world: sockets, clock, randomness, the files of certificates. Nothing outside this folder
//! touches it.

mod body;
mod connection;
mod dial;
mod exchange;
mod handler;
mod keys;
pub mod serve;
mod server;
mod tls;
