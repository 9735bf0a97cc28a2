//! What leaves, at the socket: a collector of a few lines that keeps every byte it hears.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use crate::machine::Machine;

/// A request as it came, its body unpacked.
#[derive(Clone)]
struct Heard {
    head: String,
    body: Vec<u8>,
}

struct Collector {
    address: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Collector {
    /// Answers everything with these bytes. Ends with the test's process.
    fn answering(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = hear(&stream);
                kept.lock().unwrap().push(request);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn hear(stream: &TcpStream) -> Heard {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "cut off: {head}");
    }
    let mut body = Vec::new();
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        body = chunks(&mut reader);
    }
    Heard { head, body: zstd::decode_all(body.as_slice()).unwrap() }
}

fn chunks(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let bytes = usize::from_str_radix(line.trim(), 16).unwrap();
        let mut chunk = vec![0; bytes + 2];
        reader.read_exact(&mut chunk).unwrap();
        if bytes == 0 {
            return body;
        }
        body.extend_from_slice(&chunk[..bytes]);
    }
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}")
}

const CANARY: &str = "canary5f3a9c";

/// Every file below a folder that holds the text.
fn files_with(folder: &std::path::Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) {
            found.push(path);
        }
    }
    found
}

// Promise 20: the collector answers with questions of its own, and with another address.
#[test]
fn the_collector_is_asked_for_nothing_and_what_it_answers_widens_nothing() {
    let elsewhere = Collector::answering(answer("404 Not Found", "", ""));
    let wider = format!("{{\"manifest\":1,\"tier\":\"full\",\"{CANARY}\":[\"everything\"]}}");
    let location = format!("location: {}/v1/larkspur/usage\r\n", elsewhere.address);
    let widening = format!("{location}candor-manifest: {CANARY}\r\nlink: </v1>; rel=manifest\r\n");
    for (status, sent) in [("409 Conflict", 2), ("307 Temporary Redirect", 1), ("200 OK", 1)] {
        let collector = Collector::answering(answer(status, &widening, &wider));
        let machine = Machine::new(&collector.address);
        machine.prints(&["agree", "usage", "--tier", "basic"]);
        let shown = machine.prints(&["preview", "usage"]);
        machine.run(&["send", "usage"]);
        let heard = collector.heard();
        assert_eq!(heard.len(), sent, "{status}");
        for request in &heard {
            assert!(request.head.starts_with("POST /v1/larkspur/usage HTTP/1.1\r\n"), "{status}");
            let body = String::from_utf8(request.body.clone()).unwrap();
            assert!(shown.lines().any(|line| line == body), "{status}: {body}");
        }
        assert_eq!(machine.prints(&["preview", "usage"]), shown, "{status}");
        assert_eq!(files_with(&machine.path("state"), CANARY), Vec::<std::path::PathBuf>::new());
        assert!(machine.prints(&["status"]).contains("basic") || !shown.contains("features"));
    }
    assert!(elsewhere.heard().is_empty(), "nobody is redirected");
}

/// A machine on which everything that a source can see has a secret beside what is asked.
fn planted(collector: &str) -> Machine {
    let machine = Machine::new(collector);
    let file = |name: &str, text: String| {
        std::fs::write(machine.path(name), text).unwrap();
        machine.path(name).display().to_string()
    };
    let about = file("about.txt", format!("token={CANARY}\nos=debian\nhost={CANARY}\n"));
    let names = file("names.txt", format!("{CANARY}\n"));
    let features = file("features.txt", format!("maps\n{CANARY}\nalerts\n--token={CANARY}\n"));
    let devices = format!(
        "Meadow switch 12 password={CANARY}\nUplink of {CANARY} to the barn\n\
         Field box --token {CANARY} --quiet\n"
    );
    let devices = file("devices.txt", devices);
    let manifest = std::fs::read_to_string(machine.path("manifest.toml")).unwrap();
    let os = format!("{{ file = \"{about}\", pattern = 'os=(\\w+)' }}");
    let known = format!(
        "\n[[known]]\nwhat = \"Names\"\n\
         source = {{ file = \"{names}\", pattern = '(?m)^(.+)$', take = \"all\" }}\n"
    );
    let manifest = manifest
        .replace("{ system = \"os.id\" }", &os)
        .replace("[\"larkspur\", \"--features\"]", &format!("[\"cat\", \"{features}\"]"))
        .replace("command = [\"larkspur\", \"--unknown\"]", &format!("file = \"{devices}\""));
    file("manifest.toml", manifest + &known);
    machine
}

// Promise 11: in every place that a source can see, beside what is asked, and in the environment.
#[test]
fn planted_secrets_never_reach_the_wire() {
    let collector = Collector::answering(answer("409 Conflict", "", ""));
    let machine = planted(&collector.address);
    let command = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        for name in
            ["LARKSPUR_TOKEN", "API_KEY", "DATABASE_URL", "HOSTNAME", "USER", "SSH_AUTH_SOCK"]
        {
            command.env(name, CANARY);
        }
        let output = command.output().unwrap();
        [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap())
    };
    command(&["agree", "usage", "--tier", "full"]);
    command(&["agree", "devices"]);
    for channel in ["usage", "devices"] {
        for said in command(&["send", channel]) {
            assert!(!said.contains(CANARY), "{said}");
        }
    }
    let heard = collector.heard();
    let bodies: Vec<_> = heard.iter().map(|h| String::from_utf8(h.body.clone()).unwrap()).collect();
    for (request, body) in heard.iter().zip(&bodies) {
        assert!(!request.head.contains(CANARY), "{}", request.head);
        assert!(!body.contains(CANARY), "{body}");
    }
    // What was asked for did leave, so the secrets were where the sources looked.
    for wanted in ["\"os\":\"debian\"", "\"alerts\",\"maps\",\"other\"", "Meadow switch 12"] {
        assert!(bodies.iter().any(|body| body.contains(wanted)), "{wanted}: {bodies:?}");
    }
    assert_eq!(files_with(&machine.path("state"), CANARY), Vec::<std::path::PathBuf>::new());
}

/// The value of a header of a request, by its lower-case name.
fn headers(head: &str) -> Vec<String> {
    let names = head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let mut names: Vec<_> = names.map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    names
}

// Promise 13, in the head of the request: no version, no language, no cookie.
#[test]
fn a_request_has_these_headers_and_no_others() {
    let collector = Collector::answering(answer("409 Conflict", "set-cookie: a=b\r\n", ""));
    let machine = Machine::agreed(&collector.address);
    machine.run(&["send", "usage"]);
    let heard = collector.heard();
    assert!(!heard.is_empty());
    for request in heard {
        assert_eq!(
            headers(&request.head),
            [
                "accept",
                "content-encoding",
                "content-type",
                "host",
                "transfer-encoding",
                "user-agent"
            ],
            "{}",
            request.head
        );
        assert!(request.head.contains("user-agent: candor\r\n"), "{}", request.head);
    }
}

// Promise 17, over HTTP: what a busy collector asks for is written down, in seconds.
#[test]
fn what_a_busy_collector_asks_for_is_kept_across_processes() {
    let busy = answer("429 Too Many Requests", "retry-after: 5000\r\n", "");
    let collector = Collector::answering(busy);
    let machine = Machine::agreed(&collector.address);
    machine.fails(&["send", "usage"]);
    let now = Timestamp::now();
    let since = std::fs::read_to_string(machine.path("state/since.json")).unwrap();
    let since: serde_json::Value = serde_json::from_str(&since).unwrap();
    let until: Timestamp = since["pause"]["until"].as_str().unwrap().parse().unwrap();
    let seconds = until.duration_since(now).as_secs();
    // The floor, and the first draw of a minute above it; less what passed since.
    assert!((4_900..=5_060).contains(&seconds), "{seconds} s");
    assert_eq!(collector.heard().len(), 1, "the others are not even tried");
}

// Promise 34: each of the systems that set a variable of their own.
#[test]
fn continuous_integration_is_recognised_by_its_variables() {
    let machine = Machine::agreed("https://stats.larkspur.invalid");
    let says = |variable: &str, value: &str| {
        let mut command = machine.command(&["status"]);
        let output = command.env(variable, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("This is continuous integration")
    };
    for variable in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "BUILDKITE", "TF_BUILD"] {
        assert!(says(variable, "true"), "{variable}");
    }
    assert!(!says("CI", "false") && !says("CANDOR_TIMEOUT", "2"));
}
