//! Where parts go: addresses that Candor accepts, and the destination a person agreed to.

use envelope::RootPublic;
use serde::{Deserialize, Serialize};

use crate::manifest::{Program, Relay};

/// Where a channel's parts go, as it was shown when somebody decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// The collector's address.
    pub collector: String,
    /// The relays, if any.
    pub relays: Vec<Relay>,
    /// The pinned root keys.
    pub root_keys: Vec<RootPublic>,
}

impl Destination {
    /// The destination that a manifest names, or the collector that the operator put in its place.
    pub fn of(program: &Program, collector: Option<&str>) -> Self {
        Self {
            collector: collector.unwrap_or(&program.collector).trim_end_matches('/').to_owned(),
            relays: program.relays.clone(),
            root_keys: program.root_keys.clone(),
        }
    }

    /// `host:port` of the collector, what a firewall needs.
    pub fn host_and_port(&self) -> String {
        host_and_port(&self.collector)
    }
}

/// `host:port` of an address; the port of its scheme where it names none.
pub fn host_and_port(url: &str) -> String {
    let port = if url.starts_with("http://") { 80 } else { 443 };
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    let named = host.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
    if named { host.to_owned() } else { format!("{host}:{port}") }
}

/// Accepts `https://host[:port][/path]`, and `http://` to a loopback address only: there is no way
/// to send unencrypted over a network.
///
/// # Errors
/// Says what the address should look like.
pub fn check_url(text: &str) -> Result<(), String> {
    let (scheme, rest) = text.split_once("://").ok_or("an address begins with https://")?;
    let odd = |c: char| !c.is_ascii_graphic() || matches!(c, '@' | '?' | '#' | '\\');
    if rest.chars().any(odd) {
        return Err(
            "an address has no user name, query, fragment, space or letter outside ASCII; \
                    write an international name in its xn-- form"
                .into(),
        );
    }
    let authority = rest.split('/').next().unwrap_or(rest);
    let (host, port) = host_of(authority).ok_or("an address has a host, as in https://host")?;
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        return Err("a port is a number from 1 to 65535".into());
    }
    let loopback = host == "localhost"
        || host.parse().is_ok_and(|address: core::net::IpAddr| address.is_loopback());
    match scheme {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => Err("plain http is only possible to a loopback address; use https".into()),
        _ => Err("an address begins with https://".into()),
    }
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`; `None` if it is none of these.
fn host_of(authority: &str) -> Option<(&str, Option<&str>)> {
    if let Some(six) = authority.strip_prefix('[') {
        let (host, after) = six.split_once(']')?;
        host.parse::<core::net::Ipv6Addr>().ok()?;
        return if after.is_empty() {
            Some((host, None))
        } else {
            Some((host, Some(after.strip_prefix(':')?)))
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let named = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    (!host.is_empty() && host.chars().all(named)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_travels_unencrypted_over_a_network() {
        for good in [
            "https://stats.example.org",
            "https://[2001:db8::1]:8443/in",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:9",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "http://stats.example.org",
            "http://127.0.0.1.example.org",
            "http://localhost.example.org",
            "http://127.0.0.1@example.org",
            "ftp://127.0.0.1",
            "https://",
            "https://user:secret@example.org",
            "stats.example.org",
            "https://example.org/?q=1",
            "https://example.org:0",
            "https://example.org:99999",
            "https://example.org:443:443",
            "https://[::1",
            "https://[::1]x",
            "https://[example.org]",
            "https://b\u{fc}cher.example",
            "https://exam ple.org",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_firewall_administrator_reads_host_and_port() {
        assert_eq!(host_and_port("https://stats.example.org/in"), "stats.example.org:443");
        assert_eq!(host_and_port("http://127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(host_and_port("https://[::1]"), "[::1]:443");
    }
}
