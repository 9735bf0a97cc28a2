//! The house rules that no compiler holds, and what the commands for developers print.
//!
//! Everything here but `edge` is pure: a rule is a function from texts to offences, so each rule
//! is also tested against a small text that breaks it.

pub mod code;
pub mod edge;
pub mod figures;
pub mod lines;
pub mod promises;
pub mod tidy;
