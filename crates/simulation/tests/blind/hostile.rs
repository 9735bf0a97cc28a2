//! Senders that nobody wants: slow, large, malformed, many.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::gateway::{Gateway, Manner};
use crate::program::Relay;
use crate::wire::{ask, open, post, rest};

fn status(relay: &Relay, request: &[u8]) -> u16 {
    ask(&open(relay.address), request).map_or(0, |answer| answer.status())
}

const HEAD: &str = "POST / HTTP/1.1\r\nHost: a\r\n";
const SEALED: &str = "Content-Type: message/ohttp-req\r\n";

#[test]
fn what_is_malformed_is_refused_and_the_next_is_served() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &[]);
    let many = "X-Many: a\r\n".repeat(200);
    let large = format!("X-Large: {}\r\n", "a".repeat(100_000));
    let length = |bytes: usize| format!("Content-Length: {bytes}\r\n\r\n");
    for (request, allowed) in [
        (format!("{HEAD}{}x", length(1)), &[415][..]),
        (format!("{HEAD}Content-Type: text/plain\r\n{}x", length(1)), &[415]),
        (format!("{HEAD}{SEALED}{SEALED}{}x", length(1)), &[415]),
        (format!("{HEAD}{SEALED}{}", length(0)), &[400]),
        (format!("{HEAD}{SEALED}{}", length(65_537)), &[413]),
        (format!("{HEAD}{SEALED}{}", length(usize::MAX)), &[413, 400, 431, 0]),
        (format!("{HEAD}{SEALED}Content-Length: 1\r\n{}xx", length(2)), &[400, 0]),
        (format!("{HEAD}{SEALED}Content-Length: -1\r\n\r\n"), &[400, 0]),
        (format!("{HEAD}{SEALED}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), &[400, 0]),
        (format!("{HEAD}{many}{SEALED}{}x", length(1)), &[431]),
        (format!("{HEAD}{large}{SEALED}{}x", length(1)), &[431]),
        (format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(70_000)), &[414, 431, 400]),
        ("POST / HTTP/1.1\r\nX\0: a\r\n\r\n".into(), &[400]),
        ("\x16\x03\x01\x02\r\n\r\n".into(), &[400]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), &[400, 404, 505, 0]),
    ] {
        let found = status(&relay, request.as_bytes());
        let shown: String = request.chars().take(80).collect();
        assert!(allowed.contains(&found), "{found} for {shown}");
    }
    assert_eq!(post(&open(relay.address), "/", "", b"sealed").unwrap().status(), 200);
    assert_eq!(gateway.heard().len(), 1);
}

#[test]
fn a_body_without_a_length_is_cut_at_the_bound() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &[]);
    let chunked = |pieces: usize| {
        let mut request = format!("{HEAD}{SEALED}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for _ in 0..pieces {
            request.extend(b"400\r\n");
            request.extend([b'x'; 1_024]);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        status(&relay, &request)
    };
    assert_eq!(chunked(64), 200);
    assert_eq!(chunked(65), 413);
    assert_eq!(gateway.heard()[0].body.len(), 65_536);
    assert_eq!(gateway.heard()[0].names(), ["content-length", "content-type", "host"]);
}

#[test]
fn two_requests_in_one_stay_two() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &[]);
    let stream = open(relay.address);
    let one = format!("{HEAD}{SEALED}Content-Length: 3\r\n\r\none");
    let smuggled = format!("{HEAD}{SEALED}Content-Length: 5\r\nConnection: close\r\n\r\nother");
    (&stream).write_all(format!("{one}{smuggled}").as_bytes()).unwrap();
    let all = String::from_utf8(rest(&stream)).unwrap();
    assert_eq!(all.matches("HTTP/1.1 200 OK").count(), 2);
    let bodies: Vec<_> = gateway.heard().into_iter().map(|message| message.body).collect();
    assert_eq!(bodies, [b"one".to_vec(), b"other".to_vec()]);
}

#[test]
fn slow_senders_are_cut_and_the_others_are_served_meanwhile() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &["--head-seconds", "1", "--body-seconds", "1"]);
    let begun = Instant::now();
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut stream = open(relay.address);
        let part = match number % 3 {
            0 => String::new(),
            1 => HEAD.to_owned(),
            _ => format!("{HEAD}{SEALED}Content-Length: 100\r\n\r\nbegun"),
        };
        stream.write_all(part.as_bytes()).unwrap();
        slow.push((number, stream));
    }
    assert_eq!(post(&open(relay.address), "/", "", b"sealed").unwrap().status(), 200);
    for (number, stream) in slow {
        let said = String::from_utf8(rest(&stream)).unwrap();
        assert!(number % 3 != 2 || said.starts_with("HTTP/1.1 408 "), "{said}");
    }
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(gateway.heard().len(), 1);
}

#[test]
fn a_thousand_idle_connections_leave_room_for_one_more() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &["--connections-per-network", "0"]);
    // The test's own process has few files: those that do not open any more are enough.
    let idle: Vec<_> =
        (0..1_000).map_while(|_| std::net::TcpStream::connect(relay.address).ok()).collect();
    assert!(idle.len() > 300, "{}", idle.len());
    drop(idle.into_iter().skip(300).step_by(2).collect::<Vec<_>>());
    assert_eq!(post(&open(relay.address), "/", "", b"sealed").unwrap().status(), 200);
}

#[test]
fn a_body_that_comes_byte_by_byte_costs_its_bytes_and_no_more() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let more = ["--body-seconds", "300", "--connections-per-network", "0"];
    let relay = Relay::before(gateway.address, &more).with_keys();
    let before = relay.memory_bytes_max();
    let mut streams: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = open(relay.address);
            stream.set_nodelay(true).unwrap();
            write!(stream, "{HEAD}{SEALED}Content-Length: 400\r\n\r\n").unwrap();
            stream
        })
        .collect();
    // One byte for each in turn, so that most are read alone.
    for _ in 0..400 {
        for stream in &mut streams {
            stream.write_all(b"x").unwrap();
        }
    }
    for stream in &streams {
        let answer = ask(stream, b"").unwrap();
        assert_eq!((answer.status(), answer.body.len()), (200, 400));
    }
    // 20 kB for a connection are 2 MB. With 8 KiB held for each read they would be 320.
    let cost = relay.memory_bytes_max() - before;
    assert!(cost < 16 << 20, "{cost}");
}

#[test]
fn what_was_refused_unread_is_no_beginning_of_another_request() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let stream = open(relay.address);
    let refused = format!("{HEAD}Content-Length: 100\r\n\r\n");
    assert_eq!(ask(&stream, refused.as_bytes()).unwrap().status(), 415);
    let smuggled = format!("{HEAD}{SEALED}Content-Length: 8\r\n\r\nsmuggled");
    let _ = (&stream).write_all(smuggled.as_bytes());
    assert!(!String::from_utf8_lossy(&rest(&stream)).contains(" 200 "));
    assert_eq!(gateway.heard().len(), 0);
}
