//! What is carried, and what does not pass beside it.

use crate::gateway::{Gateway, Manner, with_type};
use crate::program::Relay;
use crate::wire::{self, open, post};

const CURIOUS: &str = "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\nVia: 1.1 a\r\n\
                       Cookie: id=1\r\nUser-Agent: larkspur/24.10\r\nAuthorization: Basic YQ==\r\n\
                       Accept-Language: de\r\nX-Anything: at all\r\nReferer: https://a.example\r\n";

#[test]
fn a_sealed_request_arrives_and_its_answer_comes_back() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let stream = open(relay.address);
    for body in ["{}", "{\"answers\":1}"] {
        let (capsule, opener) = gateway.seal(body);
        let answer = post(&stream, "/", "", &capsule).unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("content-type"), Some("message/ohttp-res"));
        let inner = opener.open(&answer.body).unwrap();
        assert_eq!((inner.status, inner.body), (201, format!("heard {body}").into_bytes()));
    }
    assert!(relay.metrics().contains("candor_relay_carried_total{gateway=\"default\"} 2\n"));
}

#[test]
fn no_header_of_a_sender_reaches_the_gateway() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let (capsule, _) = gateway.seal("{}");
    assert_eq!(post(&open(relay.address), "/", CURIOUS, &capsule).unwrap().status(), 200);
    let heard = gateway.heard();
    assert_eq!(heard[0].first_line, "POST /ohttp HTTP/1.1");
    assert_eq!(heard[0].names(), ["content-length", "content-type", "host"]);
    assert_eq!(heard[0].header("host"), Some(gateway.address.to_string().as_str()));
    assert_eq!(heard[0].header("content-type"), Some("message/ohttp-req"));
    assert_eq!(heard[0].body, capsule);
}

#[test]
fn no_header_of_a_gateway_reaches_a_sender() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let (capsule, _) = gateway.seal("{}");
    let answer = post(&open(relay.address), "/", "", &capsule).unwrap();
    let own = ["cache-control", "content-length", "content-type", "date"];
    let own = [&own[..], &["referrer-policy", "x-content-type-options"]].concat();
    assert_eq!(answer.names(), own);
    // Nor in what it says of its media type.
    let marked = with_type("200 OK", "message/ohttp-res; mark=4711", b"sealed");
    gateway.be(Manner::Bytes(marked));
    let answer = post(&open(relay.address), "/", "", &capsule).unwrap();
    assert_eq!(answer.header("content-type"), Some("message/ohttp-res"));
}

#[test]
fn a_capsule_sent_twice_is_answered_twice() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let (capsule, opener) = gateway.seal("{}");
    for _ in 0..2 {
        let answer = post(&open(relay.address), "/", "", &capsule).unwrap();
        assert_eq!(opener.open(&answer.body).unwrap().status, 201);
    }
    assert_eq!(gateway.heard().len(), 2);
}

#[test]
fn a_problem_of_the_gateway_passes_with_its_status() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    let (mut capsule, _) = gateway.seal("{}");
    capsule[0] = 99;
    let answer = post(&open(relay.address), "/", "", &capsule).unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(String::from_utf8(answer.body).unwrap().contains("problem-types#ohttp-key"));
}

#[test]
fn a_wait_passes_and_what_else_a_refusal_says_does_not() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    for (said, passed) in [("30", "30"), ("4711471147", "60"), ("4294967295", "86400")] {
        let busy = format!(
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {said}\r\nContent-Type: text/html\r\n\
             Content-Length: 4\r\n\r\nmark"
        );
        gateway.be(Manner::Bytes(busy.into_bytes()));
        let answer = post(&open(relay.address), "/", "", b"sealed").unwrap();
        assert_eq!((answer.status(), answer.header("retry-after")), (503, Some(passed)));
        assert!(!String::from_utf8(answer.body).unwrap().contains("mark"));
    }
}

#[test]
fn what_is_no_answer_of_a_gateway_is_not_passed() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]);
    for answer in [
        with_type("302 Found", "message/ohttp-res", b""),
        with_type("200 OK", "text/html", b"<script>"),
        with_type("204 No Content", "message/ohttp-res", b""),
        with_type("200 OK", "message/ohttp-res", &vec![0; 200_000]),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789".to_vec(),
        b"\x16\x03\x01 no http at all\r\n\r\n".to_vec(),
    ] {
        gateway.be(Manner::Bytes(answer));
        let answer = post(&open(relay.address), "/", "", b"sealed").unwrap();
        assert_eq!(answer.status(), 502);
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    gateway.be(Manner::Sealed);
    let (capsule, _) = gateway.seal("{}");
    assert_eq!(post(&open(relay.address), "/", "", &capsule).unwrap().status(), 200);
}

#[test]
fn it_forwards_to_its_gateways_and_to_nothing_else() {
    let (gateway, other, victim) = (Gateway::start(), Gateway::start(), Gateway::start());
    let relay = Relay::start(&[
        "--gateway",
        &format!("http://{}", gateway.address),
        "--gateway",
        &format!("other=http://{}/a/b", other.address),
    ]);
    let to = victim.address;
    for (line, status) in [
        (format!("POST http://{to}/ohttp HTTP/1.1"), 404),
        (format!("CONNECT {to} HTTP/1.1"), 404),
        (format!("POST /http://{to}/ohttp HTTP/1.1"), 404),
        (format!("POST //{to}/ohttp HTTP/1.1"), 404),
        (format!("POST /?gateway=http://{to} HTTP/1.1"), 200),
    ] {
        let request = format!(
            "{line}\r\nHost: {to}\r\nContent-Type: message/ohttp-req\r\nContent-Length: 1\r\n\r\nx"
        );
        gateway.be(Manner::Mirror);
        let answer = wire::ask(&open(relay.address), request.as_bytes()).unwrap();
        assert_eq!(answer.status(), status, "{line}");
    }
    assert!(victim.peers().is_empty());
    assert_eq!((gateway.heard().len(), other.heard().len()), (1, 0));
    other.be(Manner::Mirror);
    assert_eq!(post(&open(relay.address), "/other", "", b"x").unwrap().status(), 200);
    assert_eq!(other.heard()[0].first_line, "POST /a/b HTTP/1.1");
}

#[test]
fn connections_to_the_gateway_are_used_again() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]).with_keys();
    for number in 0..20 {
        let (capsule, _) = gateway.seal(&format!("{number}"));
        assert_eq!(post(&open(relay.address), "/", "", &capsule).unwrap().status(), 200);
    }
    // An answer may be here before its connection is free again: then the next request opens
    // another, and both stay.
    let connections = gateway.peers().len();
    assert!((1..=4).contains(&connections), "20 requests came over {connections} connections");
}

#[test]
fn the_page_says_what_this_is_and_who_runs_it() {
    let gateway = Gateway::start();
    let words =
        ["--operator", "Verein Beispiel", "--country", "Austria", "--contact", "a@b.example"];
    let relay = Relay::before(gateway.address, &words);
    let page = wire::get(relay.address, "/");
    let html = String::from_utf8(page.body.clone()).unwrap();
    for words in ["Verein Beispiel", "Austria", "a@b.example", "What it cannot see"] {
        assert!(html.contains(words), "{words}");
    }
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert!(!html.contains("<script") && page.header("set-cookie").is_none());
}
