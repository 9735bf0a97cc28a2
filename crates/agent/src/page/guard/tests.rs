//! Which requests a browser may make, and from where.

use super::*;

const LOOPBACK: Way = Way::Loopback { port: 7417 };

fn request(way: Way, method: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        way,
        method: method.into(),
        path: "/".into(),
        query: String::new(),
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Vec::new(),
    }
}

#[track_caller]
fn host(host: &str, names: &[&str], expected: Result<(), Refusal>) {
    let options = Options {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..Options::default()
    };
    let request = request(LOOPBACK, "GET", &[("host", host)]);
    assert_eq!(check(&request, &options), expected, "{host}");
}

#[test]
fn only_our_own_names_are_answered_on_the_loopback_address() {
    for good in ["127.0.0.1:7417", "[::1]:7417", "localhost:7417", "LOCALHOST:7417"] {
        host(good, &[], Ok(()));
    }
    for bad in [
        "",
        "127.0.0.1",
        "127.0.0.1:80",
        "127.0.0.1:07417",
        "127.0.0.1:7417.evil.example",
        "evil.example:7417",
        "localhost.evil.example:7417",
        "evil-localhost:7417",
        "127.0.0.1:7417:7417",
    ] {
        host(bad, &[], Err(Refusal::Host));
    }
    host("nas.example:7417", &["nas.example"], Ok(()));
    host("nas.example", &["nas.example"], Ok(()));
    host("nas.example:8443", &["nas.example:8443"], Ok(()));
    host("nas.example:1", &["nas.example"], Err(Refusal::Host));
}

#[track_caller]
fn post(way: Way, headers: &[(&str, &str)], expected: Result<(), Refusal>) {
    let request = request(way, "POST", headers);
    assert_eq!(check(&request, &Options::default()), expected, "{headers:?}");
}

#[test]
fn a_page_of_another_origin_changes_nothing() {
    let ours = ("host", "127.0.0.1:7417");
    post(LOOPBACK, &[ours], Ok(()));
    post(LOOPBACK, &[ours, ("origin", "http://127.0.0.1:7417")], Ok(()));
    for origin in ["null", "http://127.0.0.1:9999", "http://evil.example", "", "file://"] {
        post(LOOPBACK, &[ours, ("origin", origin)], Err(Refusal::Origin));
    }
    for site in ["cross-site", "same-site"] {
        post(LOOPBACK, &[ours, ("sec-fetch-site", site)], Err(Refusal::Origin));
    }
    let twice = [ours, ("origin", "http://127.0.0.1:7417"), ("origin", "http://evil.example")];
    post(LOOPBACK, &twice, Err(Refusal::Origin));
}

#[test]
fn behind_a_proxy_the_origin_is_the_proxys_own() {
    let nas = ("host", "nas.example");
    post(Way::Socket, &[nas, ("origin", "https://nas.example")], Ok(()));
    post(Way::Socket, &[nas, ("origin", "https://evil.example")], Err(Refusal::Origin));
    post(Way::Socket, &[("origin", "https://")], Err(Refusal::Origin));
}

#[test]
fn fetching_ahead_uses_up_no_link() {
    let headers = [("host", "localhost:7417"), ("sec-purpose", "prefetch;prerender")];
    let request = request(LOOPBACK, "GET", &headers);
    assert_eq!(check(&request, &Options::default()), Err(Refusal::Ahead));
}

#[test]
fn frames_are_refused_unless_an_origin_is_named() {
    let sealed = |embed: Option<&str>| {
        let options = Options { embed: embed.map(str::to_owned), ..Options::default() };
        let headers = seal(Response::html(200, String::new()), &options).headers;
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.clone())
        };
        (header("content-security-policy").unwrap(), header("x-frame-options"))
    };
    let (policy, frames) = sealed(None);
    assert!(policy.ends_with("frame-ancestors 'none'") && frames.as_deref() == Some("DENY"));
    assert!(!policy.contains("unsafe"));
    let (policy, frames) = sealed(Some("https://nas.example"));
    assert!(policy.ends_with("frame-ancestors https://nas.example") && frames.is_none());
}
