//! Which path and method mean what.

/// What a request asks for; the number is a gateway's place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Carry a sealed request.
    Carry(usize),
    /// A gateway's key configurations.
    Keys(usize),
    /// The signed document of a gateway's keys.
    SignedKeys(usize),
    /// What this is.
    Page,
    /// Whether requests can be carried.
    Health,
    /// Counters.
    Metrics,
}

/// Why a request means nothing here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoute {
    /// The path is none of ours.
    Path,
    /// The path takes other methods: these.
    Method(&'static str),
}

/// Reads method and path, given the gateways' names.
///
/// # Errors
/// If the path is none of ours, or takes other methods.
pub fn route(names: &[Option<String>], method: &str, path: &str) -> Result<Route, NoRoute> {
    let reads = matches!(method, "GET" | "HEAD");
    let only_reads = |route| if reads { Ok(route) } else { Err(NoRoute::Method("GET, HEAD")) };
    let place = |name: Option<&str>| names.iter().position(|known| known.as_deref() == name);
    // One gateway alone answers at `/` whether it has a name or not.
    let first = place(None).or((names.len() == 1).then_some(0));
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (segments.as_slice(), first) {
        (["health"], _) => only_reads(Route::Health),
        (["metrics"], _) => only_reads(Route::Metrics),
        ([""], Some(first)) if method == "POST" => Ok(Route::Carry(first)),
        ([""], Some(_)) if !reads => Err(NoRoute::Method("GET, HEAD, POST")),
        ([""], _) => only_reads(Route::Page),
        (["ohttp-keys"], Some(first)) => only_reads(Route::Keys(first)),
        (["ohttp-keys", "signed"], Some(first)) => only_reads(Route::SignedKeys(first)),
        ([name, rest @ ..], _) => {
            let place = place(Some(name)).ok_or(NoRoute::Path)?;
            match rest {
                [] if method == "POST" => Ok(Route::Carry(place)),
                [] => Err(NoRoute::Method("POST")),
                ["ohttp-keys"] => only_reads(Route::Keys(place)),
                ["ohttp-keys", "signed"] => only_reads(Route::SignedKeys(place)),
                _ => Err(NoRoute::Path),
            }
        }
        _ => Err(NoRoute::Path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_takes_its_methods_and_no_others() {
        let names = [None, Some("b".to_owned())];
        let of = |method: &str, path: &str| route(&names, method, path);
        assert_eq!(of("POST", "/"), Ok(Route::Carry(0)));
        assert_eq!(of("GET", "/"), Ok(Route::Page));
        assert_eq!(of("POST", "/b"), Ok(Route::Carry(1)));
        assert_eq!(of("GET", "/b"), Err(NoRoute::Method("POST")));
        assert_eq!(of("GET", "/ohttp-keys"), Ok(Route::Keys(0)));
        assert_eq!(of("HEAD", "/b/ohttp-keys"), Ok(Route::Keys(1)));
        assert_eq!(of("GET", "/b/ohttp-keys/signed"), Ok(Route::SignedKeys(1)));
        assert_eq!(of("DELETE", "/"), Err(NoRoute::Method("GET, HEAD, POST")));
        assert_eq!(of("POST", "/health"), Err(NoRoute::Method("GET, HEAD")));
        for path in ["", "//", "/c", "/b/", "/b/c", "/ohttp-keys/other", "/%62", "http://a/"] {
            assert_eq!(of("POST", path), Err(NoRoute::Path), "{path}");
        }
    }

    #[test]
    fn a_single_gateway_answers_at_the_root_with_or_without_its_name() {
        let names = [Some("a".to_owned())];
        assert_eq!(route(&names, "POST", "/"), Ok(Route::Carry(0)));
        assert_eq!(route(&names, "POST", "/a"), Ok(Route::Carry(0)));
        let two = [Some("a".to_owned()), Some("b".to_owned())];
        assert_eq!(route(&two, "POST", "/"), Err(NoRoute::Method("GET, HEAD")));
        assert_eq!(route(&two, "GET", "/ohttp-keys"), Err(NoRoute::Path));
    }
}
