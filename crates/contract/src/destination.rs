//! Where parts go and by which way: addresses that Candor accepts, and the destination a person
//! agreed to.
//!
//! What was agreed to travel blind has no address to which it could be sent directly:
//!
//! ```compile_fail
//! # use contract::destination::{Way, way};
//! # use contract::manifest::Relay;
//! # let relays = [Relay::new("https://relay.example.net", "Example University", "Norway")];
//! match way("https://stats.example.org", &relays) {
//!     Way::Blind(blind) => blind.url("/v1/larkspur/usage"),
//!     Way::Direct(direct) => direct.url("/v1/larkspur/usage"),
//! };
//! ```
//!
//! ```
//! # use contract::destination::{Way, way};
//! # use contract::manifest::Relay;
//! # let relays = [Relay::new("https://relay.example.net", "Example University", "Norway")];
//! let url = match way("https://stats.example.org", &relays) {
//!     Way::Blind(blind) => blind.relays().first().map(|relay| relay.url.clone()),
//!     Way::Direct(direct) => Some(direct.url("/v1/larkspur/usage")),
//! };
//! assert_eq!(url.as_deref(), Some("https://relay.example.net"));
//! ```

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

    /// The same through one relay alone: that of the manifest with this address, or one that this
    /// site chose for itself.
    #[must_use]
    pub fn through(mut self, url: &str) -> Self {
        let same = |relay: &&Relay| relay.url.trim_end_matches('/') == url.trim_end_matches('/');
        let own = || Relay::new(url, "this site's own choice", "country not stated");
        self.relays = vec![self.relays.iter().find(same).cloned().unwrap_or_else(own)];
        self
    }

    /// Whether what is sent goes straight to a collector on this machine, unencrypted:
    /// [`check_url`] takes `http://` for nothing else. A relay, wherever it is, passes things on.
    pub fn is_on_this_machine(&self) -> bool {
        self.relays.is_empty() && self.collector.starts_with("http://")
    }

    /// `host:port` of the collector.
    pub fn host_and_port(&self) -> String {
        host_and_port(&self.collector)
    }

    /// `host:port` of every host that is connected to, what a firewall needs.
    pub fn hosts_and_ports(&self) -> Vec<String> {
        match self.way() {
            Way::Direct(direct) => vec![direct.host_and_port()],
            Way::Blind(blind) => blind.relays().iter().map(|r| host_and_port(&r.url)).collect(),
        }
    }

    /// How parts get there.
    pub fn way(&self) -> Way<'_> {
        way(&self.collector, &self.relays)
    }
}

/// How something gets to a collector. Which way it is follows from the relays alone.
#[derive(Debug, Clone, Copy)]
pub enum Way<'a> {
    /// Straight to it.
    Direct(DirectWay<'a>),
    /// Sealed, through a relay.
    Blind(BlindWay<'a>),
}

/// The way to a collector without a relay. Only [`way`] makes one, and only where there is none.
#[derive(Debug, Clone, Copy)]
pub struct DirectWay<'a>(&'a str);

/// The way to a collector that is reached through a relay, and not otherwise: it has no address to
/// connect to but the relays'.
#[derive(Debug, Clone, Copy)]
pub struct BlindWay<'a> {
    collector: &'a str,
    relays: &'a [Relay],
}

/// The way to a collector: blind where there is a relay.
pub fn way<'a>(collector: &'a str, relays: &'a [Relay]) -> Way<'a> {
    if relays.is_empty() {
        Way::Direct(DirectWay(collector))
    } else {
        Way::Blind(BlindWay { collector, relays })
    }
}

impl DirectWay<'_> {
    /// The address of a path of the collector.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// `host:port` of the collector.
    pub fn host_and_port(&self) -> String {
        host_and_port(self.0)
    }
}

impl<'a> BlindWay<'a> {
    /// The relays, in order of preference.
    pub fn relays(&self) -> &'a [Relay] {
        self.relays
    }

    /// Host and path of a collector's path, as they stand sealed inside a capsule.
    pub fn inside(&self, path: &str) -> (String, String) {
        let rest = self.collector.split_once("://").map_or(self.collector, |(_, rest)| rest);
        let (authority, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let slash = if prefix.is_empty() { "" } else { "/" };
        (authority.to_owned(), format!("{slash}{prefix}{path}"))
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
    fn only_a_collector_here_that_is_reached_directly_keeps_everything_here() {
        let to = |collector: &str| Destination { collector: collector.into(), ..here() };
        assert!(to("http://127.0.0.1:8080").is_on_this_machine());
        assert!(!to("https://127.0.0.1:8080").is_on_this_machine());
        assert!(!to("https://stats.example.org").is_on_this_machine());
        // A relay on this machine passes on what it gets.
        assert!(!here().through("http://127.0.0.1:8720").is_on_this_machine());
    }

    fn here() -> Destination {
        let manifest = include_str!("../tests/it/small.toml");
        let manifest = crate::manifest::Manifest::parse(manifest).unwrap_or_else(|e| panic!("{e}"));
        Destination::of(&manifest.program, Some("http://127.0.0.1:8080"))
    }

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
    fn through_a_relay_only_relays_are_connected_to() {
        let relay = Relay::new("https://relay.example.net/a", "Example University", "Norway");
        let collector = "https://stats.example.org/in".to_owned();
        let relays = vec![relay.clone()];
        let destination = Destination { collector, relays, root_keys: Vec::new() };
        assert_eq!(destination.hosts_and_ports(), ["relay.example.net:443"]);
        let Way::Blind(blind) = destination.way() else { panic!("a relay is named") };
        let inside = blind.inside("/v1/larkspur/usage");
        assert_eq!(inside, ("stats.example.org".into(), "/in/v1/larkspur/usage".into()));
        assert_eq!(destination.clone().through("https://relay.example.net/a/").relays, [relay]);
        let other = destination.through("https://other.example");
        assert_eq!(other.hosts_and_ports(), ["other.example:443"]);
        assert_eq!(other.relays[0].operator, "this site's own choice");
    }

    #[test]
    fn a_firewall_administrator_reads_host_and_port() {
        assert_eq!(host_and_port("https://stats.example.org/in"), "stats.example.org:443");
        assert_eq!(host_and_port("http://127.0.0.1:8080"), "127.0.0.1:8080");
        assert_eq!(host_and_port("https://[::1]"), "[::1]:443");
    }
}
