//! Which proxy leads to a collector: one of Candor's own, or the one that the environment names.

use core::net::IpAddr;

/// The proxies that were named.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    own: Option<String>,
    environment: Option<String>,
    exempt: String,
}

impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's address may hold a password.
        f.write_str("Proxies(..)")
    }
}

impl Proxies {
    /// Reads the environment through `get`. `own` is Candor's own proxy, which wins; "none" means
    /// that there is none, whatever the environment says.
    pub fn read(own: Option<&str>, get: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: &[&str]| {
            names.iter().find_map(|name| get(name).filter(|value| !value.is_empty()))
        };
        Self {
            own: own.map(str::to_owned),
            environment: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            exempt: first(&["NO_PROXY", "no_proxy"]).unwrap_or_default(),
        }
    }

    /// The proxy that is used for any destination, if there is one.
    pub fn named(&self) -> Option<&str> {
        match self.own.as_deref() {
            Some("none") => None,
            Some(own) => Some(own),
            None => self.environment.as_deref(),
        }
    }

    /// The proxy's address for `host:port`; `None` to connect directly.
    pub fn towards(&self, host_and_port: &str) -> Option<&str> {
        let (host, port) = host_and_port.rsplit_once(':').unwrap_or((host_and_port, ""));
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let address: Option<IpAddr> = host.parse().ok();
        // What goes to this machine needs no encryption, and must not leave it.
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return None;
        }
        self.named().filter(|_| self.own.is_some() || !self.is_exempt(&host, port))
    }

    /// Whether `NO_PROXY` names the host, the host's domain, or everything.
    fn is_exempt(&self, host: &str, port: &str) -> bool {
        self.exempt.split(',').map(str::trim).any(|entry| {
            let entry = entry.to_ascii_lowercase();
            let (name, entry_port) = match entry.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') => (name, Some(port)),
                _ => (entry.as_str(), None),
            };
            let name = name.trim_start_matches("*.").trim_start_matches('.');
            let is_below = || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
            let is_named = name == "*" || host == name || (!name.is_empty() && is_below());
            is_named && entry_port.is_none_or(|entry_port| entry_port == port)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn towards(own: Option<&str>, variables: &[(&str, &str)], host: &str) -> Option<String> {
        let get = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Proxies::read(own, get).towards(host).map(str::to_owned)
    }

    #[test]
    fn the_environment_and_a_proxy_of_its_own_are_honoured() {
        let host = "stats.example.org:443";
        let proxy = ("HTTPS_PROXY", "http://proxy:3128");
        assert_eq!(towards(None, &[], host), None);
        assert_eq!(towards(None, &[proxy], host).as_deref(), Some("http://proxy:3128"));
        assert_eq!(towards(None, &[("all_proxy", "p:1")], host).as_deref(), Some("p:1"));
        assert_eq!(towards(Some("own:1"), &[proxy], host).as_deref(), Some("own:1"));
        assert_eq!(towards(Some("none"), &[proxy], host), None);
        // Nothing that Candor sends over a network is plain HTTP.
        assert_eq!(towards(None, &[("HTTP_PROXY", "p:1")], host), None);
    }

    #[test]
    fn no_proxy_names_hosts_and_their_domains() {
        for (exempt, host, is_exempt) in [
            ("example.org", "stats.example.org:443", true),
            (".example.org", "stats.example.org:443", true),
            ("*.example.org", "stats.example.org:443", true),
            ("example.net, example.org", "example.org:443", true),
            ("*", "example.org:443", true),
            ("EXAMPLE.org:443", "stats.example.org:443", true),
            ("2001:db8::1", "[2001:db8::1]:443", true),
            ("example.org:8443", "stats.example.org:443", false),
            ("ample.org", "example.org:443", false),
            ("org.example", "example.org:443", false),
            ("", "example.org:443", false),
            (",", "example.org:443", false),
        ] {
            let variables = [("HTTPS_PROXY", "p:1"), ("NO_PROXY", exempt)];
            let found = towards(None, &variables, host);
            assert_eq!(found.is_none(), is_exempt, "NO_PROXY={exempt}, {host}");
        }
    }

    #[test]
    fn what_goes_to_this_machine_goes_through_no_proxy() {
        for host in ["127.0.0.1:80", "localhost:8080", "[::1]:443"] {
            assert_eq!(towards(Some("own:1"), &[("HTTPS_PROXY", "p:1")], host), None);
        }
    }
}
