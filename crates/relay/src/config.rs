//! The command line and the environment: every option with its unit, its default, and why one would
//! change it.

use core::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::gateway::Gateway;
use crate::limits;

/// Carries sealed requests that it cannot read to a gateway that cannot see from whom.
#[derive(Debug, Parser)]
#[command(name = "candor-relay", version, about, propagate_version = true)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take sealed requests and carry them
    Serve(Box<Serve>),
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port; port 0 takes a free one
    #[arg(
        long,
        env = "CANDOR_RELAY_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8720"
    )]
    pub listen: SocketAddr,

    /// A gateway to forward to, as URL or NAME=URL; give it again for more, each with a name of its
    /// own, which then is its path here. Without a path in the URL it is /ohttp
    #[arg(
        long = "gateway",
        env = "CANDOR_RELAY_GATEWAYS",
        value_name = "[NAME=]URL",
        required = true,
        value_delimiter = ','
    )]
    pub gateways: Vec<Gateway>,

    /// Certificate chain in PEM form; read again on SIGHUP
    #[arg(long, env = "CANDOR_RELAY_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key in PEM form
    #[arg(long, env = "CANDOR_RELAY_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Speak plain HTTP on an address that others can reach, because a proxy before it speaks TLS.
    /// All senders then come from one network: set the two limits per network to 0, and have that
    /// proxy write no addresses into its log
    #[arg(long, env = "CANDOR_RELAY_BEHIND_PROXY", conflicts_with = "tls_cert")]
    pub behind_proxy: bool,

    /// Certificate authorities in PEM form that are believed for gateways, instead of the public
    /// ones
    #[arg(long, env = "CANDOR_RELAY_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Who runs this relay, for its page
    #[arg(long, env = "CANDOR_RELAY_OPERATOR", value_name = "NAME", value_parser = words)]
    pub operator: Option<String>,

    /// The country whose law it is under, for its page
    #[arg(long, env = "CANDOR_RELAY_COUNTRY", value_name = "NAME", value_parser = words)]
    pub country: Option<String>,

    /// How its operator is reached, for its page
    #[arg(long, env = "CANDOR_RELAY_CONTACT", value_name = "TEXT", value_parser = words)]
    pub contact: Option<String>,

    /// Connections at once, each about 20 kB. Lower it where memory is short
    #[arg(long, env = "CANDOR_RELAY_CONNECTIONS", value_name = "NUMBER",
          default_value_t = limits::CONNECTIONS_MAX as u64,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub connections: u64,

    /// Connections at once from one network (/24 or /48); 0 for any number
    #[arg(long, env = "CANDOR_RELAY_CONNECTIONS_PER_NETWORK", value_name = "NUMBER",
          default_value_t = limits::CONNECTIONS_PER_NETWORK_MAX)]
    pub connections_per_network: u32,

    /// Requests within an hour from one network; 0 for any number. Raise it where very many
    /// installations are behind one address
    #[arg(long, env = "CANDOR_RELAY_REQUESTS_PER_NETWORK_HOUR", value_name = "NUMBER",
          default_value_t = limits::REQUESTS_PER_NETWORK_HOUR_MAX)]
    pub requests_per_network_hour: u32,

    /// Seconds for a request's head, and for the next request on a kept connection
    #[arg(long, env = "CANDOR_RELAY_HEAD_SECONDS", value_name = "SECONDS",
          default_value_t = limits::HEAD_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub head_seconds: u64,

    /// Seconds for a request's body
    #[arg(long, env = "CANDOR_RELAY_BODY_SECONDS", value_name = "SECONDS",
          default_value_t = limits::BODY_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub body_seconds: u64,

    /// Seconds for a gateway's answer
    #[arg(long, env = "CANDOR_RELAY_GATEWAY_SECONDS", value_name = "SECONDS",
          default_value_t = limits::EXCHANGE_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub gateway_seconds: u64,
}

fn words(text: &str) -> Result<String, String> {
    let fits = (1..=limits::WORDS_BYTES_MAX).contains(&text.len());
    if fits && !text.chars().any(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("write one line of at most {} bytes", limits::WORDS_BYTES_MAX))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Config::command().debug_assert();
    }

    #[test]
    fn a_relay_without_a_gateway_is_refused_by_the_command_line() {
        assert!(Config::try_parse_from(["candor-relay", "serve"]).is_err());
        let two = ["candor-relay", "serve", "--gateway", "https://a", "--gateway", "b=https://b"];
        let Command::Serve(serve) = Config::try_parse_from(two).unwrap().command;
        assert_eq!(serve.gateways.len(), 2);
    }
}
