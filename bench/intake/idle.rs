//! Ten thousand connections that dawdle, and what they cost those who do not.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

use crate::load::Load;
use crate::process::Server;
use crate::vendor::Vendor;

/// Connections that send, beside those that do not.
const CONNECTIONS: usize = 64;

/// Connections of each kind whose memory is measured.
const COUNTED: u64 = 6_000;

/// Threads that dawdle, so that opening ten thousand takes no longer than cutting them.
const THREADS: usize = 8;

/// What became of the slow connections.
#[derive(Clone, Copy, Default)]
struct Fate {
    opened: u64,
    cut: u64,
    longest: Duration,
}

/// Measures goodput without and with them in one run, of one server each.
pub(crate) fn run(vendor: &Vendor, slow: usize, time: Duration) {
    let times = ["--head-seconds", "5", "--body-seconds", "5", "--connections", "20000"];
    let mut first = 1 << 40;
    let mut measure = |slow: usize| {
        let folder = vendor.data_folder();
        let server = Server::collector(folder.path(), vendor, &times);
        let stop = Arc::new(AtomicBool::new(false));
        let address = server.address;
        let dawdling: Vec<_> = (0..THREADS)
            .map(|thread| {
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || dawdle(address, (thread, slow / THREADS), &stop))
            })
            .collect();
        let ready = Instant::now();
        while server.connections() < slow * 9 / 10 && ready.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(200));
        }
        let open = server.connections();
        let measured = Load::new(address, vendor.requests(), first).run(CONNECTIONS, time);
        first += 1 << 32;
        stop.store(true, Ordering::Relaxed);
        let fates = dawdling.into_iter().map(|dawdling| dawdling.join().unwrap());
        let fate = fates.reduce(Fate::with).unwrap_or_default();
        println!(
            "{slow:>6} slow connections: {:>7.0} reports/s, p50 {:.2} ms, p99 {:.2} ms, peak {:.1} \
             MB; {open} open at first, {} opened in all, {} cut, the last seen after {:.1} s",
            measured.rate(),
            measured.latency_ms(0.5),
            measured.latency_ms(0.99),
            server.memory_bytes_max() as f64 / 1e6,
            fate.opened,
            fate.cut,
            fate.longest.as_secs_f64(),
        );
        measured.rate()
    };
    let alone = measure(0);
    let beside = measure(slow);
    println!("goodput beside {slow} slow connections: {:.2} of what it is alone", beside / alone);
    each_costs(vendor);
}

/// What a connection of each kind costs: resident memory with them, less that without.
fn each_costs(vendor: &Vendor) {
    for (kind, name) in ["silent", "with half a head", "with half a body"].into_iter().enumerate() {
        let folder = vendor.data_folder();
        let times = ["--head-seconds", "60", "--body-seconds", "60"];
        let server = Server::collector(folder.path(), vendor, &times);
        let before = server.memory_bytes();
        let lines: Vec<_> =
            (0..COUNTED).map(|at| open(server.address, kind, at).unwrap()).collect();
        // Until what they sent was read.
        std::thread::sleep(Duration::from_secs(5));
        let each = server.memory_bytes().saturating_sub(before) / lines.len() as u64;
        println!("a connection {name:<16} costs {each:>6} bytes, of {COUNTED}");
    }
}

impl Fate {
    fn with(self, other: Self) -> Self {
        Self {
            opened: self.opened + other.opened,
            cut: self.cut + other.cut,
            longest: self.longest.max(other.longest),
        }
    }
}

/// Keeps so many connections open: silent, with half a head, with half a body. Whatever is cut is
/// opened again at once, from addresses all over the loopback network.
fn dawdle(to: SocketAddr, (thread, number): (usize, usize), stop: &AtomicBool) -> Fate {
    let mut fate = Fate::default();
    let mut lines: Vec<Option<(TcpStream, Instant)>> = (0..number).map(|_| None).collect();
    while !stop.load(Ordering::Relaxed) && number > 0 {
        for (at, line) in lines.iter_mut().enumerate() {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            if line.as_mut().is_some_and(|(stream, _)| is_cut(stream, at)) {
                fate.cut += 1;
                let lived = line.take().map(|(_, since)| since.elapsed());
                fate.longest = fate.longest.max(lived.unwrap_or_default());
            }
            if line.is_none() {
                *line = open(to, at, fate.opened * THREADS as u64 + thread as u64)
                    .map(|stream| (stream, Instant::now()));
                fate.opened += u64::from(line.is_some());
            }
        }
        // Each sends a byte about every second.
        std::thread::sleep(Duration::from_millis(800));
    }
    fate
}

fn open(to: SocketAddr, at: usize, opened: u64) -> Option<TcpStream> {
    let SocketAddr::V4(to) = to else { return None };
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).ok()?;
    let [.., a, b] = opened.to_be_bytes();
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::new(127, 1 + a / 2, b, 1), 0)).ok()?;
    connect(&socket, &to).ok()?;
    let mut stream = TcpStream::from(socket);
    stream.set_nonblocking(true).ok()?;
    let begun = ["", "POST /v1/larks", BEGUN][at % 3];
    stream.write_all(begun.as_bytes()).ok()?;
    Some(stream)
}

const BEGUN: &str = "POST /v1/larkspur/usage HTTP/1.1\r\nhost: c\r\ncontent-type: \
                     application/json\r\ncontent-length: 2000\r\n\r\n{";

fn is_cut(stream: &mut TcpStream, at: usize) -> bool {
    if !at.is_multiple_of(3) && stream.write(b"a").is_err() {
        return true;
    }
    let mut piece = [0; 512];
    match stream.read(&mut piece) {
        // An answer that says so comes before the end.
        Ok(0) => true,
        Ok(_) => matches!(stream.read(&mut piece), Ok(0)),
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}
