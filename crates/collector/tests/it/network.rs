//! Who sends too much, told apart by network and never by address; and that no address is written.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, TcpStream, UdpSocket};
use std::time::Duration;

use crate::client::{self, Answer, connect_from, read_answer};
use crate::fixture::{Server, TODAY, Vendor, files_with, key};

const PATH: &str = "/v1/larkspur/usage";
const JSON: &str = "content-type: application/json";

/// One request from an address; `None` where the server closes without an answer.
fn check(server: &Server, source: [u8; 4], request: &[u8]) -> Option<Answer> {
    let mut stream = connect_from(source.into(), server.address);
    stream.write_all(request).ok()?;
    read_answer(&mut stream)
}

fn post(part: &[u8]) -> Vec<u8> {
    client::request("POST", PATH, &[JSON], part)
}

#[test]
fn a_network_that_sends_too_much_waits_and_others_do_not() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(TODAY, &["--requests-per-network-hour", "3"]);
    let part = |number| post(&vendor.part(&key(number), "2026-11-20", "debian"));
    // Three addresses of one /24.
    let answers: Vec<_> =
        (1..=4).map(|at| check(&server, [127, 1, 1, at], &part(at.into())).unwrap()).collect();
    assert_eq!(
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>(),
        [201, 201, 201, 429]
    );
    assert_eq!(answers[3].header("retry-after"), Some("1800"));
    assert_eq!(answers[3].json()["type"], "urn:candor:problem:network");
    // Whoever may send no more may not list or delete either.
    let proof = format!("candor-key: {}", key(1).to_hex());
    for method in ["GET", "DELETE"] {
        let request = client::request(method, &format!("{PATH}/held"), &[&proof], b"");
        assert_eq!(check(&server, [127, 1, 1, 5], &request).unwrap().status, 429, "{method}");
    }
    // Health is not counted; another network has its own count (65,535 times of 65,536).
    let health = client::request("GET", "/health", &[], b"");
    assert_eq!(check(&server, [127, 1, 1, 9], &health).unwrap().status, 200);
    let others = (2..6).map(|net| check(&server, [127, 1, net, 1], &part(90 + u64::from(net))));
    assert!(others.map(Option::unwrap).any(|answer| answer.status == 201));
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("refused_total{reason=\"network\"} "), "{}", metrics.text());
}

/// An address of this machine by which it is known to others; none where it has no network.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // Nothing is sent: the system only says from where it would be.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().unwrap().ip())
}

#[test]
fn exact_counts_are_told_on_this_machine_alone() {
    let vendor = Vendor::new();
    let serve = ["serve", "--listen", "0.0.0.0:0", "--behind-proxy", "--manifest"];
    let mut command = vendor.command(&serve);
    command.arg(vendor.path("manifest.toml"));
    let server = Server::start(command);
    let ask = |host: IpAddr, path| {
        let address = (host, server.address.port()).into();
        client::exchange(address, &client::request("GET", path, &[], b"")).unwrap().status
    };
    assert_eq!(ask(Ipv4Addr::LOCALHOST.into(), "/metrics"), 200);
    match own_address() {
        Some(own) => assert_eq!((ask(own, "/metrics"), ask(own, "/health")), (404, 200)),
        None => println!("skipped: this machine has no network"),
    }
}

// Promises 19 and 35: one machine with as many tags as it likes.
#[test]
fn whoever_invents_installations_moves_a_number_no_further_than_its_release_says() {
    const LIMIT: u64 = 40;
    let vendor = Vendor::new();
    // Nobody knows what was let through before the first start: that week's release says nothing.
    let limit = ["--requests-per-network-hour", "40"];
    vendor.serve_on("2026-11-13".parse().unwrap(), &limit).stop();
    let server = vendor.serve_on("2026-11-18".parse().unwrap(), &limit);
    let mut honest = 0;
    let mut invented = 0;
    for number in 0..200 {
        let part = vendor.part(&key(1_000 + number), "2026-11-18", "freebsd");
        let host = u8::try_from(number % 250).unwrap();
        invented +=
            u64::from(check(&server, [127, 6, 6, host], &post(&part)).unwrap().status == 201);
        if number % 8 == 0 {
            let part = vendor.part(&key(number), "2026-11-18", "debian");
            honest +=
                u64::from(check(&server, [127, 5, 5, 1], &post(&part)).unwrap().status == 201);
        }
    }
    server.stop();
    // The same bytes again and another answer under the same tag move nothing either.
    let server = vendor.serve_on("2026-11-18".parse().unwrap(), &limit);
    for os in ["freebsd", "fedora"] {
        let status = server.post(&vendor.part(&key(1_000), "2026-11-18", os)).status;
        assert_eq!(status, if os == "freebsd" { 200 } else { 409 });
    }
    server.stop();
    assert_eq!(honest, 25, "others were not served");
    assert!(invented <= LIMIT, "{invented} of one network were taken within an hour");
    assert!(vendor.run(&["publish", "--today", "2026-11-25"]).status.success());
    let path = vendor.data().join("releases/larkspur/usage/release-1.json");
    let release: serde_json::Value =
        serde_json::from_reader(std::fs::File::open(path).unwrap()).unwrap();
    let bound = release["intake_bound"].as_u64().unwrap();
    // Per period, and the week has seven: what was moved is below what is printed.
    assert!(bound * 7 >= invented && bound >= LIMIT, "{bound}");
}

#[test]
fn a_network_has_so_many_connections_and_no_more() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(TODAY, &["--connections-per-network", "2"]);
    let kept: Vec<_> =
        (1..=2).map(|at| connect_from([127, 2, 2, at].into(), server.address)).collect();
    let health = client::request("GET", "/health", &[], b"");
    // Taken in order: these two were counted before the third.
    assert!(check(&server, [127, 2, 2, 3], &health).is_none());
    let other = (3..7).find_map(|net| check(&server, [127, 2, net, 1], &health));
    assert_eq!(other.unwrap().status, 200);
    drop(kept);
    assert!(server.get("/metrics").text().contains("candor_connections_turned_away_total 1\n"));
}

// With the library's own queue of 128 the others were not heard, and called again after a second.
#[test]
fn a_fleet_that_calls_while_the_server_is_busy_waits_in_the_systems_queue() {
    const FLEET: usize = 300;
    let mut granted = String::new();
    let queue = std::fs::File::open("/proc/sys/net/core/somaxconn").unwrap();
    std::io::Read::read_to_string(&mut { queue }, &mut granted).unwrap();
    let fleet = FLEET.min(granted.trim().parse().unwrap());
    let vendor = Vendor::new();
    let server = vendor.serve();
    // As if it had been at work on something else.
    server.signal("STOP");
    let patience = Duration::from_secs(20);
    let call = |_| TcpStream::connect_timeout(&server.address, patience).unwrap();
    let called: Vec<_> = (0..fleet).map(call).collect();
    server.signal("CONT");
    let health = client::request("GET", "/health", &[], b"");
    for mut stream in called {
        stream.write_all(&health).unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().status, 200);
    }
}

#[test]
fn on_a_loopback_address_nothing_is_counted_unless_asked() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    for _ in 0..700 {
        assert_eq!(server.get("/v1/larkspur/manifest").status, 200);
    }
    assert_eq!(server.post(&vendor.part(&key(1), "2026-11-20", "debian")).status, 201);
}

#[test]
fn no_address_and_no_header_of_a_sender_is_written_anywhere() {
    let vendor = Vendor::new();
    let mut command = vendor.command(&["serve", "--listen", "127.0.0.1:0", "--rehearsal"]);
    command.arg("--manifest").arg(vendor.path("manifest.toml")).env("CANDOR_LOG", "trace");
    command.args(["--today", "2026-11-20", "--requests-per-network-hour", "7"]);
    let server = Server::start(command);
    let source = [127, 77, 188, 99];
    let marked = [
        "x-forwarded-for: 203.0.113.77, CANARY-1",
        "forwarded: for=203.0.113.77;by=CANARY-2",
        "x-real-ip: 203.0.113.77",
        "user-agent: CANARY-3",
        "cookie: id=CANARY-4",
        "referer: https://CANARY-5.example/",
        "authorization: Basic CANARY-6",
        "x-request-id: CANARY-7",
        "traceparent: CANARY-8",
        "accept-language: CANARY-9",
        JSON,
    ];
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let other = vendor.part(&key(1), "2026-11-20", "fedora");
    let key_of_tag = format!("candor-key: {}", key(1).to_hex());
    let with_key = [&marked[..], &[key_of_tag.as_str()]].concat();
    let requests = [
        client::request("POST", PATH, &marked, &part),
        client::request("POST", PATH, &marked, &part),
        client::request("POST", PATH, &marked, &other),
        client::request("POST", PATH, &marked, b"CANARY-10"),
        client::request("POST", "/v1/CANARY-11/usage", &marked, &part),
        client::request("GET", "/CANARY-12?CANARY-13", &marked, b""),
        client::request("GET", &format!("{PATH}/held"), &with_key, b""),
        client::request("DELETE", &format!("{PATH}/held"), &with_key, b""),
        client::request("POST", PATH, &marked, &part),
        b"CANARY-14 no request at all\r\n\r\n".to_vec(),
    ];
    for request in requests {
        let _ = check(&server, source, &request);
    }
    // One that goes away in the middle.
    let mut stream = connect_from(source.into(), server.address);
    stream.write_all(b"POST /CANARY-15 HTTP/1.1\r\nx-forwarded-for: CANARY-16").unwrap();
    drop(stream);
    let metrics = server.get("/metrics").text().to_owned();
    let health = server.get("/health").text().to_owned();
    let key_of_tag = key(1).to_hex();
    let log = server.stop();
    assert!(metrics.contains("refused_total{reason=\"network\"} 1\n"), "{metrics}");
    for canary in ["127.77.188.99", "203.0.113.77", "CANARY", &key_of_tag, "debian", "fedora"] {
        for (name, text) in [("log", &log), ("metrics", &metrics), ("health", &health)] {
            assert!(!text.contains(canary), "{name} has {canary}: {text}");
        }
    }
    for canary in ["127.77.188.99".as_bytes(), &source, b"203.0.113.77", b"CANARY"] {
        let found = files_with(&vendor.data(), canary);
        assert!(found.is_empty(), "{canary:?}: {found:?}");
    }
}
