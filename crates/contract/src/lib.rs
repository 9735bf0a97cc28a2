//! What may be asked, decided, sent and published. Pure: no clock, no disk, no network, no
//! randomness.
//!
//! The chain of types, each made from the one before and from nothing else:
//!
//! ```text
//! Manifest ─shown→ Decision ─draft→ Draft ─agreed→ Report ─seal→ Sealed
//!       ──▶ Opened ─check→ Part ─count→ Tally ─publish→ Release
//! ```
//!
//! # What cannot be written
//!
//! Each of these does not compile, and stands beside a twin that does.
//!
//! A part is made from a consent or by `check`, never by hand:
//!
//! ```compile_fail,E0624
//! # use contract::{answer::Answer, calendar::Period, definition::Definition, part::Part};
//! fn forged(definition: &Definition, day: Period, answers: Vec<Option<Answer>>) -> Option<Part> {
//!     Part::new(definition, day, None, answers) // private to the contract
//! }
//! ```
//!
//! ```
//! # use contract::{definition::Definition, part::{self, Part, Refusal}};
//! fn checked(bytes: &[u8], known: &Definition, day: jiff::civil::Date) -> Result<Part, Refusal> {
//!     part::check(bytes, ("larkspur", "usage"), |_| Some(known), day).map(|(part, _)| part)
//! }
//! ```
//!
//! A draft shows its bytes and holds no part; only a report does, and a report needs a consent:
//!
//! ```compile_fail,E0599
//! # use contract::{draft::Draft, part::Part};
//! fn sent(draft: &Draft) -> Vec<&Part> {
//!     draft.parts().iter().map(|made| &made.part).collect() // a draft has no parts to send
//! }
//! ```
//!
//! ```
//! # use contract::{draft::{Draft, Report, TagName}, gate::Consent, part::Part};
//! # use envelope::Tag;
//! fn report(draft: &Draft, consent: &Consent<'_>, tag: impl Fn(&TagName<'_>) -> Tag) -> Report {
//!     draft.agreed(consent, tag)
//! }
//! fn sent(report: &Report) -> Vec<&Part> {
//!     report.parts().iter().map(|made| &made.part).collect()
//! }
//! ```
//!
//! A consent comes from the gate alone:
//!
//! ```compile_fail,E0451
//! # use contract::{decision::Record, destination::Destination, gate::Consent, id::TierId};
//! # use contract::manifest::{Channel, Manifest};
//! fn forged<'a>(
//!     (channel, tier): (&'a Channel, TierId),
//!     (manifest, destination): (&'a Manifest, &'a Destination),
//!     record: &'a Record,
//! ) -> Consent<'a> {
//!     Consent { channel, tier, parts: Vec::new(), manifest, destination, record }
//! }
//! ```
//!
//! and it borrows the record of decisions, so that nobody can change their mind while it is used:
//!
//! ```compile_fail,E0502
//! # use contract::{decision::{Record, Showing}, gate::{Situation, decide}};
//! # use contract::{destination::Destination, manifest::Manifest, policy::Policy};
//! # fn send(_: &contract::gate::Consent<'_>) {}
//! fn late(record: &mut Record, manifest: &Manifest, to: &Destination, showing: &Showing<'_>) {
//!     let policy = Policy::none();
//!     let now = showing.when;
//!     let (destination, policy, environments) = (to, &policy, &[]);
//!     let situation = Situation { manifest, destination, record, policy, environments, now };
//!     let verdict = decide(&situation, "usage");
//!     let _ = record.decline("usage", showing); // the consent below would outlive this no
//!     if let Some(consent) = verdict.as_ref().and_then(|verdict| verdict.consent()) {
//!         send(consent);
//!     }
//! }
//! ```
//!
//! ```
//! # use contract::{decision::{Record, Showing}, gate::{Situation, decide}};
//! # use contract::{destination::Destination, manifest::Manifest, policy::Policy};
//! # fn send(_: &contract::gate::Consent<'_>) {}
//! fn in_time(record: &mut Record, manifest: &Manifest, to: &Destination, showing: &Showing<'_>) {
//!     let policy = Policy::none();
//!     let now = showing.when;
//!     let (destination, policy, environments) = (to, &policy, &[]);
//!     let situation = Situation { manifest, destination, record, policy, environments, now };
//!     let verdict = decide(&situation, "usage");
//!     if let Some(consent) = verdict.as_ref().and_then(|verdict| verdict.consent()) {
//!         send(consent);
//!     }
//!     let _ = record.decline("usage", showing);
//! }
//! ```
//!
//! A release is published, or read back from its frozen bytes:
//!
//! ```compile_fail,E0639
//! # use contract::release::{FORMAT, Release};
//! fn forged(like: Release) -> Release {
//!     Release { format: FORMAT, ..like }
//! }
//! ```
//!
//! ```
//! # use contract::release::{ReadError, Release};
//! fn read(frozen: &[u8]) -> Result<Release, ReadError> {
//!     Release::from_frozen(frozen)
//! }
//! ```

pub mod answer;
pub mod bundle;
pub mod calendar;
pub mod canonical;
pub mod change;
pub mod clean;
pub mod columns;
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
pub mod sql;
pub mod statement;
pub mod tally;
pub mod text;
pub mod version;
pub mod visibility;
mod wire;
pub mod withdrawal;

/// The one stylesheet of every page: the operator's, the statement and the public site.
pub const STYLE: &str =
    concat!(include_str!("../assets/candor.css"), include_str!("../assets/statement.css"));
