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
    let authority = rest.split('/').next().unwrap_or(rest);
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']').map_or(six, |(host, _)| host),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | '?' | '#' | '\\');
    if host.is_empty() || rest.chars().any(odd) {
        return Err("an address has a host, and no user name, query, fragment or space".into());
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
