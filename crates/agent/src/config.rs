//! The configuration file: the common options, for machines where a command line is not the place.
//!
//! ```
//! let text = r#"
//! ## The manifest that the program ships. No default.
//! manifest = "/usr/share/larkspur/candor.toml"
//! ## Where decisions, the secret, the outbox and the ledger are. Default: /var/lib/candor/PROGRAM.
//! state = "/var/lib/candor/larkspur"
//! ## Another collector than the manifest's, for a vendor's test or a site's own. Default: none.
//! collector = "https://stats.example.org"
//! ## The relay to send through, sealed, so that the collector does not see this address: one of
//! ## the manifest's, or another. Default: the manifest's relays, if it has any.
//! relay = "https://relay.example.net"
//! ## A site's own certificate authority in PEM, believed instead of the public ones.
//! ## Default: none.
//! ca = "/etc/ssl/site.pem"
//! ## A proxy of Candor's own, or "none". Default: HTTPS_PROXY, less what NO_PROXY names.
//! proxy = "http://proxy.example.org:3128"
//! ## Seconds that one request may take in all, from 1 to 300: more where the line is slow.
//! ## Default: 30.
//! timeout = 60
//! ## The fleet's policy. Default: /etc/candor/policy.toml, where it exists. One that is named
//! ## here and is not there forbids everything.
//! policy = "/etc/candor/policy.toml"
//! ## Where a signed policy is fetched instead, and whose it is. Default: none.
//! policy_url = "https://manager.example.org/candor/policy.toml"
//! policy_key = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
//! ## Credentials for the manifest's databases, in a file that only the agent's user reads.
//! ## What rights they need: candor-agent manifest grants. Default: what the product's own
//! ## configuration says.
//! credentials = "/etc/candor/credentials.toml"
//! ## Where a service serves the page for browsers. Default: on a socket in the state folder alone.
//! page = "127.0.0.1:7417"
//! ## Other host names under which it answers there. Default: none.
//! page_names = ["nas.example.org"]
//! ## The origin whose pages may show it in a frame. Default: none.
//! embed = "https://nas.example.org"
//! ## The socket on which the service takes what the product pushes, where products of another
//! ## user reach it. Default: push.sock in the state folder.
//! push_socket = "/run/candor/larkspur/push.sock"
//! "#;
//! assert!(agent::config::Config::parse(text).is_ok());
//! assert!(agent::config::Config::parse("maniffest = 1").is_err());
//! ```

use core::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::cli::{Common, PageOptions};
use crate::trouble::Trouble;

/// Bytes of a configuration file: fifteen options and their comments.
pub const CONFIG_BYTES_MAX: usize = 64 * 1024;

/// The configuration file that is read when none is named.
pub const CONFIG_FILE: &str = "/etc/candor/agent.toml";

/// What a configuration file may say; each is the option of the same name.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// As `--manifest`.
    pub manifest: Option<PathBuf>,
    /// As `--state`.
    pub state: Option<PathBuf>,
    /// As `--collector`.
    pub collector: Option<String>,
    /// As `--relay`.
    pub relay: Option<String>,
    /// As `--ca`.
    pub ca: Option<PathBuf>,
    /// As `--proxy`.
    pub proxy: Option<String>,
    /// As `--timeout`.
    pub timeout: Option<u64>,
    /// As `--policy`.
    pub policy: Option<PathBuf>,
    /// As `--policy-url`.
    pub policy_url: Option<String>,
    /// As `--policy-key`.
    pub policy_key: Option<String>,
    /// As `--credentials`.
    pub credentials: Option<PathBuf>,
    /// As `--push-socket`.
    pub push_socket: Option<PathBuf>,
    /// As `--page`.
    pub page: Option<SocketAddr>,
    /// As `--page-name`, for each.
    #[serde(default)]
    pub page_names: Vec<String>,
    /// As `--embed`.
    pub embed: Option<String>,
}

impl Config {
    /// Reads the text of a configuration file.
    ///
    /// # Errors
    /// If it is no TOML, or has an option that does not exist.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            Trouble::new(
                "the configuration file cannot be used.",
                error.to_string().trim().to_owned(),
                "everything as it was; nothing was sent",
                "mend it: the options are manifest, state, collector, relay, ca, proxy, timeout, \
                 policy, policy_url, policy_key, credentials, push_socket, page, page_names and \
                 embed",
            )
        })
    }

    /// The same for the page's options.
    pub fn complete_page(&self, page: PageOptions) -> PageOptions {
        let mut page_name = page.page_name;
        page_name.extend(self.page_names.iter().cloned());
        PageOptions {
            page: page.page.or(self.page),
            page_name,
            embed: page.embed.or_else(|| self.embed.clone()),
        }
    }

    /// The command line's options, each completed from the file where it says nothing.
    pub fn complete(&self, common: Common) -> Common {
        let file = self.clone();
        Common {
            manifest: common.manifest.or(file.manifest),
            state: common.state.or(file.state),
            collector: common.collector.or(file.collector),
            relay: common.relay.or(file.relay),
            ca: common.ca.or(file.ca),
            proxy: common.proxy.or(file.proxy),
            timeout: common.timeout.or(file.timeout.map(|seconds| seconds.clamp(1, 300))),
            policy: common.policy.or(file.policy),
            policy_url: common.policy_url.or(file.policy_url),
            policy_key: common.policy_key.or(file.policy_key),
            credentials: common.credentials.or(file.credentials),
            push_socket: common.push_socket.or(file.push_socket),
            ..common
        }
    }
}
