//! The command line.

use core::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand};

mod role;

pub use role::Role;

/// Shows what a program may tell its vendor, lets you decide, and sends what you agreed to.
///
/// Nothing leaves this machine until somebody says yes. `candor-agent status` says how things are.
#[derive(Debug, Parser)]
#[command(name = "candor-agent", version, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The manifest that the program ships.
    #[arg(long, global = true, value_name = "FILE", env = "CANDOR_MANIFEST")]
    pub manifest: Option<PathBuf>,
    /// The state folder [default: /var/lib/candor/PROGRAM].
    #[arg(long, global = true, value_name = "DIR", env = "CANDOR_STATE")]
    pub state: Option<PathBuf>,
    /// Another collector than the manifest's. It is part of what you agree to.
    #[arg(long, global = true, value_name = "URL", env = "CANDOR_COLLECTOR")]
    pub collector: Option<String>,
    /// A relay to send through, sealed: one of the manifest's, or another. It is part of what you
    /// agree to.
    #[arg(long, global = true, value_name = "URL", env = "CANDOR_RELAY")]
    pub relay: Option<String>,
    /// A site's own certificate authority (PEM), believed instead of the public ones.
    #[arg(long, global = true, value_name = "FILE", env = "CANDOR_CA")]
    pub ca: Option<PathBuf>,
    /// A proxy of Candor's own (http://HOST:PORT), used instead of `HTTPS_PROXY`; "none" for none.
    #[arg(long, global = true, value_name = "URL", env = "CANDOR_PROXY", hide_env_values = true)]
    pub proxy: Option<String>,
    /// Seconds that one request to the collector may take in all [default: 30].
    #[arg(long, global = true, value_name = "SECONDS", env = "CANDOR_TIMEOUT",
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub timeout: Option<u64>,
    /// The fleet's policy [default: /etc/candor/policy.toml, where it exists].
    #[arg(long, global = true, value_name = "FILE", env = "CANDOR_POLICY")]
    pub policy: Option<PathBuf>,
    /// Where a signed policy of the fleet is fetched, every 15 minutes and before each part.
    #[arg(long, global = true, value_name = "URL", env = "CANDOR_POLICY_URL")]
    pub policy_url: Option<String>,
    /// The key that signs it: ed25519: and 64 digits.
    #[arg(long, global = true, value_name = "KEY", env = "CANDOR_POLICY_KEY")]
    pub policy_key: Option<String>,
    /// Credentials for the manifest's databases, used instead of the product's own (TOML; one table
    /// for each database, with socket or host and port, user, password, database).
    #[arg(long, global = true, value_name = "FILE", env = "CANDOR_CREDENTIALS")]
    pub credentials: Option<PathBuf>,
    /// The socket on which the service takes what the product pushes [default: push.sock in the
    /// state folder].
    #[arg(long, global = true, value_name = "PATH", env = "CANDOR_PUSH_SOCKET")]
    pub push_socket: Option<PathBuf>,
    /// A file with these options [default: /etc/candor/agent.toml].
    #[arg(long, global = true, value_name = "FILE", env = "CANDOR_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What leaves this machine, in one sentence.
    Status,
    /// What decided about a channel, and how to change it.
    Why {
        /// The channel.
        channel: String,
    },
    /// Ask the person at the terminal; silent where there is none.
    Ask {
        /// Record the answers as given during installation.
        #[arg(long)]
        installer: bool,
    },
    /// Say yes to a channel. In force when this returns.
    Agree {
        /// The channel.
        channel: String,
        /// Up to which tier, where the channel has several.
        #[arg(long)]
        tier: Option<String>,
    },
    /// Say no to a channel. In force when this returns; what waits is destroyed.
    Decline {
        /// The channel.
        channel: String,
    },
    /// Print exactly the bytes that are sent, one part per line, and nothing else.
    Preview {
        /// The channel.
        channel: String,
        /// While nothing is agreed: what this tier would send.
        #[arg(long)]
        tier: Option<String>,
        /// Gather again what was not sent yet.
        #[arg(long)]
        fresh: bool,
    },
    /// Send all parts of the period now. Parts sent together can be joined.
    Send {
        /// The channel.
        channel: String,
    },
    /// Send what is due; for cron or a timer.
    Tick {
        /// Go on for so long, and send each part that falls due at its own moment. For cron: as
        /// long as it is until the next run.
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        within: u64,
    },
    /// Run as a service: tick when something is due, and serve the page.
    Run(RunOptions),
    /// Print a link that opens the running service's page, once, in one browser.
    Page {
        /// Where no service runs: serve the page from here until this command is stopped.
        #[arg(long)]
        here: bool,
        /// Where and how, with --here.
        #[command(flatten)]
        options: PageOptions,
    },
    /// What was sent, with receipts.
    Ledger {
        /// What to do with it.
        #[command(subcommand)]
        action: Option<LedgerAction>,
    },
    /// What the collector holds of this machine, by the ledger and its receipts.
    Held {
        /// Ask the collector itself. Its answer joins what was sent under different tags.
        #[arg(long)]
        live: bool,
    },
    /// Take a channel back: stop sending it, and have deleted what was sent.
    Withdraw {
        /// The channel.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        channel: Option<String>,
        /// Every channel.
        #[arg(long)]
        all: bool,
        /// Delete at once instead of over 24 hours. Tags deleted together can be joined.
        #[arg(long)]
        now: bool,
    },
    /// The air gap: nothing is sent while it is on, whatever else is set.
    Airgap {
        /// On or off.
        switch: Switch,
    },
    /// This machine's answers beside the published numbers. Downloads those; sends nothing.
    Compare {
        /// The channel.
        channel: String,
    },
    /// Reports in a file that a person carries out of the air gap, and receipts that come back.
    Bundle {
        /// What to do.
        #[command(subcommand)]
        action: BundleAction,
    },
    /// The fleet's policy.
    Policy {
        /// What to do with it.
        #[command(subcommand)]
        action: PolicyAction,
    },
    /// Count something, or tell a word, for a question whose source is `push`.
    ///
    /// It goes to the service where one runs, and into the state folder otherwise.
    Push {
        /// The question's id.
        field: String,
        /// An entry of its list, or a version, where it has one.
        word: Option<String>,
        /// How much, or how often.
        #[arg(long, default_value_t = 1, value_name = "N")]
        number: u64,
    },
    /// Clean texts: one JSON string per line in, one per line out, `null` for one that is dropped.
    ///
    /// Needs no manifest and no state. It reads standard input to its end.
    Clean {
        /// Values to remove as well: one JSON string per line.
        #[arg(long, value_name = "FILE")]
        known: Option<PathBuf>,
    },
    /// Tools for manifests.
    Manifest {
        /// Which.
        #[command(subcommand)]
        action: ManifestAction,
    },
}

impl Command {
    /// The socket of a process that seals what it gathers, and has another one carry it.
    pub fn seals(&self) -> Option<&Path> {
        self.between(Role::Gather)
    }

    /// The socket of a process that carries what another one has sealed.
    pub fn carries(&self) -> Option<&Path> {
        self.between(Role::Send)
    }

    fn between(&self, role: Role) -> Option<&Path> {
        match self {
            Self::Run(options) if options.role == role => options.sealed_socket.as_deref(),
            _ => None,
        }
    }
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// What to do with a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleAction {
    /// Write every part that was agreed to and has no receipt into a signed file, also inside the
    /// air gap. Parts that are carried together can be joined by whoever imports them.
    Export {
        /// A new file, which only this user can read.
        file: PathBuf,
    },
    /// Read the receipts that candor-collector import wrote.
    Import {
        /// The file that was carried back.
        file: PathBuf,
    },
}

/// What to do with the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// What it says about this program.
    Show,
    /// Read or fetch it now, and destroy what waits of channels that it forbids.
    Sync,
    /// Make the key of a fleet, for whoever keeps its policy. Prints the public half.
    Key {
        /// Where the private half is written, for this user alone. It must not exist.
        file: PathBuf,
    },
    /// Print a policy with its signature, ready to be served over HTTPS.
    Sign {
        /// The policy, with `number` and `expires`.
        file: PathBuf,
        /// The private half.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
}

/// What a service does, and where it serves the page.
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// One role alone, in a process that can do no other: gather, send, or page.
    #[arg(long, value_enum, default_value_t)]
    pub role: Role,
    /// With --role gather and --role send: the socket between them, over which whoever gathers
    /// hands what it has sealed to whoever sends. The sender then needs no state folder and can
    /// read nothing. For blind transport.
    #[arg(long, value_name = "PATH", env = "CANDOR_SEALED_SOCKET")]
    pub sealed_socket: Option<PathBuf>,
    /// Where and how the page is served, by the roles that do.
    #[command(flatten)]
    pub page: PageOptions,
}

/// Where and how the page is served.
#[derive(Debug, Clone, Default, Args)]
pub struct PageOptions {
    /// Serve the page on this loopback address, such as 127.0.0.1:7417 [default: on a socket in the
    /// state folder alone].
    #[arg(long, value_name = "ADDR")]
    pub page: Option<SocketAddr>,
    /// Another host name under which the page answers there. May be given several times.
    #[arg(long, value_name = "NAME")]
    pub page_name: Vec<String>,
    /// The origin whose pages may show this one in a frame, such as `https://nas.example`.
    #[arg(long, value_name = "ORIGIN")]
    pub embed: Option<String>,
}

/// What to do with the ledger.
#[derive(Debug, Subcommand)]
pub enum LedgerAction {
    /// Check what the ledger can prove.
    Verify,
    /// Open a capsule that was caught on its way to a relay, and find it in the ledger.
    Open {
        /// The request's body, byte for byte.
        #[arg(value_name = "CAPSULE-FILE")]
        file: PathBuf,
    },
}

/// Tools for manifests. FILE defaults to --manifest.
#[derive(Debug, Subcommand)]
pub enum ManifestAction {
    /// All problems at once, each with line, column and what to do.
    Check {
        /// The manifest.
        file: Option<PathBuf>,
    },
    /// The data statement that follows from the manifest, as Markdown.
    Statement {
        /// The manifest.
        file: Option<PathBuf>,
        /// As a page.
        #[arg(long)]
        html: bool,
    },
    /// The JSON Schema of every part.
    Schema {
        /// The manifest.
        file: Option<PathBuf>,
    },
    /// The data dictionary, as Markdown (JSON with --json).
    Dictionary {
        /// The manifest.
        file: Option<PathBuf>,
    },
    /// The rights that its queries need in each database, and no others.
    Grants {
        /// The manifest.
        file: Option<PathBuf>,
    },
    /// A first draft of questions, from a JSON document or from a query's result.
    Init {
        /// The document.
        #[arg(long, value_name = "FILE", conflicts_with = "sql", required_unless_present = "sql")]
        json_file: Option<PathBuf>,
        /// The query, put to the manifest's first database.
        #[arg(long, value_name = "QUERY")]
        sql: Option<String>,
    },
    /// What changed between two manifests, and what operators will be asked again.
    Diff {
        /// The older one.
        old: PathBuf,
        /// The newer one.
        new: PathBuf,
    },
}
