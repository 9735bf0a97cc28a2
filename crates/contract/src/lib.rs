//! What may be asked, decided, sent and published. Pure: no clock, no disk, no network, no randomness.
//!
//! The chain of types, each made from the one before and from nothing else:
//!
//! ```text
//! Manifest ─shown→ Decision ─draft→ Draft ─agreed→ Report ─seal→ Sealed ──▶ Opened ─check→ Part ─count→ Tally ─publish→ Release
//! ```

pub mod answer;
pub mod calendar;
pub mod canonical;
pub mod change;
pub mod clean;
pub mod decision;
pub mod definition;
pub mod destination;
pub mod dictionary;
pub mod diff;
pub mod draft;
pub mod environment;
pub mod gate;
pub mod id;
pub mod kind;
pub mod limits;
pub mod manifest;
pub mod part;
pub mod policy;
pub mod problem;
pub mod publish;
pub mod release;
pub mod schema;
pub mod statement;
pub mod tally;
pub mod text;
pub mod version;
mod wire;

/// The one stylesheet of every page: the operator's, the statement and the public site.
pub const STYLE: &str =
    concat!(include_str!("../assets/candor.css"), include_str!("../assets/statement.css"));
