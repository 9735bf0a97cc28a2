//! What of a gateway's answer passes: a closed list, so that it carries no mark to a sender.

use crate::limits::{PROBLEM_BYTES_MAX, RETRY_PASSED_SECONDS_MAX};

/// The media type of a sealed request.
pub const REQUEST: &str = "message/ohttp-req";
/// The media type of a sealed answer.
pub const ANSWER: &str = "message/ohttp-res";
/// The media type of a gateway's own refusal.
pub const PROBLEM: &str = "application/problem+json";
/// The media type of key configurations.
pub const KEYS: &str = "application/ohttp-keys";
/// The media type of the signed document of keys.
pub const SIGNED_KEYS: &str = "application/json";

/// How an answer is passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// Status and body, under this media type.
    Whole(&'static str),
    /// The status alone; the relay says in its own words that the gateway refused.
    Status,
    /// Nothing: this is no answer of a gateway.
    Nothing,
}

/// Decides by status, media type and length.
pub fn answer(status: u16, media_type: Option<&[u8]>, body_bytes: usize) -> Passed {
    let is = |wanted| media_type.is_some_and(|found| essence_is(found, wanted));
    match status {
        200 if is(ANSWER) => Passed::Whole(ANSWER),
        400..=599 if is(PROBLEM) && body_bytes <= PROBLEM_BYTES_MAX => Passed::Whole(PROBLEM),
        400..=599 => Passed::Status,
        _ => Passed::Nothing,
    }
}

/// `Retry-After` in seconds, if the gateway gave a sensible one.
pub fn retry_after(value: Option<&[u8]>) -> Option<u32> {
    let text = str::from_utf8(value?).ok()?;
    text.parse::<u32>().ok().map(|seconds| seconds.min(RETRY_PASSED_SECONDS_MAX))
}

/// Whether a `Content-Type` names this media type, with whatever parameters.
pub fn essence_is(value: &[u8], wanted: &str) -> bool {
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sealed_answers_and_problems_pass_with_their_bodies() {
        assert_eq!(answer(200, Some(b"message/ohttp-res"), 9), Passed::Whole(ANSWER));
        assert_eq!(answer(200, Some(b"Message/OHTTP-res; a=b"), 9), Passed::Whole(ANSWER));
        assert_eq!(answer(400, Some(b"application/problem+json"), 9), Passed::Whole(PROBLEM));
        assert_eq!(answer(503, Some(b"text/html"), 9), Passed::Status);
        assert_eq!(answer(400, Some(b"application/problem+json"), 9_999), Passed::Status);
        for (status, kind) in [(200, "text/html"), (204, ANSWER), (302, ANSWER), (101, ANSWER)] {
            assert_eq!(answer(status, Some(kind.as_bytes()), 9), Passed::Nothing, "{status}");
        }
        assert_eq!(answer(200, None, 9), Passed::Nothing);
    }

    #[test]
    fn a_number_of_seconds_passes_and_cannot_mark_a_sender() {
        assert_eq!(retry_after(Some(b"30")), Some(30));
        assert_eq!(retry_after(Some(b"4123456789")), Some(RETRY_PASSED_SECONDS_MAX));
        for value in ["", "-1", "Fri, 20 Nov 2026 00:00:00 GMT", "99999999999999", "1.5"] {
            assert_eq!(retry_after(Some(value.as_bytes())), None, "{value}");
        }
        assert_eq!(retry_after(None), None);
    }
}
