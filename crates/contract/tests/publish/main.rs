//! Releases from outside: what may be published, what it reveals, and what it costs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod attack;
mod attack_crosses;
mod bounds;
mod columns;
mod crosses;
mod fixture;
mod flows;
mod ledger;
mod loss;
mod records;
mod releases;
mod rolling;
mod samples;
