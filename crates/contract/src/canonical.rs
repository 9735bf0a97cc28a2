//! Canonical JSON (RFC 8785): one value has exactly one sequence of bytes, so a digest names it.
//!
//! Candor uses a subset in which RFC 8785 is simple: ASCII keys, and whole numbers below 2^53.
//! Within it, `serde_json`'s own output over sorted maps is the canonical form: its escapes are the
//! RFC's, and sorting ASCII keys by bytes is sorting by UTF-16 units.

use serde::Serialize;
use serde_json::Value;

use crate::limits::INTEGER_MAX;

/// Why a value has no canonical form here.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value could not be made into JSON.
    #[error("the value cannot be written as JSON")]
    Write(#[source] serde_json::Error),
    /// A number is no whole number, or is 2^53 or more.
    #[error("a number is not a whole number below 2^53")]
    Number,
    /// A key has a character outside ASCII.
    #[error("a key has a character outside ASCII")]
    Key,
}

/// The canonical bytes of a value.
///
/// # Errors
/// If the value holds a fraction, a number of 2^53 or more, or a key outside ASCII.
pub fn to_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(CanonicalError::Write)?;
    check(&value)?;
    serde_json::to_vec(&value).map_err(CanonicalError::Write)
}

fn check(value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            match magnitude {
                Some(magnitude) if magnitude <= INTEGER_MAX => Ok(()),
                _ => Err(CanonicalError::Number),
            }
        }
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(map) => map.iter().try_for_each(|(key, value)| {
            if key.is_ascii() { check(value) } else { Err(CanonicalError::Key) }
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_escapes_are_those_of_rfc_8785() {
        // RFC 8785 section 3.2.2.2 and 3.2.3, without its fractions and non-ASCII keys.
        let value = json!({
            "string": "\u{20ac}$\u{000F}\u{000a}A'\u{0042}\u{0022}\u{005c}\\\"/",
            "literals": [null, true, false],
            "A": 1, "a": 2, "10": 3, "1": 4,
        });
        let bytes = to_bytes(&value).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            concat!(
                r#"{"1":4,"10":3,"A":1,"a":2,"literals":[null,true,false],"#,
                r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
            )
        );
    }

    #[test]
    fn numbers_that_some_reader_would_round_are_refused() {
        assert!(to_bytes(&json!((1u64 << 53) - 1)).is_ok());
        assert!(matches!(to_bytes(&json!(1u64 << 53)), Err(CanonicalError::Number)));
        assert!(matches!(to_bytes(&json!(-(1i64 << 53))), Err(CanonicalError::Number)));
        assert!(matches!(to_bytes(&json!(0.5)), Err(CanonicalError::Number)));
        assert!(matches!(to_bytes(&json!({"é": 1})), Err(CanonicalError::Key)));
    }
}
