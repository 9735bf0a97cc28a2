//! Days in JSON, strictly `YYYY-MM-DD`: use with `#[serde(with = "envelope::day")]`.
//!
//! jiff's own reader also takes `20261120`, a time of day and more; a signed day has one text.

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

/// Writes a day as `YYYY-MM-DD`.
///
/// # Errors
/// If the serializer fails.
pub fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

/// Reads a day of exactly the form `YYYY-MM-DD`.
///
/// # Errors
/// If the text is no day, or is one in another form.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.parse::<Date>() {
        Ok(day) if text.len() == 10 && day.to_string() == text => Ok(day),
        _ => Err(D::Error::custom("expected a day as YYYY-MM-DD")),
    }
}

/// The same where there may be no day: use with `default` and `skip_serializing_if`, so that no day
/// has no text.
pub mod optional {
    use jiff::civil::Date;
    use serde::{Deserializer, Serializer};

    /// Writes a day as `YYYY-MM-DD`.
    ///
    /// # Errors
    /// If the serializer fails.
    pub fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => super::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a day of exactly the form `YYYY-MM-DD`.
    ///
    /// # Errors
    /// If the text is no day, or is one in another form.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Date>, D::Error> {
        super::deserialize(d).map(Some)
    }
}

#[cfg(test)]
mod tests {
    fn reads(text: &str) -> bool {
        let mut reader = serde_json::Deserializer::from_str(text);
        super::deserialize(&mut reader).is_ok()
    }

    #[test]
    fn a_day_has_one_text() {
        assert!(reads(r#""2026-11-20""#));
        for other in
            ["20261120", "2026-11-20T00:00", "+002026-11-20", "2026-11-31", "-000001-01-01"]
        {
            assert!(!reads(&format!("\"{other}\"")), "{other}");
        }
    }
}
