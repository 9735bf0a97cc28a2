//! What is carried by hand out of an air gap, and what is carried back: plain lines that a person
//! can read. `envelope::bundle` signs them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use envelope::{Digest, Receipt};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::ProgramId;

/// Bytes of a bundle: 1,000 parts of the largest size. A week of a typical program has 20 kB.
pub const BUNDLE_BYTES_MAX: usize = 16 * 1024 * 1024;

const PARTS: &str = "Candor bundle 1";
const RECEIPTS: &str = "Candor receipts 1";

/// Parts of one program, as they are carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// The program.
    pub program: ProgramId,
    /// Exactly the bytes of each part.
    pub parts: Vec<&'a str>,
}

/// What became of one part of a bundle.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fate {
    /// SHA-256 of the part's bytes.
    pub digest: Digest,
    /// The collector's receipt, if it took the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Box<Receipt>>,
    /// Why it did not, in its words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl std::fmt::Debug for Fate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fate").field("is_taken", &self.receipt.is_some()).finish_non_exhaustive()
    }
}

/// Why a text is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It begins with something else.
    #[error("it does not begin with “{0}”")]
    Head(&'static str),
    /// It does not name its program.
    #[error("it does not say which program it is about")]
    Program,
    /// It says that it has another number of lines.
    #[error("it says that it has {said} of them and has {found}")]
    Number {
        /// What stands in its head.
        said: String,
        /// What follows.
        found: usize,
    },
    /// A line is not what it should be.
    #[error("line {0} cannot be read")]
    Line(usize),
}

/// The body of a bundle.
pub fn parts(program: &ProgramId, collector: &str, made: Date, parts: &[String]) -> String {
    let mut body = format!(
        "{PARTS}\nprogram {program}\nfor {collector}\nmade {made}\nparts {}\n\n\
         Each line that begins with a brace is one part, byte for byte as it would be sent.\n\
         Nothing else of this machine is in here. Whoever imports this file sees that its\n\
         parts came together. What follows the parts signs everything before it: see the\n\
         operator's guide.\n\n",
        parts.len()
    );
    for part in parts {
        let _ = writeln!(body, "{part}");
    }
    body
}

/// Reads the body of a bundle.
///
/// # Errors
/// Says what is wrong with it. Its parts are checked one by one by whoever takes them.
pub fn read_parts(body: &str) -> Result<Bundle<'_>, BundleError> {
    let (program, lines) = read(body, PARTS, "parts")?;
    Ok(Bundle { program, parts: lines.into_iter().map(|(_, line)| line).collect() })
}

/// The receipts of a bundle, to be carried back. Each is signed by itself.
pub fn receipts(program: &ProgramId, made: Date, fates: &[Fate]) -> String {
    let mut body = format!(
        "{RECEIPTS}\nprogram {program}\nmade {made}\nanswers {}\n\n\
         Each line that begins with a brace is what became of one part: a signed receipt, or why\n\
         there is none. candor-agent bundle import reads it.\n\n",
        fates.len()
    );
    for fate in fates {
        let line = serde_json::to_string(fate).unwrap_or_default();
        let _ = writeln!(body, "{line}");
    }
    body
}

/// Reads what became of a bundle's parts. Nothing of it is believed yet.
///
/// # Errors
/// Says what is wrong with it.
pub fn read_receipts(body: &str) -> Result<(ProgramId, Vec<Fate>), BundleError> {
    let (program, lines) = read(body, RECEIPTS, "answers")?;
    let fates = lines
        .into_iter()
        .map(|(number, line)| serde_json::from_str(line).map_err(|_| BundleError::Line(number)));
    Ok((program, fates.collect::<Result<_, _>>()?))
}

type Lines<'a> = Vec<(usize, &'a str)>;

fn read<'a>(
    body: &'a str,
    head: &'static str,
    what: &str,
) -> Result<(ProgramId, Lines<'a>), BundleError> {
    if body.lines().next() != Some(head) {
        return Err(BundleError::Head(head));
    }
    // The head ends with an empty line; the sentences after it are for people.
    let said = body.lines().take_while(|line| !line.is_empty());
    let said: BTreeMap<_, _> = said.filter_map(|line| line.split_once(' ')).collect();
    let carried = (1..).zip(body.lines()).filter(|(_, line)| line.starts_with('{'));
    let carried: Lines<'a> = carried.collect();
    let program = said.get("program").and_then(|id| ProgramId::parse(id).ok());
    let program = program.ok_or(BundleError::Program)?;
    let number = said.get(what).copied().unwrap_or_default();
    if number.parse() != Ok(carried.len()) {
        return Err(BundleError::Number { said: number.to_owned(), found: carried.len() });
    }
    Ok((program, carried))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ProgramId {
        ProgramId::parse("larkspur").unwrap()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let today = jiff::civil::date(2026, 11, 20);
        let lines = ["{\"a\":1}".to_owned(), "{\"b\":\"x y\"}".to_owned()];
        let body = parts(&id(), "https://stats.example.org", today, &lines);
        let read = read_parts(&body).unwrap();
        assert_eq!((read.program, read.parts), (id(), vec!["{\"a\":1}", "{\"b\":\"x y\"}"]));
        let fate = Fate { digest: Digest::of(b"x"), receipt: None, refused: Some("late".into()) };
        let body = receipts(&id(), today, std::slice::from_ref(&fate));
        assert_eq!(read_receipts(&body).unwrap(), (id(), vec![fate]));
    }

    #[test]
    fn what_is_cut_short_or_something_else_is_no_bundle() {
        let today = jiff::civil::date(2026, 11, 20);
        let body = parts(&id(), "https://stats.example.org", today, &["{}".to_owned()]);
        for (bad, why) in [
            (body.replace("{}\n", ""), "has 0"),
            (body.replace("bundle", "bungle"), "begin with"),
            (body.replace("program larkspur", "program"), "which program"),
            (String::new(), "begin with"),
        ] {
            assert!(read_parts(&bad).unwrap_err().to_string().contains(why), "{bad}");
        }
        assert!(read_receipts(&body).is_err());
    }
}
