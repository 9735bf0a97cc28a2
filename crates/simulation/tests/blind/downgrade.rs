//! Privacy is never downgraded: whatever a relay, a gateway or a network does, nothing reaches the
//! collector's own address.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use envelope::oblivious::KEY_PROBLEM;

use crate::collector::Collector;
use crate::machine::Machine;
use crate::program::Relay;
use crate::wire;

/// Somebody who stands where a relay should: gives these bytes to whoever asks for keys, and these
/// to whoever brings a capsule; nothing at all where there are none.
fn stand_in(keys: &[u8], carried: &[u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answers = Arc::new([keys.to_vec(), carried.to_vec()]);
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (answers, stream) = (Arc::clone(&answers), stream.unwrap());
            std::thread::spawn(move || answer(&stream, &answers));
        }
    });
    address
}

fn answer(mut stream: &TcpStream, answers: &[Vec<u8>; 2]) {
    let request = whole(stream);
    let answer = &answers[usize::from(!request.starts_with(b"GET"))];
    if answer.is_empty() {
        // Says nothing until the other side has had enough.
        while matches!(stream.read(&mut [0; 8192]), Ok(1..)) {}
    }
    let _ = stream.write_all(answer);
}

/// A request to its end.
fn whole(mut stream: &TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    let mut bytes = [0; 8192];
    // What is sealed comes in chunks, and the last one is empty.
    let is_whole = |request: &[u8]| {
        let text = String::from_utf8_lossy(request);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { return false };
        head.starts_with("GET") || request.ends_with(b"\r\n0\r\n\r\n")
    };
    while !is_whole(&request) {
        match stream.read(&mut bytes) {
            Ok(read @ 1..) => request.extend_from_slice(&bytes[..read]),
            _ => break,
        }
    }
    request
}

/// Each request that was carried: what stood before the capsule, and the capsule.
type Caught = Mutex<Vec<(String, Vec<u8>)>>;

/// A relay in three lines that keeps what it carries.
pub(crate) struct Catching {
    pub(crate) address: SocketAddr,
    caught: Arc<Caught>,
}

impl Catching {
    pub(crate) fn caught(&self) -> Vec<Vec<u8>> {
        self.caught.lock().unwrap().iter().map(|(_, capsule)| capsule.clone()).collect()
    }

    /// The line and the headers that each came with.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.caught.lock().unwrap().iter().map(|(head, _)| head.clone()).collect()
    }
}

/// In front of a gateway.
pub(crate) fn catching(gateway: SocketAddr) -> Catching {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let caught = Arc::<Caught>::default();
    let keeping = Arc::clone(&caught);
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, keeping) = (stream.unwrap(), Arc::clone(&keeping));
            std::thread::spawn(move || catch(&stream, gateway, &keeping));
        }
    });
    Catching { address, caught }
}

fn catch(mut stream: &TcpStream, gateway: SocketAddr, keeping: &Caught) {
    let request = whole(stream);
    let answer = if request.starts_with(b"GET") {
        wire::get(gateway, "/ohttp-keys/signed")
    } else {
        let body = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let capsule = unchunked(&request[body..]);
        let head = String::from_utf8_lossy(&request[..body]).into_owned();
        keeping.lock().unwrap().push((head, capsule.clone()));
        wire::post(&wire::open(gateway), "/ohttp", "", &capsule).unwrap()
    };
    let status = format!("{} As it came", answer.status());
    let _ = stream.write_all(&said(&status, "content-type: message/ohttp-res\r\n", &answer.body));
}

/// A body without the lengths of its chunks.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let length = std::str::from_utf8(&body[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        plain.extend_from_slice(&body[end + 2..end + 2 + length]);
        body = &body[(end + 4 + length).min(body.len())..];
    }
    plain
}

fn said(status: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{more}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Checks one stand-in: `send`, `held` and `withdraw` fail or wait, and stay blind.
fn check(collector: &Collector, relay: SocketAddr, expected: &str) {
    let machine = Machine::new(collector, &[relay]);
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    let waiting = machine.prints(&["preview", "usage"]);
    let error = machine.fails(&["send", "usage"]);
    assert!(error.contains(expected), "{expected}: {error}");
    assert!(error.contains("Nothing is lost"), "{error}");
    assert_eq!(machine.prints(&["preview", "usage"]), waiting);
    machine.run(&["tick"]);
    // It was tried, so it may be held: these ask.
    machine.run(&["held", "--live"]);
    machine.run(&["withdraw", "usage", "--now"]);
    if let Some(calls) = machine.recorded(&["held", "--live"]) {
        assert!(!calls.contains(&machine.recorder.address.ip().to_string()), "{calls}");
    }
    machine.stayed_blind();
}

#[test]
fn whatever_stands_in_for_the_relay_nothing_goes_direct() {
    let collector = Collector::start();
    let keys = wire::get(collector.address, "/ohttp-keys/signed").body;
    let keys = said("200 OK", "", &keys);
    let elsewhere = Collector::start();
    let foreign = wire::get(elsewhere.address, "/ohttp-keys/signed").body;
    let key_problem = format!(r#"{{"type":"{KEY_PROBLEM}"}}"#);
    let to_collector = "location: http://127.91.17.5:80/v1/larkspur/usage\r\n";
    for (keys, carried, expected) in [
        (&keys, said("500 Internal Server Error", "", b""), "answered 500"),
        (&keys, said("429 Too Many Requests", "retry-after: 5\r\n", b""), "answered 429"),
        (&keys, said("404 Not Found", "", b""), "answered 404"),
        (&keys, said("307 Temporary Redirect", to_collector, b""), "answered 307"),
        (&keys, said("200 OK", "", b"<html>Welcome! Log in.</html>"), "did not seal"),
        (&keys, said("201 Created", "", b"{}"), "answered 201"),
        (&keys, said("400 Bad Request", "", key_problem.as_bytes()), "does not know any more"),
        (&keys, said("400 Bad Request", "", b"{}"), "answered 400"),
        (&keys, b"nonsense\r\n\r\n".to_vec(), "did not answer"),
        (&keys, Vec::new(), "did not answer"),
        (&said("404 Not Found", "", b""), Vec::new(), "asked for the keys"),
        (&said("301 Moved", to_collector, b""), Vec::new(), "asked for the keys"),
        (&said("200 OK", "", b"[]"), Vec::new(), "no document of keys"),
        (&said("200 OK", "", b"<html>"), Vec::new(), "are not believed"),
        (&said("200 OK", "", &foreign), Vec::new(), "are not believed"),
        (&Vec::new(), Vec::new(), "did not answer"),
    ] {
        check(&collector, stand_in(keys, &carried), expected);
    }
}

#[test]
fn without_a_relay_or_behind_one_whose_gateway_is_gone_nothing_goes_direct() {
    let collector = Collector::start();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    check(&collector, nobody, "refused the connection");
    let relay = Relay::before(collector.address, &[]).with_keys();
    relay.wait_for_signed_keys();
    let mut gone = collector;
    gone.end();
    check(&gone, relay.address, "answered 502");
}

#[test]
fn two_relays_that_tell_different_keys_are_not_believed() {
    let collector = Collector::start();
    let first = wire::get(collector.address, "/ohttp-keys/signed").body;
    // The same keys, signed again under a second key that the same root certified.
    let second = collector.signed_again(&first);
    assert_ne!(first, second);
    let relays = [first, second].map(|keys| stand_in(&said("200 OK", "", &keys), b""));
    let machine = Machine::new(&collector, &relays);
    machine.prints(&["agree", "usage", "--tier", "basic"]);
    let error = machine.fails(&["send", "usage"]);
    assert!(error.contains("another relay tells others"), "{error}");
    assert_eq!(machine.ledger("sealed").len(), 0, "nothing is sealed to keys in doubt");
    machine.stayed_blind();
}
