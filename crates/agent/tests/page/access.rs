//! Who comes in, and who does not.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::LARKSPUR;
use crate::service::{Service, program, request};

#[test]
fn without_a_session_nobody_sees_anything() {
    let service = Service::start(LARKSPUR);
    let door = "0123456789abcdef0123456789abcdef";
    for path in ["/", "/sent", "/statement", "/api/status", &format!("/{door}/"), "/../../etc"] {
        let answer = service.get(path, &[("Cookie", "candor=0123456789abcdef")]);
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.body.contains("Larkspur"), "{path}: {}", answer.body);
    }
    let closed = service.get("/", &[]);
    assert!(closed.body.contains("candor-agent page"), "{}", closed.body);
}

#[test]
fn the_page_says_who_sees_what_with_a_relay_and_without() {
    let relay = "[[program.relay]]\noperator = \"Example University\"\ncountry = \"Norway\"\n\
                 url = \"https://relay.example.net:8443\"\n\n[controller]";
    let blind = LARKSPUR.replacen("[controller]", relay, 1);
    let own = blind.replace("Example University", "Larkspur e.V.");
    let party = "One party could match address and content";
    let run = "Example University, Norway, who runs the relay";
    let closed = "outgoing to relay.example.net:8443; nothing goes to stats.larkspur.example:443";
    let open = "outgoing to stats.larkspur.example:443";
    let hidden = "Not this machine&#39;s address";
    for (manifest, there, absent) in [
        (LARKSPUR, [open, "while a part arrives"], [run, party]),
        (&blind, [run, closed], [party, "while a part arrives"]),
        (&own, [party, closed], [run, "while a part arrives"]),
    ] {
        let service = Service::start(manifest);
        let page = service.page(&service.enter(), "").body;
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(there.iter().all(|words| page.contains(words)), "{there:?}: {page}");
        assert!(!absent.iter().any(|words| page.contains(words)), "{absent:?}: {page}");
        assert_eq!(
            page.contains(hidden) || page.contains("Not this machine's"),
            manifest != LARKSPUR
        );
    }
}

#[test]
fn a_link_opens_the_page_once() {
    let service = Service::start(LARKSPUR);
    let link = service.link();
    let path = link.split_once(&service.host).unwrap().1;
    let ahead = service.get(path, &[("Sec-Purpose", "prefetch;prerender")]);
    assert_eq!(ahead.status, 503, "fetching ahead uses up no link");
    let first = service.get(path, &[]);
    let cookie = first.header("set-cookie").unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict") && !cookie.contains("Path"), "{cookie}");
    let second = service.get(path, &[]);
    assert_eq!((first.status, second.status), (200, 403));
    assert_eq!(second.header("set-cookie"), None);
}

#[test]
fn a_cookie_opens_no_other_door() {
    let service = Service::start(LARKSPUR);
    let (one, other) = (service.enter(), service.enter());
    assert_ne!(one.door, other.door);
    let crossed = service.get(&format!("/{}/", other.door), &[("Cookie", &one.cookie)]);
    assert_eq!(crossed.status, 403);
    assert_eq!(service.get("/", &[("Cookie", &one.cookie)]).status, 403);
}

#[test]
fn a_rebound_name_is_refused_before_anything_else() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let path = format!("/{}/", session.door);
    let cookie = [("Cookie", session.cookie.as_str())];
    for host in ["evil.example", "127.0.0.1", "", "localhost.evil.example:80"] {
        let answer = service.ask(&request("GET", &path, host, &cookie, ""));
        assert_eq!(answer.status, 421, "{host}");
        assert!(!answer.body.contains("Larkspur"), "{host}");
    }
    let port = service.host.rsplit_once(':').unwrap().1;
    let local = service.ask(&request("GET", &path, &format!("localhost:{port}"), &cookie, ""));
    assert_eq!(local.status, 200);
}

#[test]
fn a_foreign_page_changes_nothing() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let form = format!("csrf={}&channel=usage&choice=yes:full", session.csrf);
    let without = "channel=usage&choice=yes:full";
    let wrong = "csrf=0&channel=usage&choice=yes:full";
    let refused: [(&[(&str, &str)], &str); 6] = [
        (&[("Origin", "http://evil.example")], &form),
        (&[("Origin", "null")], &form),
        (&[("Origin", "http://127.0.0.1:1")], &form),
        (&[("Sec-Fetch-Site", "same-site")], &form),
        (&[], without),
        (&[], wrong),
    ];
    for (headers, body) in refused {
        assert_eq!(service.send(&session, "decide", headers, body).status, 403, "{headers:?}");
        assert!(!service.state().join("decisions.json").exists(), "{headers:?} decided");
    }
    let own = format!("http://{}", service.host);
    let headers = [("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(service.send(&session, "decide", &headers, &form).status, 303);
    assert!(service.state().join("decisions.json").exists());
}

#[test]
fn every_answer_carries_its_headers() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let door = &session.door;
    let paths = ["/", "/style.css", &format!("/{door}/"), &format!("/{door}/nothing"), "/enter"];
    for path in paths {
        let answer = service.get(path, &[("Cookie", &session.cookie)]);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path}");
        }
    }
}

#[test]
fn one_named_origin_may_frame_the_page() {
    let options = ["--page", "127.0.0.1:0", "--embed", "https://nas.example"];
    let service = Service::with(LARKSPUR, &options);
    let answer = service.page(&service.enter(), "");
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.ends_with("frame-ancestors https://nas.example"), "{policy}");
    assert_eq!(answer.header("x-frame-options"), None);
}

#[test]
fn only_a_loopback_address_is_served() {
    let service = Service::with(LARKSPUR, &[]);
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7417"] {
        let output = service.agent(&["--state", "/dev/null/x", "run", "--page", address]);
        assert!(!output.status.success(), "{address}");
    }
    let folder = tempfile::TempDir::new().unwrap();
    let state = folder.path().to_str().unwrap();
    let output = service.agent(&["--state", state, "run", "--page", "0.0.0.0:0"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("can be reached from other machines"), "{said}");
}

#[test]
fn the_socket_is_for_the_folders_owner_and_group() {
    let service = Service::with(LARKSPUR, &[]);
    let socket = std::fs::metadata(service.state().join("page.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o660);
    let status = service.api("GET", "/api/status", "");
    assert_eq!(status.status, 200);
    let status: serde_json::Value = serde_json::from_str(&status.body).unwrap();
    assert_eq!(status["program"], "larkspur");
    // Without an address for browsers there is nothing to link to, and that is said.
    let link = service.agent(&["page"]);
    let said = String::from_utf8(link.stderr).unwrap();
    assert!(!link.status.success() && said.contains("--page 127.0.0.1:7417"), "{said}");
}

#[test]
fn links_are_made_at_the_socket_alone() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let kind = [("Content-Type", "application/json"), ("Cookie", session.cookie.as_str())];
    let body = format!("{{\"csrf\":\"{}\"}}", session.csrf);
    let path = format!("/{}/api/link", session.door);
    let answer = service.ask(&request("POST", &path, &service.host, &kind, &body));
    assert_eq!(answer.status, 404);
    // A page framed behind a proxy cannot make one either.
    let foreign = [("Content-Type", "application/json"), ("Origin", "http://evil.example")];
    let answer = service.ask_socket(&request("POST", "/api/link", "nas.example", &foreign, "{}"));
    assert_eq!(answer.status, 403);
    let form = [("Content-Type", "text/plain")];
    let answer = service.ask_socket(&request("POST", "/api/link", "nas.example", &form, "{}"));
    assert_eq!(answer.status, 403);
}

#[test]
fn a_proxy_at_the_socket_gets_sessions_and_forms() {
    let service = Service::with(LARKSPUR, &[]);
    let browser = [("Accept", "text/html")];
    let page = service.ask_socket(&request("GET", "/", "nas.example", &browser, ""));
    assert_eq!(page.status, 200);
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let form = [
        ("Cookie", cookie.as_str()),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Origin", "https://nas.example"),
    ];
    let forged = request("POST", "/decide", "nas.example", &form, "channel=usage&choice=no");
    assert_eq!(service.ask_socket(&forged).status, 403);
    let csrf = page.body.split_once("name=\"csrf\" value=\"").unwrap().1;
    let csrf = csrf.split('"').next().unwrap();
    let body = format!("channel=usage&choice=no&csrf={csrf}");
    let answer = service.ask_socket(&request("POST", "/decide", "nas.example", &form, &body));
    assert_eq!(answer.status, 303);
}

#[test]
fn where_no_service_runs_the_page_is_served_by_a_command() {
    let folder = tempfile::TempDir::new().unwrap();
    let (manifest, state) = (folder.path().join("manifest.toml"), folder.path().join("state"));
    let mut file = std::fs::File::create(&manifest).unwrap();
    std::io::Write::write_all(&mut file, LARKSPUR.as_bytes()).unwrap();
    let asked = program(&manifest, &state).arg("page").output().unwrap();
    let said = String::from_utf8(asked.stderr).unwrap();
    assert!(said.contains("candor-agent page --here"), "{said}");
    let mut command = program(&manifest, &state);
    let mut serving = command.args(["page", "--here"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut link = String::new();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut link).unwrap();
    let config = ureq::Agent::config_builder().max_redirects(0).build();
    let page = config.new_agent().get(link.trim()).call().unwrap();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert_eq!(page.status(), 200);
}

#[test]
fn leaving_ends_the_session() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    assert_eq!(service.post(&session, "leave", "").status, 200);
    assert_eq!(service.page(&session, "").status, 403);
}

#[test]
fn what_is_too_long_or_too_slow_is_cut_off() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let long = "x".repeat(5_000);
    assert_eq!(service.post(&session, "decide", &long).status, 413);
    let head = format!("GET / HTTP/1.1\r\nHost: {}\r\nX: {}\r\n\r\n", service.host, long.repeat(5));
    assert_eq!(service.ask(&head).status, 431);
    // Half a head: the answer is that the connection ends.
    let slow = service.ask(&format!("GET / HTTP/1.1\r\nHost: {}\r\n", service.host));
    assert!(matches!(slow.status, 0 | 408), "{}", slow.head);
}
