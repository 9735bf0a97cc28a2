//! Which path and method mean what.

use contract::id::{ChannelId, ProgramId};
use envelope::TagKey;

use crate::limits::KEYS_PER_REQUEST_MAX;
use crate::problem::{Reason, Refused};

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Take a part.
    Part(ProgramId, ChannelId),
    /// List what is held.
    Held(ProgramId, ChannelId),
    /// Delete what is held.
    Delete(ProgramId, ChannelId),
    /// The manifest that is loaded.
    Manifest(ProgramId),
    /// A sealed request (RFC 9458).
    Capsule,
    /// What senders seal to.
    CapsuleKeys,
    /// The same, signed for each program.
    SignedCapsuleKeys,
    /// Whether parts can be accepted durably.
    Health,
    /// Counters.
    Metrics,
    /// A page or file of the site.
    Page(String),
}

/// Why a request means nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRoute {
    /// The path is none of ours.
    Path,
    /// The path takes other methods: these.
    Method(&'static str),
}

/// Reads method and path.
///
/// # Errors
/// If the path is none of ours, or takes other methods.
pub fn route(method: &str, path: &str) -> Result<Route, NoRoute> {
    let reads = matches!(method, "GET" | "HEAD");
    let only_reads = |route| if reads { Ok(route) } else { Err(NoRoute::Method("GET, HEAD")) };
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["health"] => only_reads(Route::Health),
        ["metrics"] => only_reads(Route::Metrics),
        ["ohttp"] if method == "POST" => Ok(Route::Capsule),
        ["ohttp"] => Err(NoRoute::Method("POST")),
        ["ohttp-keys"] => only_reads(Route::CapsuleKeys),
        ["ohttp-keys", "signed"] => only_reads(Route::SignedCapsuleKeys),
        ["v1", program, "manifest"] => {
            let program = ProgramId::parse(program).map_err(|_| NoRoute::Path)?;
            // A channel of that name takes parts here.
            match (method, ChannelId::parse("manifest")) {
                ("POST", Ok(channel)) => Ok(Route::Part(program, channel)),
                _ => only_reads(Route::Manifest(program)),
            }
        }
        ["v1", program, channel, rest @ ..] => {
            let program = ProgramId::parse(program).map_err(|_| NoRoute::Path)?;
            let channel = ChannelId::parse(channel).map_err(|_| NoRoute::Path)?;
            match (rest, method) {
                ([], "POST") => Ok(Route::Part(program, channel)),
                ([], _) => Err(NoRoute::Method("POST")),
                (["held"], "GET") => Ok(Route::Held(program, channel)),
                (["held"], "DELETE") => Ok(Route::Delete(program, channel)),
                (["held"], _) => Err(NoRoute::Method("GET, DELETE")),
                _ => Err(NoRoute::Path),
            }
        }
        ["v1", ..] => Err(NoRoute::Path),
        _ => only_reads(Route::Page(path.to_owned())),
    }
}

/// Reads the keys of `Candor-Key` headers: 64 hexadecimal digits each, repeated or after commas.
///
/// # Errors
/// If there are none, too many, or one is no key. What was sent is not echoed.
pub fn keys<'a>(headers: impl Iterator<Item = &'a [u8]>) -> Result<Vec<TagKey>, Refused> {
    let mut keys = Vec::new();
    for header in headers {
        let text = std::str::from_utf8(header).unwrap_or("?");
        for key in text.split(',').map(str::trim) {
            let key = key.parse().map_err(|_| {
                Refused::new(Reason::Head, "A key has 64 lower-case hexadecimal digits.")
            })?;
            keys.push(key);
        }
    }
    match keys.len() {
        0 => Err(Refused::new(
            Reason::Proof,
            "Show the key of each tag in a Candor-Key header: only its holder may list or delete.",
        )),
        many if many > KEYS_PER_REQUEST_MAX => {
            let detail = format!("One request shows at most {KEYS_PER_REQUEST_MAX} keys.");
            Err(Refused::new(Reason::Head, detail))
        }
        _ => Ok(keys),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Result<Route, NoRoute> {
        route(method, path)
    }

    #[test]
    fn each_path_takes_its_methods_and_no_others() {
        let (p, c) = (ProgramId::parse("p").unwrap(), ChannelId::parse("c").unwrap());
        assert_eq!(of("POST", "/v1/p/c"), Ok(Route::Part(p.clone(), c.clone())));
        assert_eq!(of("GET", "/v1/p/c"), Err(NoRoute::Method("POST")));
        assert_eq!(of("GET", "/v1/p/c/held"), Ok(Route::Held(p.clone(), c.clone())));
        assert_eq!(of("DELETE", "/v1/p/c/held"), Ok(Route::Delete(p.clone(), c)));
        assert_eq!(of("POST", "/v1/p/c/held"), Err(NoRoute::Method("GET, DELETE")));
        assert_eq!(of("GET", "/v1/p/manifest"), Ok(Route::Manifest(p)));
        assert_eq!(of("GET", "/health"), Ok(Route::Health));
        assert_eq!(of("DELETE", "/"), Err(NoRoute::Method("GET, HEAD")));
        assert_eq!(of("GET", "/p/c/"), Ok(Route::Page("/p/c/".into())));
        for path in ["/v1", "/v1/p", "/v1/P/c", "/v1/p/c/d", "/v1/p/../c", "/v1//c"] {
            assert!(of("POST", path).is_err(), "{path}");
        }
    }

    #[test]
    fn keys_come_repeated_or_after_commas() {
        let key = "ab".repeat(32);
        let two = format!("{key}, {key}");
        let count = |headers: &[&str]| keys(headers.iter().map(|h| h.as_bytes())).map(|k| k.len());
        assert_eq!(count(&[&two, &key]), Ok(3));
        assert_eq!(count(&[]).unwrap_err().reason, Reason::Proof);
        assert_eq!(count(&[&key.to_uppercase()]).unwrap_err().reason, Reason::Head);
        let many = vec![key.as_str(); KEYS_PER_REQUEST_MAX + 1];
        assert_eq!(count(&many).unwrap_err().reason, Reason::Head);
        assert_eq!(count(&many[1..]), Ok(KEYS_PER_REQUEST_MAX));
    }
}
