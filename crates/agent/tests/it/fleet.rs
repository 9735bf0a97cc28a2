//! A fleet's policy over real HTTPS: made and signed with the program's own commands, fetched by
//! machines that believe the fleet's certificate and the fleet's key, and nobody else's.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use crate::machine::{Machine, SaidNo as _};

/// The host of a fleet's policy.
struct Host {
    url: String,
    served: Arc<Mutex<(u16, Vec<u8>)>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn new() -> Self {
        let config = crate::proxies::certified_by_itself();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("https://localhost:{port}/candor/policy.toml");
        let (served, asked) = (Arc::new(Mutex::new((404, Vec::new()))), Arc::default());
        let host = Self { url, served: Arc::clone(&served), asked: Arc::clone(&asked) };
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut tls_side = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut tls = rustls::Stream::new(&mut tls_side, &mut stream);
                let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
                while !request.ends_with(b"\r\n\r\n") {
                    match tls.read(&mut bytes) {
                        Ok(count @ 1..) => request.extend_from_slice(&bytes[..count]),
                        _ => break,
                    }
                }
                if request.is_empty() {
                    continue;
                }
                asked.lock().unwrap().push(String::from_utf8(request).unwrap());
                let (status, body) = served.lock().unwrap().clone();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = tls.write_all(head.as_bytes()).and_then(|()| tls.write_all(&body));
                tls_side.send_close_notify();
                let _ = rustls::Stream::new(&mut tls_side, &mut stream).flush();
            }
        });
        host
    }

    fn serve(&self, status: u16, body: &str) {
        *self.served.lock().unwrap() = (status, body.as_bytes().to_vec());
    }
}

/// A machine whose configuration file names the host, its certificate and the fleet's key, and the
/// folder of whoever keeps the policy.
fn managed(host: &Host) -> Machine {
    let machine = Machine::agreed("https://127.0.0.1:1");
    let key = machine.path("fleet.key").display().to_string();
    let public = machine.prints(&["policy", "key", &key]);
    std::fs::write(machine.path("ca.pem"), include_bytes!("localhost.crt")).unwrap();
    let ca = machine.path("ca.pem").display().to_string();
    let (url, public) = (&host.url, public.trim());
    let text = format!("ca = \"{ca}\"\npolicy_url = \"{url}\"\npolicy_key = \"{public}\"\n");
    std::fs::write(machine.path("agent.toml"), text).unwrap();
    machine
}

impl Machine {
    /// With the configuration file.
    fn with_config(&self, arguments: &[&str]) -> std::process::Output {
        let config = self.path("agent.toml").display().to_string();
        self.run(&[arguments, &["--config", &config]].concat())
    }

    fn why(&self) -> String {
        String::from_utf8(self.with_config(&["why", "usage"]).stdout).unwrap()
    }

    /// A policy, signed as its keepers sign it.
    fn signed(&self, text: &str) -> String {
        std::fs::write(self.path("policy.toml"), text).unwrap();
        let (policy, key) = (self.path("policy.toml"), self.path("fleet.key"));
        let (policy, key) = (policy.to_str().unwrap(), key.to_str().unwrap());
        self.prints(&["policy", "sign", policy, "--key", key])
    }
}

fn policy(number: u64, rest: &str) -> String {
    format!(
        "policy = 1\ntitle = \"The grid\"\nnumber = {number}\nexpires = \"2099-01-01T00:00:00Z\"\n\
         {rest}\n"
    )
}

const PERMIT: &str = "[program.larkspur.channel]\nusage = { permit = \"basic\" }";

#[test]
fn a_signed_policy_is_fetched_over_https_and_decides() {
    let host = Host::new();
    let machine = managed(&host);
    host.serve(200, &machine.signed(&policy(1, PERMIT)));
    let shown = machine.with_config(&["policy", "sync"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(
        shown.contains("“The grid”") && shown.contains("number 1, fetched from localhost"),
        "{shown}"
    );
    assert!(machine.why().contains("usage is on, at “basic”"), "{}", machine.why());
    // Nothing about this machine is in the question.
    let asked = host.asked.lock().unwrap().clone();
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    let names: Vec<_> = asked
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .filter_map(|line| line.split(':').next())
        .collect();
    assert!(asked.starts_with("GET /candor/policy.toml HTTP/1.1\r\n"), "{asked}");
    assert!(
        names.iter().all(|name| ["accept", "host", "user-agent", "accept-encoding"]
            .contains(&name.to_lowercase().as_str())),
        "{asked}"
    );

    host.serve(200, &machine.signed(&policy(2, "others = \"forbid\"")));
    machine.with_config(&["policy", "sync"]);
    assert!(machine.why().contains("the fleet's policy, “The grid”"));
    // Somebody brings back the older one, which permitted more.
    host.serve(200, &machine.signed(&policy(1, PERMIT)));
    let refused = machine.with_config(&["policy", "sync"]).said_no();
    assert!(refused.contains("number 1 was offered, and 2 is in force already"), "{refused}");
    assert!(machine.why().contains("usage is off"));
}

#[test]
fn what_cannot_be_fetched_or_proven_permits_nothing() {
    let host = Host::new();
    let machine = managed(&host);
    let good = machine.signed(&policy(1, PERMIT));
    let cases = [
        (404, "none here".to_owned(), "the host answered 404"),
        (200, "<html>Welcome! Log in.</html>\n".to_owned(), "the line of a signature"),
        (200, good.replace("basic", "full"), "not that of the fleet's key"),
        (200, "#".repeat(1 << 20), "localhost"),
    ];
    for (status, body, said) in cases {
        host.serve(status, &body);
        let refused = machine.with_config(&["policy", "sync"]).said_no();
        assert!(refused.contains(said) && refused.contains("so nothing is sent"), "{refused}");
        assert!(machine.why().contains("usage is off"), "{}", machine.why());
    }
    // A host with a certificate that nobody here believes.
    let config = std::fs::read_to_string(machine.path("agent.toml")).unwrap();
    let unbelieved = config.lines().skip(1).collect::<Vec<_>>().join("\n");
    std::fs::write(machine.path("agent.toml"), unbelieved).unwrap();
    host.serve(200, &good);
    let before = host.asked.lock().unwrap().len();
    let refused = machine.with_config(&["policy", "sync"]).said_no();
    assert!(refused.contains("could not prove who it is"), "{refused}");
    assert_eq!(host.asked.lock().unwrap().len(), before);
    std::fs::write(machine.path("agent.toml"), config).unwrap();
    assert!(machine.with_config(&["policy", "sync"]).status.success());
    assert!(machine.why().contains("usage is on"));
}

#[test]
fn what_is_set_by_half_is_refused_and_a_key_is_never_written_over() {
    let machine = Machine::new("https://127.0.0.1:1");
    let key = machine.path("fleet.key").display().to_string();
    let public = machine.prints(&["policy", "key", &key]);
    let public = public.trim();
    assert!(machine.fails(&["policy", "key", &key]).contains("never written over"));
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let url = "https://manager.example/policy.toml";
    for half in [
        &["--policy-url", url][..],
        &["--policy-key", public],
        &["--policy-url", "http://manager.example/policy.toml", "--policy-key", public],
        &["--policy-url", url, "--policy-key", "ed25519:00"],
    ] {
        let refused = machine.fails(&[&["status"], half].concat());
        assert!(refused.contains("cannot be fetched as it is set"), "{refused}");
    }
    std::fs::write(machine.path("policy.toml"), "policy = 1\ntitle = \"T\"\n").unwrap();
    let policy = machine.path("policy.toml").display().to_string();
    let refused = machine.fails(&["policy", "sign", &policy, "--key", &key]);
    assert!(refused.contains("it is signed and has no `number`"), "{refused}");
}
