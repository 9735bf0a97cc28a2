//! What environment variables say. They can forbid, never permit; nonsense forbids.

use serde::{Deserialize, Serialize};

/// Candor's own variable.
pub const CANDOR_TELEMETRY: &str = "CANDOR_TELEMETRY";

/// The variable that many programs share.
pub const DO_NOT_TRACK: &str = "DO_NOT_TRACK";

/// What one process's environment says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The process: "this command", "the service".
    pub process: String,
    /// What [`CANDOR_TELEMETRY`] says.
    pub candor_telemetry: Word,
    /// What [`DO_NOT_TRACK`] says.
    pub do_not_track: Word,
}

/// What one variable says. The value itself is not kept: it may be anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Unset or empty.
    Nothing,
    /// `1`, `true`, `yes`, `on` in any case.
    True,
    /// `0`, `false`, `no`, `off` in any case.
    False,
    /// Anything else.
    Unclear,
}

impl Word {
    /// The one parser for every variable.
    pub fn read(value: Option<&str>) -> Self {
        match value.unwrap_or_default().to_ascii_lowercase().as_str() {
            "" => Self::Nothing,
            "1" | "true" | "yes" | "on" => Self::True,
            "0" | "false" | "no" | "off" => Self::False,
            _ => Self::Unclear,
        }
    }

    /// The word for people.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Nothing => "not set",
            Self::True => "true",
            Self::False => "false",
            Self::Unclear => "set to something unclear",
        }
    }
}

/// A variable that forbids, and in which process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidding {
    /// The variable.
    pub variable: &'static str,
    /// What it says: a plain word, or something unclear.
    pub word: Word,
    /// The process in whose environment it stands.
    pub process: String,
}

impl Environment {
    /// Reads a process's variables through `get`.
    pub fn read(process: &str, get: impl Fn(&str) -> Option<String>) -> Self {
        let word = |variable| Word::read(get(variable).as_deref());
        Self {
            process: process.to_owned(),
            candor_telemetry: word(CANDOR_TELEMETRY),
            do_not_track: word(DO_NOT_TRACK),
        }
    }

    /// The variables that forbid. No value of any variable permits.
    pub fn forbids(&self) -> Vec<Forbidding> {
        let forbidding =
            |variable, word| Forbidding { variable, word, process: self.process.clone() };
        let mut found = Vec::new();
        if matches!(self.candor_telemetry, Word::False | Word::Unclear) {
            found.push(forbidding(CANDOR_TELEMETRY, self.candor_telemetry));
        }
        if matches!(self.do_not_track, Word::True | Word::Unclear) {
            found.push(forbidding(DO_NOT_TRACK, self.do_not_track));
        }
        found
    }
}
