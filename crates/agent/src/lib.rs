//! Asks, gathers, shows and sends on the operator's machine.
//!
//! Everything directly in here is pure but for the [`ports`] it is given; `edge` is the operating
//! system's side of them. Read [`agent`], then [`report`] and [`sending`].

pub mod agent;
pub mod blind;
pub mod bundle;
pub mod carrying;
pub mod cli;
pub mod command;
pub mod compare;
pub mod config;
pub mod deletion;
pub mod drafting;
pub mod edge;
pub mod extract;
pub mod fleet;
pub mod gather;
pub mod held;
pub mod ledger;
pub mod limits;
pub mod manifests;
pub mod notice;
pub mod opening;
pub mod outbox;
pub mod page;
pub mod ports;
pub mod proxy;
pub mod push;
pub mod report;
pub mod schedule;
pub mod sealed;
pub mod sending;
pub mod service;
pub mod state;
pub mod trouble;
pub mod wire;
pub mod withdraw;
pub mod words;
