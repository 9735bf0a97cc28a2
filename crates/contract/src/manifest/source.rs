//! Where answers come from. A source reads; only a field's kind decides what may leave.

use serde::{Deserialize, Serialize};

use crate::id::DatabaseId;
use crate::sql::Query;

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from", deny_unknown_fields)]
#[non_exhaustive]
pub enum Source {
    /// A fact that the agent itself knows how to read.
    System {
        /// Which one.
        fact: SystemFact,
    },
    /// What a program prints. Arguments are passed as they are; there is never a shell.
    Command {
        /// The program and its arguments.
        argv: Vec<String>,
        /// What is taken from its output.
        take: Take,
    },
    /// What a file holds.
    File {
        /// Its absolute path.
        path: String,
        /// How it is read.
        format: Format,
        /// What is taken from it.
        take: Take,
    },
    /// What a query finds in a database: one value, a column, or a column and a number for each of
    /// its values, as the field's kind needs.
    Sql {
        /// The query.
        query: Query,
        /// The database, which the manifest declares.
        database: DatabaseId,
    },
    /// What a program on this machine answers over HTTP.
    Http {
        /// Where, on a loopback address.
        url: String,
        /// What is taken from the answer.
        take: Take,
    },
    /// A value within each record of what another source gives.
    Record {
        /// Where the records are: JSON or TOML at a pointer, or the rows of a query.
        rows: Box<Source>,
        /// What is taken from each. A row of a query is a list: `/0` is its first column.
        value: Take,
    },
    /// What the program itself tells the agent, by the question's own name.
    Push {
        /// What is kept of many numbers.
        keeps: Keeps,
    },
}

/// What is kept of the numbers that a program pushes in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// Their sum.
    Sum,
    /// The largest.
    Largest,
    /// What was told last, until something else is told, however long that takes.
    Last,
}

impl Keeps {
    /// What is kept, for people: it completes "the program tells …".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Sum => "how often, added up over the last period",
            Self::Largest => "numbers, of which the largest of the last period counts",
            Self::Last => "it, and what it told last counts",
        }
    }
}

/// What is taken from text that a source read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Take {
    /// A regular expression (linear time, no look-around); its first group is the value, or the
    /// whole match when it has no group. It extracts; the field's kind admits.
    pub pattern: Option<String>,
    /// A JSON pointer (RFC 6901) into JSON or TOML, `section/key` into INI.
    pub pointer: Option<String>,
    /// One value, every value, or how many there are.
    pub amount: Amount,
    /// A number is multiplied by this: 1024 where the source counts KiB.
    pub times: u64,
}

/// How much is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amount {
    /// The first match.
    First,
    /// Every match, each counted.
    All,
    /// The number of matches; of lines that are not empty when there is no pattern.
    Number,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As text.
    Text,
    /// As JSON.
    Json,
    /// As TOML.
    Toml,
    /// As INI: `[section]`, `key = value`.
    Ini,
    /// As the variables of a `.env`: `NAME=value`, perhaps in quotes.
    Env,
}

/// What a system fact is, and thereby which kinds of field it can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// A word from a vocabulary.
    Word,
    /// A version.
    Version,
    /// A number of things.
    Things,
    /// A number of bytes.
    Bytes,
    /// A number of seconds.
    Seconds,
    /// Yes or no.
    YesNo,
    /// Several words.
    Words,
}

impl Gives {
    /// The kinds of field that it can answer, the most natural one first.
    pub fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Word => &["choice", "sample"],
            Self::Version => &["version", "choice", "sample"],
            Self::Things => &["count", "flag"],
            Self::Bytes => &["size"],
            Self::Seconds => &["duration"],
            Self::YesNo => &["flag"],
            Self::Words => &["set", "counts", "count", "flag"],
        }
    }
}

macro_rules! system_facts {
    ($($(#[$doc:meta])* $variant:ident = $name:literal gives $gives:ident;)*) => {
        /// A fact that the agent itself knows how to read.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum SystemFact {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        /// Every system fact with the name that a manifest uses.
        pub const SYSTEM_FACTS: &[(&str, SystemFact)] = &[$(($name, SystemFact::$variant),)*];

        impl SystemFact {
            /// What the fact is.
            pub fn gives(self) -> Gives {
                match self {
                    $(Self::$variant => Gives::$gives,)*
                }
            }
        }
    };
}

system_facts! {
    /// `ID` of os-release: "debian".
    OsId = "os.id" gives Word;
    /// `VERSION_ID` of os-release: "12".
    OsVersion = "os.version" gives Version;
    /// The kernel's release: "6.1.0-18-amd64".
    KernelVersion = "kernel.version" gives Version;
    /// The processor architecture: `x86_64`.
    Architecture = "architecture" gives Word;
    /// Logical processors that this process may use.
    CpuCount = "cpu.count" gives Things;
    /// Main memory, in bytes.
    MemoryBytes = "memory.bytes" gives Bytes;
    /// Swap space, in bytes.
    SwapBytes = "swap.bytes" gives Bytes;
    /// Seconds since the kernel started.
    UptimeSeconds = "uptime.seconds" gives Seconds;
    /// Size of the file system that holds `/`, in bytes.
    RootDiskBytes = "disk.root.bytes" gives Bytes;
    /// Share of that file system in use, in percent.
    RootDiskUsedPercent = "disk.root.used-percent" gives Things;
    /// Type of that file system: "ext4".
    RootDiskType = "disk.root.type" gives Word;
    /// Types of all mounted file systems on devices.
    DiskTypes = "disk.types" gives Words;
    /// What the machine runs in: "none", "kvm", "docker" and so on.
    Virtualization = "virtualization" gives Word;
    /// The first process's program: "systemd".
    InitSystem = "init" gives Word;
    /// Running processes.
    ProcessCount = "process.count" gives Things;
    /// Network interfaces apart from the loopback one.
    InterfaceCount = "network.interfaces" gives Things;
    /// Whether a global IPv6 address is set; the address itself is not read out.
    HasIpv6 = "network.ipv6" gives YesNo;
    /// The agent's own version.
    CandorVersion = "candor.version" gives Version;
}

impl SystemFact {
    /// The name that a manifest uses.
    pub fn name(self) -> &'static str {
        SYSTEM_FACTS.iter().find(|(_, fact)| *fact == self).map_or("", |(name, _)| name)
    }
}

impl Take {
    /// All of it, as it is.
    pub const WHOLE: Self = Self { pattern: None, pointer: None, amount: Amount::First, times: 1 };
}

impl Default for Take {
    fn default() -> Self {
        Self::WHOLE
    }
}

impl Source {
    /// What is read: of a value within records, the records.
    pub fn read(&self) -> &Self {
        match self {
            Self::Record { rows, .. } => rows,
            whole => whole,
        }
    }

    /// Where the answer comes from, for people.
    pub fn in_words(&self) -> String {
        match self {
            Self::System { fact } => format!("the system ({})", fact.name()),
            Self::Command { argv, .. } => format!("the command `{}`", argv.join(" ")),
            Self::File { path, .. } => format!("the file `{path}`"),
            Self::Sql { database, .. } => format!("the database `{database}`"),
            Self::Http { url, .. } => format!("the address `{url}`"),
            Self::Push { .. } => "the program itself".to_owned(),
            Self::Record { rows, .. } => rows.in_words(),
        }
    }
}
