//! Counters and events that a product tells `candor-agent`, at no cost that the product could feel.
//!
//! ```no_run
//! let push = push::Push::to("/run/candor/larkspur/push.sock");
//! let logins = push.counter("logins");
//! logins.add(1);
//! push.event("searches", 1, "graph");
//! ```
//!
//! A call makes one system call that never waits, and returns nothing: no call fails, blocks,
//! panics or allocates, whether the agent runs or not. What a [`Counter`] could not hand over,
//! since the agent is away or busy, it keeps as one number and hands over with the next call; it
//! is lost only if this process ends before. An event that could not be handed over is lost and
//! counted.
//!
//! What may leave the machine, and whether anything does, is decided elsewhere: the manifest
//! declares each name, and the operator says yes or no.
//!
//! Any other language can do the same: [`mod@line`] says what one datagram holds.

mod edge;
pub mod line;

pub use edge::{Counter, Push, SendError};
