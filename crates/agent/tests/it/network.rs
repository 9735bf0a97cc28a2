//! Six networks that a machine may stand in. Commands that do not send never touch them; `send`
//! ends in time and says what to do.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::machine::Machine;

/// What stands at the collector's address.
#[derive(Clone, Copy)]
enum There {
    /// Accepts and never says a word; under TLS, a handshake that hangs.
    Hangs,
    /// One byte of an answer each second.
    SlowLoris,
    /// A log-in page, whatever is asked.
    Portal,
    /// Hangs up.
    HangsUp,
    /// More than any answer has.
    Endless,
}

struct Place {
    address: String,
    connections: Arc<AtomicUsize>,
}

impl Place {
    fn new(there: There) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve(there, stream.unwrap()));
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(there: There, mut stream: TcpStream) {
    let mut request = [0; 4096];
    match there {
        There::Hangs => while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) {},
        There::SlowLoris => {
            let _ = stream.read(&mut request);
            stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            for byte in b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}" {
                // Waits a second, or until the other side has enough.
                while matches!(stream.read(&mut request), Ok(1..)) {}
                if stream.write_all(&[*byte]).is_err() {
                    return;
                }
            }
        }
        There::Portal => {
            let _ = stream.read(&mut request);
            let page = "<html>Welcome! Log in.</html>";
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
            let _ =
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(page.as_bytes()));
            while stream.read(&mut request).is_ok_and(|bytes| bytes > 0) {}
        }
        There::HangsUp => {}
        There::Endless => {
            let _ = stream.read(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            while stream.write_all(b"8\r\n{{{{{{{{\r\n").is_ok() {}
        }
    }
}

const SILENT: &[&[&str]] = &[
    &["status"],
    &["why", "usage"],
    &["preview", "usage"],
    &["ledger"],
    &["held"],
    &["policy", "show"],
    &["ask"],
    &["agree", "devices"],
    &["decline", "devices"],
];

/// Checks one network: `said` is what `send` says of it.
fn check(address: &str, connections: impl Fn() -> usize, said: &str) {
    let machine = Machine::agreed(address);
    for command in SILENT {
        machine.prints(command);
        assert_eq!(connections(), 0, "{command:?} touched the network");
    }
    let waiting = machine.prints(&["preview", "usage"]);
    let began = Instant::now();
    let error = machine.fails(&["send", "usage"]);
    // One try of two seconds for the whole report, not one for each part; the rest is the
    // machine's.
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    assert!(error.contains(said), "{error}");
    assert!(error.contains("Nothing is lost"), "{error}");
    assert_eq!(machine.prints(&["preview", "usage"]), waiting);
    let began = Instant::now();
    machine.prints(&["decline", "usage"]);
    assert!(began.elapsed() < Duration::from_secs(10), "a no waits for no network");
}

#[test]
fn where_the_connection_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    check(&address, || 0, "refused the connection");
}

// A queue of one that is full: the system drops every further packet that wants in.
#[test]
fn where_packets_are_dropped() {
    use rustix::net::{AddressFamily, SocketType, bind, getsockname, listen, socket};
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&listener, &std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 0)).unwrap();
    listen(&listener, 0).unwrap();
    let address = std::net::SocketAddr::try_from(getsockname(&listener).unwrap()).unwrap();
    let soon = Duration::from_millis(200);
    let fill: Vec<_> = (0..4).map(|_| TcpStream::connect_timeout(&address, soon)).collect();
    assert!(fill.iter().any(Result::is_err), "the queue is full");
    check(&format!("http://{address}"), || 0, "did not answer within 2 s");
}

#[test]
fn where_the_name_leads_nowhere() {
    check("https://stats.larkspur.invalid", || 0, "stats.larkspur.invalid:443");
}

#[test]
fn where_nothing_is_answered() {
    let place = Place::new(There::Hangs);
    let address = format!("http://{}", place.address);
    check(&address, || place.connections(), "did not answer within 2 s");
}

#[test]
fn where_the_handshake_hangs() {
    let place = Place::new(There::Hangs);
    let address = format!("https://{}", place.address);
    check(&address, || place.connections(), "did not answer within 2 s");
}

#[test]
fn where_the_answer_comes_byte_by_byte() {
    let place = Place::new(There::SlowLoris);
    let address = format!("http://{}", place.address);
    check(&address, || place.connections(), "did not answer within 2 s");
}

#[test]
fn where_a_portal_answers() {
    let place = Place::new(There::Portal);
    let address = format!("http://{}", place.address);
    check(&address, || place.connections(), "perhaps a log-in page of the network");
}

#[test]
fn where_the_other_side_hangs_up() {
    let place = Place::new(There::HangsUp);
    let address = format!("http://{}", place.address);
    check(&address, || place.connections(), &place.address);
}

#[test]
fn where_the_answer_never_ends() {
    let place = Place::new(There::Endless);
    let address = format!("http://{}", place.address);
    check(&address, || place.connections(), "answered with more than a receipt");
}
