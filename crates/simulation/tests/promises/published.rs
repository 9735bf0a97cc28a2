//! Promises about looking at the published numbers, with the real programs: what a running
//! collector published is found, and the packets on the way say nothing about who asks.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use simulation::larkspur::FIRST;

use crate::programs::built;

/// Stands between machines and collector, and keeps every byte that goes up, by connection.
struct Wire {
    address: SocketAddr,
    collector: Arc<Mutex<SocketAddr>>,
    up: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (collector, up) = (Arc::new(Mutex::new(address)), Arc::<Mutex<Vec<_>>>::default());
        let (to, kept) = (Arc::clone(&collector), Arc::clone(&up));
        // Ends with the test's process. One connection after the other, as the agent makes them.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let collector = *to.lock().unwrap();
                let sent = carry(stream.unwrap(), collector);
                kept.lock().unwrap().push(sent);
            }
        });
        Self { address, collector, up }
    }

    /// What went up since this was asked last.
    fn took(&self) -> Vec<String> {
        // The last connection may still be on its way into the list: another one comes after it.
        drop(TcpStream::connect(self.address).unwrap());
        loop {
            let mut up = self.up.lock().unwrap();
            if up.last().is_some_and(String::is_empty) {
                up.pop();
                return std::mem::take(&mut *up);
            }
            drop(up);
            std::thread::yield_now();
        }
    }
}

fn carry(mut down: TcpStream, collector: SocketAddr) -> String {
    let Ok(mut up) = TcpStream::connect(collector) else { return String::new() };
    let (mut answers, mut back) = (up.try_clone().unwrap(), down.try_clone().unwrap());
    let answered = std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Write);
    });
    let (mut sent, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = down.read(&mut bytes) {
        sent.extend_from_slice(&bytes[..count]);
        up.write_all(&bytes[..count]).unwrap();
    }
    let _ = up.shutdown(std::net::Shutdown::Write);
    answered.join().unwrap();
    String::from_utf8_lossy(&sent).into_owned()
}

/// A vendor with a running collector, and machines that reach it over the wire.
struct Vendor {
    folder: tempfile::TempDir,
    wire: Wire,
    server: Option<Child>,
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Vendor {
    fn new() -> Self {
        let vendor = Self { folder: tempfile::tempdir().unwrap(), wire: Wire::new(), server: None };
        let root = vendor.collects(&["keys", "root", "--out", &vendor.path("root.key")]);
        let root = root.split_whitespace().find(|word| word.starts_with("ed25519:")).unwrap();
        let root = root.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let pinned = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let manifest = FIRST
            .replace(pinned, root)
            .replace("https://stats.larkspur.example", &format!("http://{}", vendor.wire.address))
            .replace("publication = { epsilon_release = 4.0, epsilon_year = 1460.0 }", EXACT);
        assert!(manifest.contains(EXACT));
        std::fs::write(vendor.path("manifest.toml"), manifest).unwrap();
        let issue = ["keys", "issue", "--root", &vendor.path("root.key"), "--program", "larkspur"];
        vendor.collects(&issue);
        vendor.collects(&[&issue[..], &["--purpose", "release"]].concat());
        vendor
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &PathBuf) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").current_dir(self.folder.path());
        command
    }

    fn collects(&self, arguments: &[&str]) -> String {
        let mut command = self.command(&built("candor-collector"));
        said(command.args(["--data", "data"]).args(arguments))
    }

    fn serve(&mut self) {
        let mut server = self.command(&built("candor-collector"));
        server.args(["--data", "data", "serve", "--listen", "127.0.0.1:0"]);
        server.args(["--manifest", "manifest.toml"]).stdout(Stdio::piped());
        let mut server = server.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().rsplit_once("://").unwrap();
        *self.wire.collector.lock().unwrap() = address.parse().unwrap();
        self.server = Some(server);
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    /// A command on one machine.
    fn on(&self, machine: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(&built("candor-agent"));
        command.args(["--manifest", "manifest.toml", "--state", machine]).args(arguments);
        command
    }

    /// Four machines send one day's report, and the week is published on the Wednesday after it.
    fn published() -> Self {
        let mut vendor = Self::new();
        vendor.serve();
        for number in 0..4 {
            let machine = format!("machine-{number}");
            said(&mut vendor.on(&machine, &["agree", "usage", "--tier", "basic"]));
            said(&mut vendor.on(&machine, &["send", "usage"]));
        }
        vendor.stop();
        let today = agent::ports::day_of(jiff::Timestamp::now());
        let monday = contract::calendar::monday_of(today);
        let wednesday = contract::calendar::add_days(monday, 9).to_string();
        let published = vendor.collects(&["publish", "--today", &wednesday]);
        vendor.serve();
        // The server listens before its pages are made.
        let is_there = || {
            let collector = *vendor.wire.collector.lock().unwrap();
            let mut stream = TcpStream::connect(collector).unwrap();
            let path = "/larkspur/usage/releases/release-1.json";
            write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer.starts_with("HTTP/1.1 200")
        };
        assert!((0..10_000).any(|_| is_there()), "{published}");
        vendor.wire.took();
        vendor
    }
}

const EXACT: &str = "publication = \"exact\"";

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_running_collectors_numbers_are_found_and_the_packets_are_the_same_whoever_asks() {
    let vendor = Vendor::published();
    let mut wires = Vec::new();
    let decisions: [(&str, &[&str]); 3] = [
        ("new", &["status"]),
        ("yes", &["agree", "usage", "--tier", "full"]),
        ("no", &["decline", "usage"]),
    ];
    for (machine, decision) in decisions {
        said(&mut vendor.on(machine, decision));
        let text = said(&mut vendor.on(machine, &["compare", "usage"]));
        // Four are too few for any of their answers to be shown: the release says so.
        assert!(text.contains("release 1 of") && text.contains("signed and verified"), "{text}");
        assert!(text.contains("Which operating system is this?"), "{text}");
        assert!(text.contains("too few answered"), "{text}");
        wires.push(vendor.wire.took());
    }
    assert!(wires.windows(2).all(|pair| pair[0] == pair[1]), "{wires:?}");
    let path = "/larkspur/usage/releases/release-";
    for asked in &wires[0] {
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "", "a question has no body");
        assert!(head.starts_with(&format!("GET {path}")), "{head}");
        for line in head.lines().skip(1) {
            let (name, value) = line.split_once(": ").unwrap();
            let known = match name.to_lowercase().as_str() {
                "host" => value == vendor.wire.address.to_string(),
                "user-agent" => value == "candor",
                "accept" | "accept-encoding" => true,
                _ => false,
            };
            assert!(known, "{line}");
        }
    }
    // Whether there is a second release, and the first one with its signature.
    assert!((4..=6).contains(&wires[0].len()), "{:?}", wires[0]);
    assert!(wires[0].iter().any(|asked| asked.starts_with(&format!("GET {path}1.json.sig "))));
}

#[test]
fn comparing_opens_no_connection_but_to_the_collector() {
    let vendor = Vendor::published();
    let trace = vendor.path("trace");
    let mut strace = vendor.command(&PathBuf::from("strace"));
    strace.args(["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", &trace]);
    strace.arg(built("candor-agent"));
    strace.args(["--manifest", "manifest.toml", "--state", "new", "compare", "usage"]);
    let Ok(output) = strace.output() else {
        println!("skipped: there is no strace on this machine");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = std::fs::read_to_string(trace).unwrap();
    let port = format!("htons({})", vendor.wire.address.port());
    let internet: Vec<_> = trace.lines().filter(|line| line.contains("AF_INET")).collect();
    assert!(!internet.is_empty(), "{trace}");
    assert!(internet.iter().all(|line| line.contains(&port)), "{internet:#?}");
}
