//! An error as a person reads it: what happened, what is kept, what to do. Always these three.

use std::fmt;

use disk::{DiskError, ErrorKind};

/// What went wrong, in the form of every error that the agent shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence.
    pub headline: String,
    /// What happened.
    pub happened: String,
    /// What is kept.
    pub kept: String,
    /// What to do.
    pub to_do: String,
    /// Whether it is only that another process is at work in the folder.
    pub is_locked: bool,
}

impl Trouble {
    /// An error from its four sentences.
    pub fn new(
        headline: impl Into<String>,
        happened: impl Into<String>,
        kept: impl Into<String>,
        to_do: impl Into<String>,
    ) -> Self {
        Self {
            headline: headline.into(),
            happened: happened.into(),
            kept: kept.into(),
            to_do: to_do.into(),
            is_locked: false,
        }
    }

    /// What a failing disk means to a person. `doing` completes "… did not work".
    pub fn disk(doing: &str, error: &DiskError) -> Self {
        let source = std::error::Error::source(error).map(|source| format!(": {source}"));
        let happened = format!("{error}{}", source.unwrap_or_default());
        let (kept, to_do) = match error.kind() {
            ErrorKind::Full => (
                "everything written before; nothing was sent",
                "make space on that file system, then try again",
            ),
            ErrorKind::ReadOnly => (
                "everything as it was; nothing was sent",
                "mount the file system writable, or name another folder with --state",
            ),
            ErrorKind::Denied => (
                "everything as it was; nothing was sent",
                "run it as the user who owns the state folder, or name another with --state",
            ),
            ErrorKind::Locked => (
                "everything as it was",
                "wait for the other candor-agent on this state folder to finish, or stop it",
            ),
            ErrorKind::TooLarge | ErrorKind::NotRegular => (
                "the file as it is; nothing was sent",
                "look at that file: Candor did not write it; move it away and try again",
            ),
            ErrorKind::Poisoned | ErrorKind::Other => {
                ("everything written before; nothing was sent", "check the disk, then try again")
            }
        };
        let is_locked = error.kind() == ErrorKind::Locked;
        Self { is_locked, ..Self::new(format!("{doing} did not work."), happened, kept, to_do) }
    }

    /// Other words, where it is only that another process is at work in the folder.
    #[must_use]
    pub fn if_locked(self, headline: &str, to_do: &str) -> Self {
        if !self.is_locked {
            return self;
        }
        Self { headline: headline.to_owned(), to_do: to_do.to_owned(), ..self }
    }

    /// The error as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "error": self.headline,
            "what_happened": self.happened,
            "what_is_kept": self.kept,
            "what_to_do": self.to_do,
        })
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = |text: &str| text.replace('\n', "\n                  ");
        writeln!(f, "candor-agent: {}", self.headline)?;
        writeln!(f, "  what happened   {}", indent(&self.happened))?;
        writeln!(f, "  what is kept    {}", indent(&self.kept))?;
        write!(f, "  what to do      {}", indent(&self.to_do))
    }
}

impl std::error::Error for Trouble {}
