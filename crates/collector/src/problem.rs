//! Refusals as `application/problem+json` (RFC 9457): what is wrong, and what to do. No value of a
//! report is ever echoed.

use contract::problem::Problems;
use serde_json::{Value, json};

/// The media type of every refusal.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason, one word of a closed list: in the problem's type and in the metrics.
    pub reason: Reason,
    /// What is wrong and what to do, for a person.
    pub detail: String,
    /// Each problem and what to do about it.
    pub problems: Vec<(String, String)>,
    /// When to come back, where that helps.
    pub retry_after_seconds: Option<u32>,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $status:literal, $word:literal, $title:literal;)*) => {
        /// Why something was refused. The list is closed: it is also the label of a metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = $title] $name,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The status of the answer.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// The word that names it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What it says to a person, the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

reasons! {
    Head = 400, "head", "The request cannot be read";
    Packing = 400, "packing", "The body cannot be unpacked";
    Capsule = 400, "capsule", "The sealed request cannot be read";
    CapsuleKey = 400, "ohttp-key", "The request was sealed to a key that is not in use";
    Proof = 401, "proof", "A proof is missing";
    NotFound = 404, "not-found", "There is nothing here";
    UnknownChannel = 404, "unknown-channel", "This collector does not serve that channel";
    Method = 405, "method", "The method does not fit the path";
    Slow = 408, "slow", "The body did not arrive in time";
    Conflict = 409, "conflict", "Other answers were accepted first";
    Closed = 410, "closed", "Intake for the period has closed";
    Deleted = 410, "deleted", "The tag was deleted";
    TooLarge = 413, "too-large", "The body is too large";
    MediaType = 415, "media-type", "The body has another form than is taken here";
    Invalid = 422, "invalid", "The part is not valid";
    Ahead = 422, "ahead", "The period has not begun";
    UnknownDefinition = 422, "unknown-definition", "The part's definition is not loaded here";
    Identifying = 422, "identifying", "A text identifies somebody by its form";
    NoTags = 422, "no-tags", "The channel keeps no tags";
    Network = 429, "network", "Too much came from one network";
    Sealed = 429, "sealed", "Too much came through relays";
    Internal = 500, "internal", "The server made a mistake";
    Busy = 503, "busy", "Too much arrives at once";
    Full = 503, "full", "The disk is full";
    Disk = 503, "disk", "The disk failed";
    Key = 503, "key", "No key may sign receipts today";
    Crowded = 503, "crowded", "Too many deletions wait";
}

impl Reason {
    /// The problem's type: a name of our own, or the one that a standard gives.
    pub fn name(self) -> String {
        match self {
            Self::CapsuleKey => envelope::oblivious::KEY_PROBLEM.to_owned(),
            _ => format!("urn:candor:problem:{}", self.word()),
        }
    }
}

impl Refused {
    /// A refusal with its sentence.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), problems: Vec::new(), retry_after_seconds: None }
    }

    /// A part that breaks rules: every broken one.
    pub fn invalid(problems: &Problems) -> Self {
        let problems: Vec<_> =
            problems.iter().map(|problem| (problem.what.clone(), problem.fix.clone())).collect();
        let many = if problems.len() == 1 { "One rule is" } else { "Several rules are" };
        let detail = format!("{many} broken; nothing was kept.");
        Self { problems, ..Self::new(Reason::Invalid, detail) }
    }

    /// One that may be tried again.
    pub fn later(reason: Reason, detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(reason, detail) }
    }

    /// The body of the answer.
    pub fn to_json(&self) -> Vec<u8> {
        let problems: Vec<Value> =
            self.problems.iter().map(|(what, fix)| json!({"what": what, "fix": fix})).collect();
        let body = json!({
            "type": self.reason.name(),
            "title": self.reason.title(),
            "status": self.reason.status(),
            "detail": self.detail,
            "problems": problems,
        });
        serde_json::to_vec(&body).unwrap_or_default()
    }
}
