//! What a person is told when the program cannot go on: a headline, and always three lines.

use std::fmt;

/// An error for a person at a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was not done, as a sentence.
    pub headline: String,
    /// What happened.
    pub happened: String,
    /// What is kept.
    pub kept: String,
    /// What to do.
    pub todo: String,
}

impl Failure {
    /// An error with its headline and its three lines.
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
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "candor-collector: {}", self.headline)?;
        writeln!(f, "  what happened   {}", continued(&self.happened))?;
        writeln!(f, "  what is kept    {}", continued(&self.kept))?;
        write!(f, "  what to do      {}", continued(&self.todo))
    }
}

impl std::error::Error for Failure {}

/// An error and everything beneath it, in one line: our errors do not repeat their causes.
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
            "candor-collector: not started.\n  what happened   a\n                  b\n  \
             what is kept    all\n  what to do      nothing"
        );
    }
}
