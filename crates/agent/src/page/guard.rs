//! Who is asking: `Host` and `Origin` against rebound names and foreign pages, and the headers that
//! keep what was answered in its place.

use super::Options;
use super::request::{Request, Response, Way};

/// Why a request is not looked at any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It was addressed to another host: a foreign name may have been pointed at this machine.
    Host,
    /// A page of another origin sent it.
    Origin,
    /// A browser fetches ahead of its user; a link would be used up.
    Ahead,
}

/// Checks what a browser says about where a request comes from.
pub(super) fn check(request: &Request, options: &Options) -> Result<(), Refusal> {
    let host = request.header("host").unwrap_or_default().to_ascii_lowercase();
    // At the socket the host is whatever a proxy in front of it is called.
    if let Way::Loopback { port } = request.way
        && !known_host(&host, port, &options.names)
    {
        return Err(Refusal::Host);
    }
    let purpose = request.header("sec-purpose").or(request.header("purpose"));
    if purpose.is_some_and(|purpose| purpose.to_ascii_lowercase().contains("prefetch")) {
        return Err(Refusal::Ahead);
    }
    if request.method == "GET" || request.method == "HEAD" {
        return Ok(());
    }
    let site = request.header("sec-fetch-site");
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(Refusal::Origin);
    }
    match request.header("origin") {
        // Whatever is no browser sends none.
        None if !request.has("origin") => Ok(()),
        Some(origin) if !host.is_empty() && is_origin_of(origin, &host) => Ok(()),
        _ => Err(Refusal::Origin),
    }
}

/// The names under which the page answers on the loopback address.
fn known_host(host: &str, port: u16, names: &[String]) -> bool {
    let ours = |name: &str| {
        let after = host.strip_prefix(name);
        after.is_some_and(|rest| {
            rest.strip_prefix(':').map_or(rest.is_empty() && port == 80, |given| {
                given.parse() == Ok(port) && !given.starts_with(['+', '0'])
            })
        })
    };
    // A name that the operator configured may be that of a proxy with a port of its own.
    let configured = |name: &String| {
        let name = name.to_ascii_lowercase();
        host == name || ours(&name)
    };
    ["127.0.0.1", "[::1]", "localhost"].into_iter().any(ours) || names.iter().any(configured)
}

fn is_origin_of(origin: &str, host: &str) -> bool {
    let origin = origin.to_ascii_lowercase();
    let rest = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
    rest == Some(host)
}

/// Adds what every answer says to the browser.
pub(super) fn seal(mut response: Response, options: &Options) -> Response {
    let frames = options.embed.as_deref().unwrap_or("'none'");
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors {frames}"
    );
    let mut add = |name, value: &str| response.headers.push((name, value.to_owned()));
    add("content-security-policy", &policy);
    if options.embed.is_none() {
        add("x-frame-options", "DENY");
    }
    add("cache-control", "no-store");
    add("x-content-type-options", "nosniff");
    // Not `no-referrer`: forms would then say `Origin: null`, and no check could tell them apart.
    add("referrer-policy", "same-origin");
    add("cross-origin-opener-policy", "same-origin");
    add("cross-origin-resource-policy", "same-origin");
    response
}

#[cfg(test)]
mod tests;
