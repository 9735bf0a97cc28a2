//! What the collector's guide has people do by hand: issuing a key anew, and a proxy before it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use collector::edge::keys;
use contract::calendar::add_days;
use contract::id::ProgramId;
use disk::OsDisk;
use envelope::KeyPurpose;
use jiff::civil::Date;

use crate::client::{self, Answer, read_answer};
use crate::fixture::{Server, Vendor, files_with, key};

const GUIDE: &str = include_str!("../../../../docs/guide/collector.md");
const JSON: &str = "content-type: application/json";
/// No other test sends from there.
const MARKED: Ipv4Addr = Ipv4Addr::new(127, 91, 203, 117);

/// The keys of a folder as `keys list` shows them: purpose, last day, state.
fn listed(data: &Path) -> Vec<(String, Date, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor-collector"));
    command.env_clear().arg("--json").arg("--data").arg(data).args(["keys", "list"]);
    let listed: serde_json::Value =
        serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let one = |key: &serde_json::Value| {
        let certificate = &key["certificate"];
        let last = text(&certificate["last_day"]).parse().unwrap();
        (text(&certificate["purpose"]), last, text(&key["state"]))
    };
    listed.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn a_key_is_issued_anew_as_the_guide_says() {
    let vendor = Vendor::without_keys();
    let staging = vendor.path("staging");
    // On the machine that has the root.
    let mut issue = Command::new(env!("CARGO_BIN_EXE_candor-collector"));
    issue.env_clear().arg("--data").arg(&staging).args(["keys", "issue", "--root"]);
    issue.arg(vendor.path("root.key")).args(["--program", "larkspur", "--purpose", "receipt"]);
    assert!(issue.output().unwrap().status.success());
    // A quarter from that day on, which is the day on which this runs.
    let last_day = listed(&staging)[0].1;
    let today = add_days(last_day, -89);
    // The old key ends in two weeks.
    let disk = OsDisk::open(&vendor.data()).unwrap();
    let root = keys::read_root(&vendor.path("root.key")).unwrap();
    let program = ProgramId::parse("larkspur").unwrap();
    let old = (add_days(today, -76), 90);
    let (old, _) = keys::issue(&disk, &root, (&program, KeyPurpose::Receipt), old).unwrap();
    let server = vendor.serve_on(today, &[]);
    let part = |number| vendor.part(&key(number), &today.to_string(), "debian");
    let signed_until = |answer: &Answer, part: &[u8]| vendor.receipt(answer, part).key.last_day;
    let first = server.post(&part(1));
    assert_eq!(signed_until(&first, &part(1)), add_days(today, 13));
    // Copied to the same place, and read again.
    let folder = staging.join("keys/larkspur");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let to = vendor.data().join("keys/larkspur").join(&name);
        std::fs::copy(folder.join(&name), to).unwrap();
    }
    server.signal("HUP");
    // The signal is handled soon; until then the old key signs.
    let mut answers = (2..10_000).map(|number| (server.post(&part(number)), part(number)));
    assert!(answers.any(|(answer, part)| signed_until(&answer, &part) == last_day));
    let both = listed(&vendor.data());
    let valid = |days: i32| ("receipt".to_owned(), add_days(today, days), "valid".to_owned());
    assert!(both.len() == 2 && both.contains(&valid(13)) && both.contains(&valid(89)), "{both:?}");
    // The old file goes; the receipt that it signed is still given, and good.
    std::fs::remove_file(vendor.data().join(old)).unwrap();
    server.signal("HUP");
    let again = server.post(&part(1));
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(signed_until(&again, &part(1)), add_days(today, 13));
}

/// A proxy as the guide has it, changed by `change`; `None` where nginx is not installed.
struct Proxy {
    child: Child,
    address: SocketAddr,
}

impl Proxy {
    fn start(vendor: &Vendor, server: &Server, change: impl Fn(String) -> String) -> Option<Self> {
        vendor.write("chain.pem", include_str!("localhost.crt"));
        vendor.write("key.pem", include_str!("localhost.key"));
        let block = GUIDE.split("```nginx\n").nth(1).unwrap().split("```").next().unwrap();
        let folder = vendor.folder.path().display();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let block = change(block.to_owned())
            .replace("443", &free.to_string())
            .replace("chain.pem", &format!("{folder}/chain.pem"))
            .replace("key.pem", &format!("{folder}/key.pem"))
            .replace("127.0.0.1:8710", &server.address.to_string());
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|of| format!("{of}_temp_path {folder}/{of};"))
            .concat();
        vendor.write(
            "nginx.conf",
            &format!(
                "daemon off; master_process off; pid {folder}/nginx.pid;\n\
                 error_log {folder}/main.log debug;\nevents {{}}\n\
                 http {{ access_log {folder}/access.log; {folders}\n{block}\n}}\n"
            ),
        );
        let start = |program: &str| {
            let mut nginx = Command::new(program);
            nginx.arg("-e").arg(vendor.path("early.log")).arg("-c").arg(vendor.path("nginx.conf"));
            nginx.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        };
        let mut child = start("nginx").or_else(|| start("/usr/sbin/nginx"))?;
        // It listens, or it has ended and says why.
        while TcpStream::connect(free).is_err() {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "nginx did not start: {}", vendor.path("main.log").display());
        }
        Some(Self { child, address: free })
    }

    /// Sends bytes over TLS from the marked address.
    fn send(&self, vendor: &Vendor, bytes: &[u8]) -> Option<Answer> {
        let stream = client::connect_from(MARKED, self.address);
        let mut stream = client::secured(stream, &vendor.path("chain.pem"));
        stream.write_all(bytes).unwrap();
        read_answer(&mut stream)
    }
}

impl Proxy {
    /// Ends it when it has written what it writes.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", "QUIT", &pid]).status().unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_proxy_of_the_guide_hands_everything_on_and_writes_no_address() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let post = client::request("POST", "/v1/larkspur/usage", &[JSON], &part);
    let address = MARKED.to_string();
    {
        let Some(proxy) = Proxy::start(&vendor, &server, |block| block) else {
            println!("skipped: nginx is not installed");
            return;
        };
        let answer = proxy.send(&vendor, &post).unwrap();
        assert_eq!(answer.status, 201);
        vendor.receipt(&answer, &part);
        let proof = format!("candor-key: {}", key(1).to_hex());
        let held = client::request("GET", "/v1/larkspur/usage/held", &[&proof], b"");
        assert!(proxy.send(&vendor, &held).unwrap().text().contains("debian"));
        // What proxies like to write about: a body that is too large, a head that is none.
        let large = client::request("POST", "/v1/larkspur/usage", &[JSON], &b" ".repeat(17_000));
        assert_eq!(proxy.send(&vendor, &large).map(|answer| answer.status), Some(413));
        // Exact counts are for the monitor alone, which does not come this way.
        let metrics = client::request("GET", "/metrics", &[], b"");
        assert_eq!(proxy.send(&vendor, &metrics).map(|answer| answer.status), Some(404));
        proxy.send(&vendor, b"nonsense\r\n\r\n");
        client::connect_from(MARKED, proxy.address).write_all(&post).unwrap();
        proxy.stop();
    }
    assert!(!server.get("/metrics").text().contains(&address));
    for marked in [address.as_bytes(), &MARKED.octets()] {
        let found = files_with(vendor.folder.path(), marked);
        assert!(found.is_empty(), "{found:?}");
    }
    // With its logs on it writes them, and the search finds them.
    let logs = |block: String| block.replace("access_log off;", "");
    let proxy = Proxy::start(&vendor, &server, logs).unwrap();
    assert_eq!(proxy.send(&vendor, &post).unwrap().status, 200);
    proxy.stop();
    assert!(!files_with(vendor.folder.path(), address.as_bytes()).is_empty());
    let log = server.stop();
    assert!(!log.contains(&address), "{log}");
}
