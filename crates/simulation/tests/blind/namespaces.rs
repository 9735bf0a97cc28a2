//! Three machines with networks of their own: the agent's, the relay's and the collector's, and a
//! recorder of packets on each side of the relay.

use std::io::{BufRead as _, BufReader};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::chain::{files, unhex};
use crate::collector::Collector;
use crate::machine::{agent, with_relays};
use crate::program::{Relay, remembers};

const AGENT: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 2);
const RELAY_OUTSIDE: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 1);
const RELAY_INSIDE: Ipv4Addr = Ipv4Addr::new(10, 77, 2, 1);
const COLLECTOR: Ipv4Addr = Ipv4Addr::new(10, 77, 2, 2);

/// Writes every frame of every device of its namespace into a file, each after its length.
const RECORDER: &str = r"
import socket, sys
every = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
with open(sys.argv[1], 'wb', 0) as file:
    print('recording', flush=True)
    while True:
        frame = every.recv(65535)
        file.write(len(frame).to_bytes(4, 'big') + frame)
";

/// Namespaces that go away with this.
struct Networks {
    name: String,
}

fn ip(arguments: &str) -> bool {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    output.is_ok_and(|output| output.status.success())
}

impl Networks {
    /// `None` where this machine does not permit them.
    fn lay() -> Option<Self> {
        let networks = Self { name: format!("cb{}", std::process::id()) };
        let [a, r, c] = ["a", "r", "c"].map(|place| networks.of(place));
        let laid = [&a, &r, &c].iter().all(|place| ip(&format!("netns add {place}")))
            && ip(&format!("link add ve0 netns {a} type veth peer name ve1 netns {r}"))
            && ip(&format!("link add ve0 netns {c} type veth peer name ve2 netns {r}"));
        let mut up = laid;
        for (place, device, address) in [
            (&a, "ve0", AGENT),
            (&r, "ve1", RELAY_OUTSIDE),
            (&r, "ve2", RELAY_INSIDE),
            (&c, "ve0", COLLECTOR),
        ] {
            up = up
                && ip(&format!("-n {place} addr add {address}/24 dev {device}"))
                && ip(&format!("-n {place} link set {device} up"))
                && ip(&format!("-n {place} link set lo up"));
        }
        up.then_some(networks)
    }

    fn of(&self, place: &str) -> String {
        format!("{}{place}", self.name)
    }

    fn command(&self, place: &str, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.of(place)]).arg(program);
        command
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for place in ["a", "r", "c"] {
            ip(&format!("netns del {}", self.of(place)));
        }
    }
}

struct Recorder {
    process: Child,
    file: PathBuf,
}

impl Recorder {
    fn start(networks: &Networks, place: &str, file: PathBuf) -> Option<Self> {
        let mut command = networks.command(place, "python3".as_ref());
        command.args(["-c", RECORDER]).arg(&file).stdout(Stdio::piped());
        let mut process = command.spawn().ok()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take()?).read_line(&mut line).ok()?;
        (line == "recording\n").then_some(Self { process, file })
    }

    /// Every frame, and of those of IPv4 from where and to where.
    fn end(mut self) -> (Vec<u8>, Vec<(Ipv4Addr, Ipv4Addr)>) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let all = std::fs::read(&self.file).unwrap();
        let (mut rest, mut ways) = (all.as_slice(), Vec::new());
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
            let Some((frame, after)) = after.split_at_checked(length) else { break };
            let at = |place: usize| <[u8; 4]>::try_from(&frame[place..place + 4]).unwrap().into();
            if frame.len() >= 34 && frame[12..14] == [8, 0] {
                ways.push((at(26), at(30)));
            }
            rest = after;
        }
        (all, ways)
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn certify(certificate: &str, key: &str) -> bool {
    let names = format!("subjectAltName=IP:{RELAY_OUTSIDE},IP:{COLLECTOR}");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=candor", "-addext", &names])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", key, "-out", certificate])
        .output();
    made.is_ok_and(|made| made.status.success())
}

#[test]
fn with_networks_of_their_own_relay_and_collector_each_see_their_half() {
    let Some(networks) = Networks::lay() else {
        println!("skipped: this machine permits no network namespaces");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let shown = |name: &str| path(name).display().to_string();
    let (certificate, key) = (shown("certificate.pem"), shown("key.pem"));
    let is_certified = certify(&certificate, &key);
    let outside = Recorder::start(&networks, "a", path("outside"));
    let inside = Recorder::start(&networks, "c", path("inside"));
    let (Some(outside), Some(inside)) = (outside, inside) else {
        println!("skipped: there is no python3 that may record packets");
        return;
    };
    if !is_certified {
        println!("skipped: openssl is not installed, and a certificate is needed");
        return;
    }
    let tls = ["--tls-cert", certificate.as_str(), "--tls-key", key.as_str()];
    let listen = format!("{COLLECTOR}:0");
    let in_c = |program: &Path| networks.command("c", program);
    let collector = Collector::start_as(in_c, &[&["--listen", &listen], &tls[..]].concat());
    let listen = format!("{RELAY_OUTSIDE}:0");
    let gateway = format!("https://{}", collector.address);
    let in_r = |program: &Path| networks.command("r", program);
    let options = ["--listen", &listen, "--gateway", &gateway, "--ca", &certificate];
    let relay = Relay::start_as(in_r, &[&options[..], &tls[..]].concat());

    let place = format!("https://{}", collector.address);
    let relays = [format!("https://{}", relay.address)];
    std::fs::write(path("m.toml"), with_relays(&collector.manifest(), &place, &relays)).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = networks.command("a", agent());
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").args(arguments);
        command.args(["--ca", &certificate, "--manifest", &shown("m.toml")]);
        command.args(["--state", &shown("state")]).output().unwrap()
    };
    assert!(run(&["agree", "usage", "--tier", "basic"]).status.success());
    // The relay may still be fetching the keys.
    let sent = (0..100).map(|_| run(&["send", "usage"])).find(|sent| sent.status.success());
    assert!(sent.is_some(), "{}", String::from_utf8_lossy(&run(&["send", "usage"]).stderr));
    let preview = String::from_utf8(run(&["preview", "usage"]).stdout).unwrap();
    let tags: Vec<_> = preview
        .lines()
        .map(|line| line.split("\"tag\":\"").nth(1).unwrap()[..32].to_owned())
        .collect();
    assert_eq!(tags.len(), 2);

    remember_their_half(&collector, &relay, &tags);
    let (_, said) = relay.end();
    write_their_half(&collector, &said, &tags);
    see_their_half(outside, inside, &tags);
}

/// Memory, while both run.
fn remember_their_half(collector: &Collector, relay: &Relay, tags: &[String]) {
    assert!(!remembers(collector.id(), AGENT.to_string().as_bytes()), "the address");
    for tag in tags {
        assert!(!relay.remembers(tag.as_bytes()) && !relay.remembers(&unhex(tag)));
    }
}

/// What either writes.
fn write_their_half(collector: &Collector, said: &str, tags: &[String]) {
    let address = AGENT.to_string();
    let mut found = false;
    for file in files(collector.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!contains(&bytes, address.as_bytes()), "{}", file.display());
        found |= tags.iter().any(|tag| contains(&bytes, &unhex(tag)));
    }
    assert!(found, "the search finds what is there");
    assert!(!said.contains(&address) && tags.iter().all(|tag| !said.contains(tag)));
}

/// The lines on either side.
fn see_their_half(outside: Recorder, inside: Recorder, tags: &[String]) {
    let (frames, ways) = outside.end();
    assert!(!ways.is_empty());
    assert!(ways.iter().all(|(from, to)| *from != COLLECTOR && *to != COLLECTOR));
    assert!(tags.iter().all(|tag| !contains(&frames, tag.as_bytes())));
    let (frames, ways) = inside.end();
    assert!(!ways.is_empty());
    assert!(ways.iter().all(|(from, to)| *from != AGENT && *to != AGENT));
    assert!(!contains(&frames, AGENT.to_string().as_bytes()));
    assert!(ways.iter().all(|way| [way.0, way.1].contains(&RELAY_INSIDE)));
}
