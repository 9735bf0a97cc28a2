//! The rules that a source keeps: nothing that tells which machine this is, nothing that runs or
//! reaches something else, and nothing that its field's kind could not use.

use super::reader::Node;
use super::source::{Amount, Format, Keeps, Source, Take};
use crate::kind::Kind;

/// Files and programs that tell which machine this is. Whatever is made of them, hashed or not,
/// stays an identifier: 2^32 host ids are hashed in minutes.
const IDENTIFYING: &[&str] = &[
    "machine-id",
    "hostid",
    "hostname",
    "product_uuid",
    "product_serial",
    "board_serial",
    "chassis_serial",
    "boot_id",
    "random/uuid",
    "dmidecode",
    "lshw",
    "blkid",
    "uuidgen",
    "/sys/class/net/",
    "/proc/net/arp",
    "/proc/cmdline",
    "/proc/self/environ",
    "ssh_host_",
    "/etc/shadow",
    "/etc/passwd",
    "/etc/hosts",
    "whoami",
    "printenv",
];

/// Programs that would interpret their arguments: a manifest says what runs, word for word.
const SHELLS: &[&str] = &[
    "sh", "bash", "dash", "zsh", "ksh", "fish", "env", "xargs", "eval", "busybox", "sudo", "su",
    "doas", "nohup", "timeout", "nice", "chroot", "nsenter", "unshare", "awk", "gawk", "mawk",
];

/// Programs whose purpose is to reach a network: only the sender's gate leads out.
const NETWORK: &[&str] = &[
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "telnet",
    "ssh",
    "scp",
    "sftp",
    "rsync",
    "ftp",
    "ping",
    "dig",
    "host",
    "nslookup",
    "traceroute",
];

/// Notes what is wrong with a source, whatever its field asks. What is only removed from samples
/// is there to identify.
pub(super) fn source(node: &Node<'_, '_>, source: &Source, only_removed: bool) {
    let words: Vec<&str> = match source {
        // The rules of a query stand where it is parsed.
        Source::System { .. } | Source::Sql { .. } | Source::Record { .. } => return,
        Source::Push { .. } => {
            if only_removed {
                let fix = "name a query, a file or a command: only numbers and words are pushed";
                node.note("push", "values that identify are pushed", fix);
            }
            return;
        }
        Source::Http { url, take } => {
            http(node, url);
            one_way(node, take);
            vec![url]
        }
        Source::Command { argv, take } => {
            command(node, argv);
            one_way(node, take);
            argv.iter().map(String::as_str).collect()
        }
        Source::File { path, format, take } => {
            let odd = !path.starts_with('/') || path.split('/').any(|piece| piece == "..");
            if odd {
                node.note("file", "the path is not absolute", "write it from / on, without `..`");
            }
            if path.contains(['*', '?', '[']) {
                node.note("file", "the path has a wildcard", "name one file");
            }
            file(node, *format, take);
            vec![path]
        }
    };
    let named = IDENTIFYING.iter().filter(|_| !only_removed);
    for name in named.filter(|name| words.iter().any(|word| word.contains(*name))) {
        let what = format!("the source reads `{name}`, which tells which machine this is");
        let fix = "ask something else: nothing is derived from what identifies a machine";
        node.note("", what, fix);
    }
}

fn command(node: &Node<'_, '_>, argv: &[String]) {
    let program = argv.first().map_or("", String::as_str);
    let name = program.rsplit('/').next().unwrap_or(program);
    if program.contains('/') && !program.starts_with('/') {
        let fix = "write its name alone, or its path from / on";
        node.note("command", format!("`{program}` depends on the folder it is started in"), fix);
    }
    if program.contains(' ') {
        let fix = "write each argument as a text of its own: there is never a shell between";
        node.note("command", format!("`{program}` has a space"), fix);
    }
    if SHELLS.contains(&name) {
        let fix = "name the program and its arguments: there is never a shell between";
        node.note("command", format!("`{program}` runs other programs"), fix);
    }
    let interprets = ["python", "perl", "ruby", "php", "node", "lua"]
        .iter()
        .any(|language| name.starts_with(language));
    if interprets && argv.iter().any(|word| matches!(word.as_str(), "-c" | "-e" | "-r")) {
        let fix = "an operator must be able to read what runs: use a program's own output";
        node.note("command", format!("`{program}` runs a program from its arguments"), fix);
    }
    if NETWORK.contains(&name) {
        let fix = "read something local: no packet leaves but through the gate";
        node.note("command", format!("`{program}` reaches the network"), fix);
    }
    let names_host = |word: &str| {
        let short = word.starts_with('-') && !word.starts_with("--");
        (short && word.contains(['a', 'n'])) || matches!(word, "--all" | "--nodename")
    };
    if name == "uname" && argv.iter().skip(1).any(|word| names_host(word)) {
        let fix = "use `uname -r` for the kernel, or `{ system = \"kernel.version\" }`";
        node.note("command", "the command prints the host's name", fix);
    }
}

/// Only this machine is asked, by number: a name could lead anywhere.
fn http(node: &Node<'_, '_>, url: &str) {
    let fix = "write it as in `http://127.0.0.1:8080/status`: only this machine is asked, by its \
               number, and nothing secret stands in a manifest";
    let rest = url.strip_prefix("http://");
    let (authority, path) = rest.map_or(("", ""), |rest| match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    });
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(port) => ("::1", port.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let loopback = host.parse::<core::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if !loopback || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        node.note("http", format!("`{url}` is no address of this machine"), fix);
    }
    if !path.chars().all(|c| c.is_ascii_graphic()) || path.contains(['#', '\\']) {
        node.note("http", "the address has a character that no address has", fix);
    }
    let lower = path.to_ascii_lowercase();
    let secrets = ["token=", "key=", "password=", "passwd=", "secret="];
    if secrets.iter().any(|secret| lower.contains(secret)) {
        node.note("http", "the address has a secret in it", fix);
    }
}

/// Notes when it is not said what of a record a column is.
pub(super) fn column(node: &Node<'_, '_>, value: &Take) {
    if value.pointer.is_none() {
        let fix = "add `pointer`, as in `\"/type\"`; the first column of a query is `\"/0\"`";
        node.missing("pointer", fix);
    }
    pointer(node, value.pointer.as_deref());
}

fn one_way(node: &Node<'_, '_>, take: &Take) {
    if take.pattern.is_some() && take.pointer.is_some() {
        let fix = "read JSON with `pointer`, text with `pattern`";
        node.note("pointer", "the source has both a pattern and a pointer", fix);
    }
    pointer(node, take.pointer.as_deref());
}

fn file(node: &Node<'_, '_>, format: Format, take: &Take) {
    match format {
        Format::Text if take.pointer.is_some() => {
            let fix = "add `format = \"json\"`, \"toml\" or \"ini\"; text is read with `pattern`";
            node.note("pointer", "text has no pointer", fix);
        }
        Format::Text => {}
        _ if take.pattern.is_some() => {
            let fix = "use `pointer` here, or read the file as text";
            node.note("pattern", "only text is read with a pattern", fix);
        }
        _ if take.pointer.is_none() => {
            let fix = "add `pointer`, as in `\"/server/port\"` (in INI `\"section/key\"`)";
            node.missing("pointer", fix);
        }
        Format::Ini | Format::Env => {}
        Format::Json | Format::Toml => pointer(node, take.pointer.as_deref()),
    }
}

fn pointer(node: &Node<'_, '_>, pointer: Option<&str>) {
    if pointer.is_some_and(|pointer| !pointer.starts_with('/')) {
        let fix = "write it with `/` before each step, as in `\"/server/port\"` (RFC 6901)";
        node.note("pointer", "this is no JSON pointer", fix);
    }
}

/// Notes when what a source gives is nothing that the field's kind could use.
pub(super) fn fits(node: &Node<'_, '_>, kind: &Kind, source: &Source) {
    let take = match source {
        Source::System { fact } => {
            let kinds = fact.gives().kinds();
            if !kinds.contains(&kind.name()) {
                let what = format!("`{}` gives no answer to a `{}`", fact.name(), kind.name());
                let known: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
                node.note("source", what, format!("write the kind {}", known.join(" or ")));
            }
            return;
        }
        // Every kind reads its own shape of result.
        Source::Sql { .. } => return,
        Source::Push { keeps } => return pushed(node, kind, *keeps),
        Source::Command { take, .. }
        | Source::File { take, .. }
        | Source::Http { take, .. }
        | Source::Record { value: take, .. } => take,
    };
    let numeric = matches!(kind, Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. });
    if take.times != 1 && !numeric {
        let fix = "`times` belongs to count, size and duration";
        node.note("source", format!("a `{}` is multiplied", kind.name()), fix);
    }
    let several = matches!(kind, Kind::Set { .. } | Kind::Counts { .. } | Kind::Flow { .. });
    let counted = matches!(kind, Kind::Count { .. } | Kind::Flag);
    let listed = several || counted || matches!(kind, Kind::Sample { .. });
    match take.amount {
        // What a pointer leads to may be a list by itself.
        Amount::First if several && take.pointer.is_none() => {
            let fix = "add `take = \"all\"` to the source: otherwise only the first match is seen";
            node.note("source", format!("a `{}` is read from one match", kind.name()), fix);
        }
        Amount::All if !listed => {
            let what = format!("a `{}` is read from all matches", kind.name());
            node.note("source", what, "leave `take` out: one answer comes from the first match");
        }
        Amount::Number if !counted => {
            let what = format!("a `{}` is read as a number of matches", kind.name());
            node.note("source", what, "leave `take` out, or ask for a `count`");
        }
        Amount::First | Amount::All | Amount::Number => {}
    }
}

/// Notes when pushed numbers do not add up to what the kind needs.
fn pushed(node: &Node<'_, '_>, kind: &Kind, keeps: Keeps) {
    let known: &[(Keeps, &str)] = match kind {
        Kind::Flag => &[(Keeps::Sum, "sum"), (Keeps::Last, "last")],
        Kind::Choice { .. } | Kind::Version { .. } => &[(Keeps::Last, "last")],
        Kind::Count { .. } | Kind::Size { .. } | Kind::Duration { .. } => {
            &[(Keeps::Sum, "sum"), (Keeps::Largest, "largest"), (Keeps::Last, "last")]
        }
        Kind::Set { .. } | Kind::Counts { .. } | Kind::Flow { .. } => &[(Keeps::Sum, "sum")],
        Kind::Sample { .. } => {
            let fix = "name a query, a file or a command: only numbers and words of a list are \
                       pushed";
            return node.note("source", "a sample is pushed", fix);
        }
    };
    if !known.iter().any(|(fits, _)| *fits == keeps) {
        let what = format!("a `{}` cannot be made of this of what is pushed", kind.name());
        let words: Vec<_> = known.iter().map(|(_, word)| format!("`push = \"{word}\"`")).collect();
        node.note("source", what, format!("write {}", words.join(" or ")));
    }
}
