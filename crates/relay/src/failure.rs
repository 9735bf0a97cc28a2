//! What a person is told when the relay cannot go on: a headline, and always the same three lines.

use std::fmt;

/// An error for a person at a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    headline: String,
    happened: String,
    kept: String,
    todo: String,
}

impl Failure {
    /// What was not done, what happened, what is kept, what to do.
    pub fn new(
        headline: impl Into<String>,
        happened: impl Into<String>,
        kept: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Self {
            headline: headline.into(),
            happened: happened.into(),
            kept: kept.into(),
            todo: todo.into(),
        }
    }

    /// A start that did not happen. A relay keeps nothing, so nothing can be lost.
    pub fn of_start(happened: impl Into<String>, todo: impl Into<String>) -> Self {
        let kept = "a relay keeps nothing; senders keep what was not carried, and try again";
        Self::new("the relay was not started.", happened, kept, todo)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "candor-relay: {}", self.headline)?;
        writeln!(f, "  what happened   {}", continued(&self.happened))?;
        writeln!(f, "  what is kept    {}", continued(&self.kept))?;
        write!(f, "  what to do      {}", continued(&self.todo))
    }
}

impl std::error::Error for Failure {}

/// An error and everything beneath it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Further lines stand beneath the first.
fn continued(text: &str) -> String {
    text.trim_end().replace('\n', "\n                  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_its_three_lines() {
        let failure = Failure::new("not started.", "a\nb", "all", "nothing");
        assert_eq!(
            failure.to_string(),
            "candor-relay: not started.\n  what happened   a\n                  b\n  \
             what is kept    all\n  what to do      nothing"
        );
    }
}
