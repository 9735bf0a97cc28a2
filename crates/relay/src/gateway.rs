//! Where a relay forwards to: addresses that its operator wrote down, checked before anything runs.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

/// A gateway, with the name under which senders reach it here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Lower-case letters, digits and hyphens; `None` for the one that answers at `/` alone.
    pub name: Option<String>,
    /// Whether TLS is spoken, and verified.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Where requests go.
    pub path: String,
}

/// Why a text names no gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The name has other characters, or is too long.
    #[error("a gateway's name has 1 to 40 lower-case letters, digits and hyphens")]
    Name,
    /// The name is one of the relay's own paths.
    #[error("`health`, `metrics` and `ohttp-keys` are paths of the relay itself: choose another")]
    Taken,
    /// It begins with neither scheme.
    #[error("a gateway's address begins with https://")]
    Scheme,
    /// Plain HTTP to another machine.
    #[error("plain http is for a loopback address (127.0.0.1 or [::1]) alone: write https://")]
    Plain,
    /// Host or port cannot be read.
    #[error("a gateway's address is https://HOST, with :PORT and /PATH where needed")]
    Address,
    /// The path has characters that would need escaping, or a query.
    #[error("a gateway's path has letters, digits and -._~/ only, and no query")]
    Path,
}

impl Gateway {
    /// What the `Host` header says.
    pub fn authority(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }

    /// Where its key configurations stand: beside the path for requests.
    pub fn keys_path(&self) -> String {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{folder}/ohttp-keys")
    }

    /// Where the signed document of its keys stands.
    pub fn signed_keys_path(&self) -> String {
        format!("{}/signed", self.keys_path())
    }

    /// The word for it in metrics and logs.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or("default")
    }
}

/// As it is shown to senders.
impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.path)
    }
}

impl FromStr for Gateway {
    type Err = GatewayError;

    fn from_str(text: &str) -> Result<Self, GatewayError> {
        let (name, address) = match text.split_once('=') {
            Some((name, address)) => (Some(parse_name(name)?), address),
            None => (None, text),
        };
        let (tls, rest) = match address.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(GatewayError::Scheme),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (host, port) = parse_authority(authority, if tls { 443 } else { 80 })?;
        if !tls && !is_loopback(&host) {
            return Err(GatewayError::Plain);
        }
        let path = match path {
            "" | "/" => "/ohttp".to_owned(),
            path if path
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte)) =>
            {
                path.to_owned()
            }
            _ => return Err(GatewayError::Path),
        };
        Ok(Self { name, tls, host, port, path })
    }
}

/// Checks the gateways together: every one but a single nameless one has a name of its own.
///
/// # Errors
/// Says which two cannot be told apart.
pub fn check_all(gateways: &[Gateway]) -> Result<(), String> {
    for (place, gateway) in gateways.iter().enumerate() {
        if gateways.iter().take(place).any(|other| other.name == gateway.name) {
            return Err(match &gateway.name {
                Some(name) => format!("two gateways are called {name}"),
                None => "two gateways have no name".to_owned(),
            });
        }
    }
    Ok(())
}

fn parse_name(name: &str) -> Result<String, GatewayError> {
    let fits = (1..=40).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    match name {
        "health" | "metrics" | "ohttp-keys" => Err(GatewayError::Taken),
        _ if fits => Ok(name.to_owned()),
        _ => Err(GatewayError::Name),
    }
}

fn parse_authority(text: &str, default: u16) -> Result<(String, u16), GatewayError> {
    let wrong = GatewayError::Address;
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(wrong)?;
        host.parse::<Ipv6Addr>().map_err(|_| wrong)?;
        (host, port.strip_prefix(':').or(port.is_empty().then_some("")))
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, Some("")),
        }
    };
    let port = match port.ok_or(wrong)? {
        "" => default,
        port => port.parse().map_err(|_| wrong)?,
    };
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b"-.:".contains(&b);
    if host.is_empty() || host.len() > 253 || port == 0 || !host.bytes().all(is_host) {
        return Err(wrong);
    }
    Ok((host.to_owned(), port))
}

/// Numbers alone: what `localhost` means is for a file of the system to say.
fn is_loopback(host: &str) -> bool {
    host.parse::<Ipv4Addr>().map(IpAddr::from).is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
