//! Versions that cannot carry a name: at most four numbers of six digits, and a declared suffix.

use std::fmt;

use crate::id::Choice;
use crate::limits::{VERSION_DIGITS_MAX, VERSION_NUMBERS_MAX};

/// One to four numbers and the index of a declared suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    // The length comes last so that 1.2 sorts before 1.2.0 and both before 1.3.
    numbers: [u32; VERSION_NUMBERS_MAX],
    length: u8,
    suffix: Option<u16>,
}

impl Version {
    /// Reads a version in its own spelling: `26.10.1` or `26.10.1-rc1` with `rc1` declared.
    /// `None` if it is anything else, also with leading zeros (one version, one spelling).
    pub fn parse(text: &str, suffixes: &[Choice]) -> Option<Self> {
        let (digits, suffix) = match text.split_once('-') {
            None => (text, None),
            Some((digits, name)) => {
                let index = suffixes.iter().position(|suffix| suffix.as_str() == name)?;
                (digits, Some(u16::try_from(index).ok()?))
            }
        };
        let mut numbers = [0; VERSION_NUMBERS_MAX];
        let mut length = 0u8;
        for piece in digits.split('.') {
            *numbers.get_mut(usize::from(length))? = read_number(piece)?;
            length += 1;
        }
        Some(Self { numbers, length, suffix })
    }

    /// The version of these numbers and the suffix at this place; `None` where it has no spelling.
    pub(crate) fn of(given: &[u32], suffix: Option<u16>) -> Option<Self> {
        let digits = 10_u32.pow(u32::try_from(VERSION_DIGITS_MAX).ok()?);
        let mut numbers = [0; VERSION_NUMBERS_MAX];
        for (to, from) in given.iter().enumerate() {
            *numbers.get_mut(to)? = Some(*from).filter(|number| *number < digits)?;
        }
        let length = u8::try_from(given.len()).ok().filter(|length| *length > 0)?;
        Some(Self { numbers, length, suffix })
    }

    /// Finds the version at the start of a program's output, such as `10.11.6` in
    /// `10.11.6-MariaDB-0+deb12u1`. What follows the numbers is dropped unless it is a declared
    /// suffix. Further numbers than four are dropped too.
    pub fn extract(text: &str, suffixes: &[Choice]) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (digits, rest) = text.split_at_checked(end)?;
        let plain: Vec<String> = digits
            .split('.')
            .take(VERSION_NUMBERS_MAX)
            .map_while(|piece| read_loosely(piece).map(|number| number.to_string()))
            .collect();
        let plain = plain.join(".");
        let rest = rest.trim_start_matches(['-', '~', '_', '+', ' ']);
        let known = suffixes.iter().find(|suffix| {
            let follows = rest.strip_prefix(suffix.as_str());
            follows.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
        });
        match known {
            Some(suffix) => Self::parse(&format!("{plain}-{suffix}"), suffixes),
            None => Self::parse(&plain, suffixes),
        }
    }

    /// The numbers.
    pub fn numbers(&self) -> &[u32] {
        self.numbers.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The index of the suffix in the declared list.
    pub fn suffix(&self) -> Option<u16> {
        self.suffix
    }

    /// The first two numbers alone.
    pub fn minor(&self) -> Self {
        let mut numbers = [0; VERSION_NUMBERS_MAX];
        for (to, from) in numbers.iter_mut().zip(self.numbers().iter().take(2)) {
            *to = *from;
        }
        Self { numbers, length: self.length.min(2), suffix: None }
    }

    /// The version's one spelling.
    pub fn write(&self, suffixes: &[Choice]) -> String {
        let mut text = self.to_string();
        if let Some(name) = self.suffix.and_then(|index| suffixes.get(usize::from(index))) {
            text.push('-');
            text.push_str(name.as_str());
        }
        text
    }
}

impl fmt::Display for Version {
    /// The numbers, without the suffix.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.numbers().iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{number}")?;
        }
        Ok(())
    }
}

fn read_number(piece: &str) -> Option<u32> {
    let number = read_loosely(piece)?;
    (piece == "0" || !piece.starts_with('0')).then_some(number)
}

/// As [`read_number`], also with leading zeros: a program may print 23.04.
fn read_loosely(piece: &str) -> Option<u32> {
    let digits = !piece.is_empty() && piece.bytes().all(|c| c.is_ascii_digit());
    (digits && piece.len() <= VERSION_DIGITS_MAX).then(|| piece.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffixes() -> Vec<Choice> {
        ["rc1", "beta"].map(|s| Choice::parse(s).unwrap()).to_vec()
    }

    #[test]
    fn a_version_has_one_spelling() {
        for text in ["1", "26.10.1", "1.2.3.4", "26.10.0-rc1", "999999.0"] {
            assert_eq!(Version::parse(text, &suffixes()).unwrap().write(&suffixes()), text);
        }
        for text in ["", "1.", ".1", "01.2", "1.2.3.4.5", "1234567", "1-rc2", "1 ", "v1", "1-"] {
            assert_eq!(Version::parse(text, &suffixes()), None, "{text}");
        }
    }

    #[test]
    fn only_numbers_and_declared_suffixes_are_taken_from_output() {
        let cases = [
            ("10.11.6-MariaDB-0+deb12u1", Some("10.11.6")),
            ("v26.10.0-rc1 built by alice@build.example", Some("26.10.0-rc1")),
            ("26.10.0-rc12", Some("26.10.0")),
            ("23.04", Some("23.4")),
            ("6.1.0-18-amd64", Some("6.1.0")),
            ("1.2.3.4.5", Some("1.2.3.4")),
            ("20261120", None),
            ("secret", None),
        ];
        for (output, expected) in cases {
            let found = Version::extract(output, &suffixes()).map(|v| v.write(&suffixes()));
            assert_eq!(found.as_deref(), expected, "{output}");
        }
    }

    #[test]
    fn versions_sort_by_their_numbers() {
        let read = |text| Version::parse(text, &[]).unwrap();
        assert!(read("26.9") < read("26.10"));
        assert!(read("26.10") < read("26.10.1"));
        assert_eq!(read("26.10.1").minor(), read("26.10"));
    }
}
