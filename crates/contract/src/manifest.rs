//! The manifest: what may be collected. It ships with the vendor's software and is never fetched.
//!
//! A manifest exists only if its text kept every rule; the rules are in `parse`, `field` and
//! `lint`. Its canonical form (RFC 8785 over the structures below) is what a decision remembers.

use std::collections::BTreeMap;

use envelope::oblivious::Kem;
use envelope::{Digest, RootPublic};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{Identity, PeriodKind};
use crate::canonical;
use crate::definition::Definition;
use crate::id::{ChannelId, Choice, DatabaseId, FieldId, PartId, ProgramId, PurposeId, TierId};
use crate::kind::Kind;
use crate::problem::Problems;
use crate::text::Text;

mod cross;
mod database;
mod declared;
mod field;
mod lint;
mod lint_source;
mod notice;
mod parse;
mod program;
mod read_source;
mod reader;
mod records;
mod source;

pub use cross::Cross;
pub use database::{Credentials, Database, Engine, Known};
pub use notice::Notice;
pub use source::{Amount, Format, Gives, Keeps, SYSTEM_FACTS, Source, SystemFact, Take};

/// What one program may collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The program and where its answers go.
    pub program: Program,
    /// Who answers for it: the vendor's lawyer's words, not ours.
    pub controller: Controller,
    /// The declared uses of answers.
    pub purposes: BTreeMap<PurposeId, Text>,
    /// What is never collected, in words.
    pub never_collected: Vec<Text>,
    /// Databases that queries are put to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub databases: Vec<Database>,
    /// Values that are removed from samples, and where they are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
    /// The reasons for data to leave, each decided on its own.
    pub channels: Vec<Channel>,
}

/// A program and the destination of its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Program {
    /// Its identifier.
    pub id: ProgramId,
    /// Its name.
    pub title: String,
    /// Who makes it.
    pub vendor: String,
    /// The collector's address: `https://host[:port]`, plain `http` to a loopback address only.
    pub collector: String,
    /// Relays, in order of preference; where there is one, transport is blind.
    pub relays: Vec<Relay>,
    /// To which kind of key parts are sealed for a relay. A manifest that does not say it has the
    /// hash that it had before this could be said.
    #[serde(default, skip_serializing_if = "is_usual")]
    pub sealing: Kem,
    /// Pinned root keys: one or two.
    pub root_keys: Vec<RootPublic>,
    /// The licence of published data.
    pub data_licence: String,
}

/// Somebody who forwards sealed reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Relay {
    /// Its address.
    pub url: String,
    /// Who runs it.
    pub operator: String,
    /// In which country.
    pub country: String,
}

impl Relay {
    /// A relay at this address.
    pub fn new(url: &str, operator: &str, country: &str) -> Self {
        let [url, operator, country] = [url, operator, country].map(str::to_owned);
        Self { url, operator, country }
    }
}

/// Who answers for the collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Controller {
    /// Its name.
    pub name: String,
    /// Its postal address.
    pub address: String,
    /// Where to write to.
    pub contact: String,
    /// Where its data-protection officer can be reached, if it has one.
    pub data_protection_contact: Option<String>,
    /// The legal basis that it claims.
    pub legal_basis: String,
    /// Where data is processed.
    pub countries: Vec<String>,
    /// Who processes it on the controller's behalf.
    pub processors: Vec<String>,
}

/// One reason for data to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Channel {
    /// Its identifier.
    pub id: ChannelId,
    /// Its name.
    pub title: Text,
    /// What it is for, in one sentence.
    pub about: Text,
    /// How often an installation reports.
    pub period: PeriodKind,
    /// Days that parts are kept after their period.
    pub retention_days: u32,
    /// How long a tag lasts.
    pub identity: Identity,
    /// Whether people are asked, or told.
    pub default: DefaultRule,
    /// What a notice covers and after how long, where people are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Named levels, from the smallest; parts of a tier also travel in the tiers after it.
    pub tiers: Vec<Tier>,
    /// The smallest group that is published.
    pub group_min: u32,
    /// How single installations are protected in publications.
    pub publication: Publication,
    /// How often a release appears.
    pub release: PeriodKind,
    /// A field that is repeated in every part, so that each can be broken down by it.
    pub anchor: Option<FieldId>,
    /// What travels together.
    pub parts: Vec<Part>,
}

/// What happens when nobody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefaultRule {
    /// Nothing is sent until somebody agrees.
    Ask,
    /// Opt-out: sent after a notice was shown and a grace period has passed.
    Notice,
}

/// A named level of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Tier {
    /// Its identifier.
    pub id: TierId,
    /// Its name.
    pub title: Text,
}

/// How single installations are protected in publications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "mode", deny_unknown_fields)]
pub enum Publication {
    /// Noise with a budget, in thousandths of ε.
    Noisy {
        /// What one release of the channel may spend, over all its fields.
        epsilon_release_milli: u32,
        /// What all releases of one year may spend.
        epsilon_year_milli: u32,
    },
    /// No noise; small groups suppressed.
    Exact,
}

/// Fields that travel together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Part {
    /// Its identifier.
    pub id: PartId,
    /// The smallest tier in which it travels.
    pub tier: TierId,
    /// How identifying it may be: the binary logarithm of the number of possible answers.
    pub bits_max: u32,
    /// Its questions; the channel's anchor comes on top.
    pub fields: Vec<Field>,
    /// Where its questions are about each of several things, such as disks: what they are. Each
    /// then travels in a part of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Records>,
    /// Questions of it, or the anchor, that are published together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crosses: Vec<Cross>,
}

/// Small declared records of which a machine has several: a field of the kind `records`, whose
/// columns are the part's questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Records {
    /// The field's identifier.
    pub id: FieldId,
    /// What is asked of each of them, in plain words.
    pub question: Text,
    /// What they are, in the plural: "disks".
    pub unit: String,
    /// How many of one machine travel in a period at most, chosen at random.
    pub max: u32,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Field {
    /// Its identifier; also the key on the wire.
    pub id: FieldId,
    /// The question in plain words.
    pub question: Text,
    /// Why it is asked.
    pub purpose: PurposeId,
    /// The shape of its answers.
    pub kind: Kind,
    /// Entries of its closed list for people, where they differ from the entry itself.
    pub titles: BTreeMap<Choice, String>,
    /// Where the answer comes from.
    pub source: Source,
    /// What raw values mean, where they differ from the entries of the closed list.
    pub map: BTreeMap<String, Choice>,
    /// What the answer tells about.
    pub sensitivity: Sensitivity,
    /// The day after which it is no longer asked.
    pub expires: Date,
    /// Whether releases show it.
    pub publish: bool,
}

/// What an answer tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// What the machine and the software are.
    Technical,
    /// How the software is used.
    Usage,
    /// Text from an open vocabulary, cleaned.
    OpenText,
}

/// How a program's parts travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// To the collector, which sees the sender's address.
    Direct,
    /// Sealed, through a relay.
    Blind,
}

impl Manifest {
    /// Reads a manifest's text.
    ///
    /// # Errors
    /// Every problem of the text at once, each with line, column and what to do.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        parse::manifest(text)
    }

    /// The canonical bytes (RFC 8785) of the parsed form.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::to_bytes(self).unwrap_or_default()
    }

    /// SHA-256 over [`Manifest::canonical`]: what a decision remembers. Comments and layout of the
    /// TOML text do not enter.
    pub fn hash(&self) -> Digest {
        Digest::of(&self.canonical())
    }

    /// The channel of this name.
    pub fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id.as_str() == id)
    }

    /// The database of this name.
    pub fn database(&self, id: &DatabaseId) -> Option<&Database> {
        self.databases.iter().find(|database| database.id == *id)
    }

    /// The definitions of all parts of all channels.
    pub fn definitions(&self) -> Vec<Definition> {
        let of_channel = |channel| {
            let parts: &Channel = channel;
            parts.parts.iter().map(move |part| Definition::new(&self.program.id, channel, part))
        };
        self.channels.iter().flat_map(of_channel).collect()
    }

    /// The sentence of a purpose.
    pub fn purpose(&self, id: &PurposeId) -> &str {
        self.purposes.get(id).map_or("", |text| text.in_language("en"))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_usual(sealing: &Kem) -> bool {
    *sealing == Kem::default()
}

impl Program {
    /// How parts travel: blind as soon as a relay is named.
    pub fn transport(&self) -> Transport {
        if self.relays.is_empty() { Transport::Direct } else { Transport::Blind }
    }
}

impl Channel {
    /// The part of this name.
    pub fn part(&self, id: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.id.as_str() == id)
    }

    /// Where a tier stands, from 0 for the smallest.
    pub fn tier_rank(&self, id: &TierId) -> Option<usize> {
        self.tiers.iter().position(|tier| &tier.id == id)
    }

    /// The parts that travel in a tier.
    pub fn parts_in(&self, tier: &TierId) -> impl Iterator<Item = &Part> {
        let rank = self.tier_rank(tier);
        self.parts.iter().filter(move |part| {
            matches!((self.tier_rank(&part.tier), rank), (Some(part), Some(tier)) if part <= tier)
        })
    }

    /// The fields of a part as they travel: its own, and the anchor.
    pub fn fields_of<'a>(&'a self, part: &'a Part) -> impl Iterator<Item = &'a Field> {
        let anchor = self.anchor.as_ref().and_then(|id| self.field(id.as_str()));
        let own = part.fields.iter();
        own.chain(anchor.filter(|anchor| !part.fields.iter().any(|field| field.id == anchor.id)))
    }

    /// The field of this name, in whichever part it is declared.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.parts.iter().flat_map(|part| &part.fields).find(|field| field.id.as_str() == id)
    }

    /// The parts of which an installation sends one in a period: by these it can be counted.
    pub fn counted_parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| !crate::tally::holds_samples(part))
    }

    /// All fields in the manifest's order, each once.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.parts.iter().flat_map(|part| &part.fields)
    }
}

impl Field {
    /// An entry of the closed list for people.
    pub fn title_of<'a>(&'a self, choice: &'a str) -> &'a str {
        match self.titles.get(choice) {
            Some(title) => title,
            None if choice == OTHER => "Other",
            None => choice,
        }
    }
}

/// What stands for every value that a closed list does not have.
pub const OTHER: &str = "other";
