//! What may be asked, decided, sent and published. Pure: no clock, no disk, no network, no randomness.
//!
//! The chain of types, each made from the one before and from nothing else:
//!
//! ```text
//! Manifest ─shown→ Decision ─draft→ Draft ─agreed→ Report ─seal→ Sealed ──▶ Opened ─check→ Part ─count→ Tally ─publish→ Release
//! ```

pub mod calendar;
pub mod canonical;
pub mod id;
pub mod limits;
pub mod problem;
pub mod release;
