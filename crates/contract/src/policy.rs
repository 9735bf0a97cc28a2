//! What a fleet's policy says about each channel: it can forbid, permit, lower a tier and pin the
//! manifest. It is a file that configuration management places, or a signed one that is fetched.
//!
//! ```
//! let text = r##"
//! ## The format.
//! policy = 1
//! ## Whose policy it is: `candor-agent why` shows it.
//! title = "The grid's policy"
//! ## For programs and channels that are not named below: "forbid", or "undecided" (the default),
//! ## where each machine's own record decides.
//! others = "forbid"
//! ## From this moment on everything is forbidden. Default: never; a signed policy needs one.
//! expires = "2027-01-31T00:00:00Z"
//! ## Grows with each version of a signed policy, so that nobody can bring back an older one.
//! number = 7
//!
//! [program.larkspur]
//! ## Only with this manifest, by the hash that `candor-agent manifest check` shows. With another
//! ## one everything below is forbidden. Default: any.
//! manifest = "4e9eade847a1e97cd86dc3b99e89dfc8cd3ca64326a18df2f36010661973c334"
//! ## Only through this relay, sealed. Default: the manifest's, or that of the machine.
//! relay = "https://relay.example.net"
//! ## Only these certificate authorities are believed when collector, relay or proxy are connected
//! ## to, in PEM. Default: the public ones, or those of the machine. Where the machine names some
//! ## too, only what both name is believed.
//! ca = """
//! -----BEGIN CERTIFICATE-----
//! MIIB…
//! -----END CERTIFICATE-----
//! """
//!
//! [program.larkspur.channel]
//! ## Permitted up to this tier. A person's no still stands, and so does a lower tier.
//! usage = { permit = "basic" }
//! ## Forbidden, whatever anybody decides.
//! devices = "forbid"
//! "##;
//! assert!(contract::policy::PolicyFile::parse(text).is_ok());
//! assert!(contract::policy::PolicyFile::parse("polisy = 1").is_err());
//! ```

use std::collections::BTreeMap;

use envelope::Digest;
use jiff::Timestamp;
use serde::Deserialize;

use crate::destination::check_url;
use crate::id::{ChannelId, ProgramId, TierId};
use crate::manifest::Manifest;

mod signed;

pub use signed::{SIGNED_BY, SignedError, SignedPolicy, document};

/// The format that this code reads; another is nonsense, and nonsense forbids.
const FORMAT: u32 = 1;

/// Bytes of a policy's text: 16 channels of 100 programs, a line each, and comments.
pub const POLICY_BYTES_MAX: usize = 256 * 1024;

/// What the policy of a fleet says about one program; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    opinions: BTreeMap<ChannelId, Opinion>,
    others: Option<Opinion>,
    about: Option<String>,
    relay: Option<String>,
    ca: Option<String>,
    is_unusable: bool,
}

/// What a policy says about one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opinion {
    /// The channel must not send.
    Forbid,
    /// The channel may send, up to this tier.
    Permit {
        /// The tier.
        tier: TierId,
    },
}

/// A policy's file, about every program of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    policy: u32,
    title: String,
    #[serde(default)]
    others: Others,
    number: Option<u64>,
    expires: Option<Timestamp>,
    #[serde(default)]
    program: BTreeMap<ProgramId, Rules>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Others {
    #[default]
    Undecided,
    Forbid,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    manifest: Option<Digest>,
    relay: Option<String>,
    ca: Option<String>,
    #[serde(default)]
    channel: BTreeMap<ChannelId, Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Rule {
    Word(Word),
    Permit(Permit),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Forbid,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Permit {
    permit: TierId,
}

/// Why a text is no policy, with its place in it.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is not of the form above.
    #[error("{0}")]
    Form(String),
    /// A relay's address is none.
    #[error("the relay of `{program}`: {why}")]
    Relay {
        /// The program.
        program: ProgramId,
        /// What it should look like.
        why: String,
    },
    /// What should be certificates is none.
    #[error("the ca of `{program}` holds no BEGIN CERTIFICATE block in PEM")]
    Authority {
        /// The program.
        program: ProgramId,
    },
    /// It is of another format.
    #[error("it is of format {0}, and this version reads format {FORMAT}")]
    Format(u32),
}

impl PolicyFile {
    /// Reads a policy's text.
    ///
    /// # Errors
    /// Says where and why it is none. Whoever meets one forbids everything.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: Self =
            toml::from_str(text).map_err(|e| PolicyError::Form(e.to_string().trim().to_owned()))?;
        if file.policy != FORMAT {
            return Err(PolicyError::Format(file.policy));
        }
        for (program, rules) in &file.program {
            let checked = rules.relay.as_deref().map_or(Ok(()), check_url);
            let program = program.clone();
            checked.map_err(|why| PolicyError::Relay { program: program.clone(), why })?;
            if rules.ca.as_deref().is_some_and(|ca| !has_certificate(ca)) {
                return Err(PolicyError::Authority { program });
            }
        }
        Ok(file)
    }

    /// Since when it forbids everything, at this moment; `None` while it is in force.
    pub fn ended(&self, now: Timestamp) -> Option<Timestamp> {
        self.expires.filter(|expires| now >= *expires)
    }

    /// What it says about one program as it is installed.
    pub fn about(&self, manifest: &Manifest) -> Policy {
        let others = (self.others == Others::Forbid).then_some(Opinion::Forbid);
        let about = Some(format!("“{}”", self.title));
        let mut policy = Policy { others, about, ..Policy::default() };
        let Some(rules) = self.program.get(&manifest.program.id) else { return policy };
        if rules.manifest.is_some_and(|pinned| pinned != manifest.hash()) {
            policy.others = Some(Opinion::Forbid);
            policy.about = Some(format!("“{}”: it pins another manifest", self.title));
            return policy;
        }
        policy.relay.clone_from(&rules.relay);
        policy.ca.clone_from(&rules.ca);
        policy.opinions = rules
            .channel
            .iter()
            .map(|(channel, rule)| {
                let opinion = match rule {
                    Rule::Word(Word::Forbid) => Opinion::Forbid,
                    Rule::Permit(Permit { permit }) => Opinion::Permit { tier: permit.clone() },
                };
                (channel.clone(), opinion)
            })
            .collect();
        policy
    }
}

impl Policy {
    /// No policy.
    pub fn none() -> Self {
        Self::default()
    }

    /// A policy from its opinions.
    pub fn new(opinions: BTreeMap<ChannelId, Opinion>) -> Self {
        Self { opinions, ..Self::default() }
    }

    /// A policy that cannot be read or makes no sense: it forbids everything, and says why.
    pub fn unusable(why: &str) -> Self {
        Self {
            others: Some(Opinion::Forbid),
            about: Some(format!("which cannot be used, so nothing is sent: {why}")),
            is_unusable: true,
            ..Self::default()
        }
    }

    /// What it says about a channel; `None` if nothing.
    pub fn opinion(&self, channel: &ChannelId) -> Option<&Opinion> {
        self.opinions.get(channel).or(self.others.as_ref())
    }

    /// The relay through which everything is to go, if it names one.
    pub fn relay(&self) -> Option<&str> {
        self.relay.as_deref()
    }

    /// The certificate authorities that alone are believed, in PEM, if it names some.
    pub fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }

    /// Whether it could not be read, or made no sense.
    pub fn is_unusable(&self) -> bool {
        self.is_unusable
    }

    /// Which policy it is, or what is wrong with it, for people; `None` where there is none.
    pub fn in_words(&self) -> Option<&str> {
        self.about.as_deref()
    }
}

/// Whether a text has a whole block of PEM that says that it is a certificate. Whoever connects
/// reads what is in it, and believes nobody where that is nonsense.
fn has_certificate(pem: &str) -> bool {
    let begin = pem.split_once("-----BEGIN CERTIFICATE-----");
    begin.is_some_and(|(_, rest)| rest.contains("-----END CERTIFICATE-----"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_no_policy() {
        for text in [
            "",
            "policy = 2\ntitle = \"T\"",
            "policy = 1",
            "policy = 1\ntitle = \"T\"\nothers = \"permit\"",
            "policy = 1\ntitle = \"T\"\n[program.larkspur.channel]\nusage = \"permit\"",
            "policy = 1\ntitle = \"T\"\n[program.larkspur.channel]\nusage = { permits = \"a\" }",
            "policy = 1\ntitle = \"T\"\n[program.larkspur]\nmanifest = \"9f31\"",
            "policy = 1\ntitle = \"T\"\n[programme.larkspur]",
            "policy = 1\ntitle = \"T\"\n[program.larkspur]\nrelay = \"http://relay.example\"",
            "policy = 1\ntitle = \"T\"\n[program.larkspur]\nca = \"/etc/ssl/site.pem\"",
        ] {
            assert!(PolicyFile::parse(text).is_err(), "{text}");
        }
        assert!(PolicyFile::parse("policy = 1\ntitle = \"T\"").is_ok());
    }

    #[test]
    fn an_unusable_policy_forbids_every_channel() {
        let policy = Policy::unusable("line 3");
        let usage = ChannelId::parse("usage").unwrap();
        assert_eq!(policy.opinion(&usage), Some(&Opinion::Forbid));
        assert_eq!(Policy::none().opinion(&usage), None);
    }
}
