//! The command line and the environment: every option with its unit, its default, and why one would
//! change it.

use core::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use contract::id::ProgramId;
use envelope::KeyPurpose;
use jiff::civil::Date;

use crate::limits;

pub mod file;

/// Receives, counts, forgets and publishes what installations agreed to tell.
#[derive(Debug, Parser)]
#[command(
    name = "candor-collector",
    version,
    about,
    propagate_version = true,
    after_help = "CANDOR_LOG says how much is logged to standard error: error, warn, info (the \
                  default) or debug. No log ever holds an answer, a tag or an address."
)]
pub struct Config {
    /// The data folder. Everything that is kept is kept here
    #[arg(long, env = "CANDOR_DATA", value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,

    /// A file with options, by their names without --; the command line and the environment come
    /// first
    #[arg(long, env = file::VARIABLE, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Print JSON instead of sentences
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take parts, answer with receipts, show the site
    Serve(Box<Serve>),
    /// Publish what is due, and write the site's pages (a running server publishes by itself)
    Publish(Publish),
    /// Remove what is past its retention (a running server does it by itself)
    Forget(Forget),
    /// Check the data folder against what was promised; the report can be filed
    Verify(Day),
    /// Invent a fleet, publish it as it would be, and see what a manifest's site would look like
    Simulate(Simulate),
    /// Take the parts of a bundle that somebody carried here, and write their receipts. Not while a
    /// server is at work in the folder
    Import(Import),
    /// Copy the data folder while it is served, into a folder that can be put back
    Backup(Backup),
    /// Write down what was deleted, to be kept apart from backups: whoever puts one back needs it
    Export(Export),
    /// Put a backup into a new data folder, without what was deleted since or is past its retention
    Restore(Restore),
    /// Make and list the keys that sign receipts and releases
    #[command(subcommand)]
    Keys(Keys),
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port; port 0 takes a free one
    #[arg(long, env = "CANDOR_LISTEN", value_name = "ADDR", default_value = "127.0.0.1:8710")]
    pub listen: SocketAddr,

    /// Manifests to serve: files, or folders with one file .toml for each program. Of one program
    /// the last is its newest. Read again on SIGHUP. Copies are kept in the data folder: parts of
    /// older manifests are still taken, and without this option the copies are served
    #[arg(long, env = "CANDOR_MANIFEST", value_name = "FILE",
          num_args = 1.., value_delimiter = ',')]
    pub manifest: Vec<PathBuf>,

    /// Certificate chain in PEM form; read again on SIGHUP
    #[arg(long, env = "CANDOR_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's private key in PEM form
    #[arg(long, env = "CANDOR_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Speak plain HTTP on an address that others can reach, because a proxy before it speaks TLS.
    /// Have that proxy write no addresses into its log
    #[arg(long, env = "CANDOR_BEHIND_PROXY", conflicts_with = "tls_cert")]
    pub behind_proxy: bool,

    /// Hour of the day, in UTC, from which on the day's deletions are taken out of the files. A
    /// rehearsal takes each out at once unless this is given
    #[arg(long, env = "CANDOR_DELETION_HOUR", value_name = "HOUR",
          value_parser = clap::value_parser!(u8).range(0..=23))]
    pub deletion_hour: Option<u8>,

    /// Publish the open period exactly, from one installation on, on a loopback address only. Every
    /// page says so
    #[arg(long, env = "CANDOR_REHEARSAL")]
    pub rehearsal: bool,

    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD", requires = "rehearsal")]
    pub today: Option<Date>,

    /// Seconds for a request's head, and for the next request on a kept connection. Raise it for
    /// senders on very slow lines
    #[arg(long, env = "CANDOR_HEAD_SECONDS", value_name = "SECONDS",
          default_value_t = limits::HEAD_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub head_seconds: u64,

    /// Seconds for a body of at most 16 KiB
    #[arg(long, env = "CANDOR_BODY_SECONDS", value_name = "SECONDS",
          default_value_t = limits::BODY_TIMEOUT.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub body_seconds: u64,

    /// Connections at once, each about 20 kB. Lower it where memory is short
    #[arg(long, env = "CANDOR_CONNECTIONS", value_name = "NUMBER",
          default_value_t = limits::CONNECTIONS_MAX as u64,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub connections: u64,

    /// Connections at once from one network (/24 of IPv4, /48 of IPv6); 0 for any number. Without
    /// this option 512, and any number on a loopback address or behind a proxy, where everybody
    /// comes from one network
    #[arg(long, env = "CANDOR_CONNECTIONS_PER_NETWORK", value_name = "NUMBER")]
    pub connections_per_network: Option<u32>,

    /// Requests within an hour from one network; 0 for any number. Without this option 10000, and
    /// any number on a loopback address or behind a proxy. Raise it where very many installations
    /// are behind one address. It bounds what one network can move in a release, which says so
    #[arg(long, env = "CANDOR_REQUESTS_PER_NETWORK_HOUR", value_name = "NUMBER")]
    pub requests_per_network_hour: Option<u32>,

    /// Sealed requests within a minute, from whatever relay; 0 for any number. It bounds what
    /// whoever is behind relays can move in a release
    #[arg(long, env = "CANDOR_SEALED_PER_MINUTE", value_name = "NUMBER",
          default_value_t = limits::SEALED_PER_MINUTE_MAX)]
    pub sealed_per_minute: u32,

    /// Threads for connections; one for each core without this option. One more writes
    #[arg(long, env = "CANDOR_THREADS", value_name = "NUMBER",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Bytes of disk that are never filled with parts, so that deletions find room to work
    #[arg(long, env = "CANDOR_RESERVE_BYTES", value_name = "BYTES",
          default_value_t = limits::DISK_RESERVE_BYTES)]
    pub reserve_bytes: u64,
}

/// `publish`.
#[derive(Debug, Args)]
pub struct Publish {
    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,

    /// Also write the whole site into this folder, for any web server
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
}

/// `simulate`.
#[derive(Debug, Args)]
pub struct Simulate {
    /// The manifest whose questions the invented fleet answers
    #[arg(long, env = "CANDOR_MANIFEST", value_name = "FILE")]
    pub manifest: PathBuf,

    /// Installations in the end. With fewer, more is folded, as it would be
    #[arg(long, value_name = "NUMBER", default_value_t = limits::SIMULATED_DEFAULT,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(limits::SIMULATED_MAX)))]
    pub installations: u32,

    /// Days of history before today
    #[arg(long, value_name = "DAYS", default_value_t = 90,
          value_parser = clap::value_parser!(u16).range(7..=730))]
    pub days: u16,

    /// Another number makes another fleet
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// The day that it is taken to be
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,

    /// Also write the whole site into this folder, for any web server
    #[arg(long, value_name = "DIR")]
    pub site: Option<PathBuf>,
}

/// `forget`.
#[derive(Debug, Args)]
pub struct Forget {
    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Let go a batch of deletions that is held back because unusually many ask: you have seen that
    /// people asked for them. A running server does it within ten seconds
    #[arg(long, conflicts_with = "dry_run")]
    pub let_go: bool,
}

/// `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file that candor-agent bundle export wrote
    pub bundle: PathBuf,

    /// A new file for the receipts, to be carried back
    #[arg(long, value_name = "FILE")]
    pub receipts: PathBuf,

    /// The key that was shown when the bundle was made; another is refused
    #[arg(long, value_name = "SHA256")]
    pub expect: Option<envelope::Digest>,

    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// `backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// A new or empty folder
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,

    /// Also copy the private keys that sign receipts and releases: whoever has the backup can then
    /// speak for this collector. Keys that senders seal to are never copied
    #[arg(long)]
    pub with_keys: bool,

    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Where the deletions go. The file names no tag and holds no answer
    #[arg(long, value_name = "FILE")]
    pub deletions: PathBuf,

    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// The folder that `backup` made
    #[arg(long, value_name = "DIR")]
    pub from: PathBuf,

    /// The newest file that `export` made; without it nothing is put back, because it would bring
    /// back what people had deleted
    #[arg(long, value_name = "FILE")]
    pub deletions: PathBuf,

    /// Go on with a data folder into which this backup was copied and out of which not everything
    /// was taken yet
    #[arg(long)]
    pub again: bool,

    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// The day of a command.
#[derive(Debug, Args)]
pub struct Day {
    /// The day that it is taken to be, for rehearsals
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<Date>,
}

/// `keys`.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Make the vendor's root, once; keep its file offline and pin the line that this prints
    Root {
        /// A new file, which only you can read
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Have the root certify a new key for this collector
    Issue {
        /// The root's file
        #[arg(long, value_name = "FILE")]
        root: PathBuf,
        /// The program's id, as in its manifest
        #[arg(long, value_name = "ID", value_parser = ProgramId::parse)]
        program: ProgramId,
        /// What the key may sign
        #[arg(long, value_enum, default_value = "receipt")]
        purpose: Purpose,
        /// For how many days from today on
        #[arg(long, default_value_t = limits::KEY_DAYS_DEFAULT,
              value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
    },
    /// Show the keys of the data folder
    List,
}

/// What a key may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Receipts and tombstones.
    Receipt,
    /// Releases.
    Release,
    /// The keys that a relay's senders seal to; with one, requests are taken at `/ohttp`.
    Ohttp,
}

impl Serve {
    /// Whether all senders come from one network as far as this server can see.
    fn sees_one_network(&self) -> bool {
        self.behind_proxy || self.listen.ip().is_loopback()
    }

    /// Connections at once from one network; 0 for any number.
    pub fn connections_of_network(&self) -> u32 {
        let default = limits::CONNECTIONS_PER_NETWORK_MAX;
        let default = if self.sees_one_network() { 0 } else { default };
        self.connections_per_network.unwrap_or(default)
    }

    /// Requests within an hour from one network; 0 for any number.
    pub fn requests_of_network(&self) -> u32 {
        let default = limits::REQUESTS_PER_NETWORK_HOUR_MAX;
        let default = if self.sees_one_network() { 0 } else { default };
        self.requests_per_network_hour.unwrap_or(default)
    }

    /// What intake lets through within an hour from those whom it cannot tell apart, with or
    /// without a gateway; `None` where that is any number.
    pub fn intake_per_hour(&self, is_gateway: bool) -> Option<u64> {
        let some = |number: u32| (number > 0).then_some(u64::from(number));
        let direct = some(self.requests_of_network())?;
        let sealed = if is_gateway { some(self.sealed_per_minute)? } else { 0 };
        Some(direct + 60 * sealed)
    }
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Receipt => Self::Receipt,
            Purpose::Release => Self::Release,
            Purpose::Ohttp => Self::Ohttp,
        }
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
}
