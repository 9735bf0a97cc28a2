//! The operator's page as its operator meets it: the real program, real sockets, a real browser.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]
#![expect(clippy::print_stdout, reason = "a test that could not look says so")]
#![expect(clippy::disallowed_methods, reason = "whoever looks at pictures names a folder for them")]

mod access;
mod browser;
mod collector;
mod elsewhere;
mod embedded;
mod inert;
mod notice;
mod seen;
mod service;
mod switch;
mod taking_back;

/// A fictional product with three channels.
const LARKSPUR: &str = include_str!("larkspur.toml");
