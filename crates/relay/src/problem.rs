//! The relay's own refusals as `application/problem+json` (RFC 9457). No value of a request is
//! echoed.

use crate::limits;

macro_rules! refusals {
    ($(
        $name:ident = $status:literal, $word:literal, $retry:expr, $title:literal, $todo:expr;
    )*) => {
        /// Why the relay refused. The list is closed: it is also the label of a metric.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Refusal {
            $(#[doc = $title] $name,)*
        }

        impl Refusal {
            /// Every refusal.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The status of the answer.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// The word that names it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// When to come back, where that helps.
            pub fn retry_after_seconds(self) -> Option<u32> {
                match self { $(Self::$name => $retry),* }
            }

            fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            fn todo(self) -> &'static str {
                match self { $(Self::$name => $todo),* }
            }
        }
    };
}

refusals! {
    Broken = 400, "broken", None, "The request ended early",
        "Send it again.";
    Empty = 400, "empty", None, "The request is empty",
        "Send a sealed request as its body.";
    NotFound = 404, "not-found", None, "There is nothing here",
        "See / for what this is and where sealed requests are taken.";
    Method = 405, "method", None, "The method does not fit the path",
        "See the Allow header.";
    Slow = 408, "slow", None, "The request did not arrive in time",
        "Send it again over a faster line.";
    TooLarge = 413, "too-large", None, "The request is too large",
        "A sealed request has at most 64 KiB here.";
    MediaType = 415, "media-type", None, "The request is of another kind than is carried here",
        "Send a sealed request with Content-Type: message/ohttp-req.";
    Crowd = 429, "crowd", Some(limits::RETRY_CROWD_SECONDS), "Too much comes from your network",
        "Wait as long as Retry-After says. Counts are forgotten within the hour.";
    Gateway = 502, "gateway", Some(limits::RETRY_GATEWAY_SECONDS), "The gateway did not answer",
        "Keep what was sent, and send it again after Retry-After. Nothing is kept here.";
    Refused = 502, "refused", Some(limits::RETRY_GATEWAY_SECONDS), "The gateway refused",
        "Its status is that of this answer. What it said beside that does not pass here.";
    Busy = 503, "busy", Some(limits::RETRY_BUSY_SECONDS), "Too much arrives at once",
        "Send it again after Retry-After.";
    NoKeys = 503, "no-keys", Some(limits::RETRY_GATEWAY_SECONDS), "The gateway's keys are not here",
        "Ask again after Retry-After; the relay asks the gateway meanwhile.";
    Late = 504, "late", Some(limits::RETRY_GATEWAY_SECONDS), "The gateway took too long",
        "Send it again after Retry-After. If it arrived, a second copy changes nothing.";
}

impl Refusal {
    /// The body of the answer; the status differs from the usual where a gateway's own is passed.
    pub fn to_json(self, status: u16) -> String {
        // Every text above is free of what JSON would escape; a test holds that.
        format!(
            r#"{{"type":"urn:candor:relay:{}","title":"{}","status":{status},"detail":"{}"}}"#,
            self.word(),
            self.title(),
            self.todo(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_json_and_its_word_is_its_own() {
        for (place, refusal) in Refusal::ALL.iter().enumerate() {
            let text = refusal.to_json(refusal.status());
            assert_eq!(text.matches('"').count(), 14, "{text}");
            assert!(!text.contains('\\') && text.is_ascii(), "{text}");
            assert!(Refusal::ALL[..place].iter().all(|other| other.word() != refusal.word()));
        }
    }
}
