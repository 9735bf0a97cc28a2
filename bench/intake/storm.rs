//! A restart storm: killed every 50 to 500 ms and started again at once, while parts are offered at
//! an even pace. Prints the share of them that was acknowledged, and that none of those is lost.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::load::write_tag;
use crate::process::Server;
use crate::vendor::{Requests, Vendor};

/// Who offers parts, each one after the other, whatever became of the one before.
const SENDERS: u64 = 16;
/// Between two parts of one sender: 320 a second in all.
const PACE: Duration = Duration::from_millis(50);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is offered, and what became of it.
struct Storm {
    requests: Requests,
    /// Where the server listens, when it does.
    address: RwLock<Option<SocketAddr>>,
    is_over: AtomicBool,
    offered: AtomicU64,
}

pub(crate) fn run(vendor: &Vendor, time: Duration) {
    let folder = vendor.data_folder();
    let storm = Storm {
        requests: vendor.requests(),
        address: RwLock::default(),
        is_over: AtomicBool::new(false),
        offered: AtomicU64::new(0),
    };
    let mut kills = 0_u64;
    let mut starts = Vec::new();
    let acknowledged: Vec<(u64, Vec<u8>)> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|at| {
                scope.spawn({
                    let storm = &storm;
                    move || storm.send(at)
                })
            })
            .collect();
        let began = Instant::now();
        while began.elapsed() < time {
            let started = Instant::now();
            let server = Server::collector(folder.path(), vendor, &[]);
            starts.push(started.elapsed());
            *storm.address.write().unwrap() = Some(server.address);
            // No two lives are alike, and every run has the same.
            let life = Duration::from_millis(50 + kills.wrapping_mul(2_654_435_761) % 451);
            std::thread::sleep(life.saturating_sub(started.elapsed()));
            *storm.address.write().unwrap() = None;
            drop(server);
            kills += 1;
        }
        storm.is_over.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    let server = Server::collector(folder.path(), vendor, &[]);
    let mut line = None;
    for (number, receipt) in &acknowledged {
        let again = storm.exchange(&mut line, server.address, *number);
        assert_eq!(again.as_ref(), Some(receipt), "part {number} is lost, or has another receipt");
    }
    starts.sort();
    let offered = storm.offered.load(Ordering::Relaxed);
    println!(
        "{kills} kills in {} s: {} of {offered} parts offered were acknowledged, {:.1} %; 0 lost, \
         one receipt each; ready again after {} ms (median), {} ms (longest)",
        time.as_secs(),
        acknowledged.len(),
        acknowledged.len() as f64 * 100.0 / offered as f64,
        starts[starts.len() / 2].as_millis(),
        starts[starts.len() - 1].as_millis(),
    );
}

impl Storm {
    /// Offers parts until the storm is over; those that were acknowledged, with their receipts.
    fn send(&self, sender: u64) -> Vec<(u64, Vec<u8>)> {
        let mut acknowledged = Vec::new();
        let mut line = None;
        let began = Instant::now();
        for turn in 0_u32.. {
            if self.is_over.load(Ordering::Relaxed) {
                break;
            }
            std::thread::sleep((PACE * turn).saturating_sub(began.elapsed()));
            let number = u64::from(turn) * SENDERS + sender;
            self.offered.fetch_add(1, Ordering::Relaxed);
            let address = *self.address.read().unwrap();
            let receipt = address.and_then(|address| self.exchange(&mut line, address, number));
            acknowledged.extend(receipt.map(|receipt| (number, receipt)));
        }
        acknowledged
    }

    /// Sends a part, on a kept connection where there is one, and gives its receipt.
    fn exchange(
        &self,
        line: &mut Option<TcpStream>,
        address: SocketAddr,
        number: u64,
    ) -> Option<Vec<u8>> {
        let mut stream = match line.take() {
            Some(stream) if stream.peer_addr().is_ok_and(|peer| peer == address) => stream,
            _ => TcpStream::connect(address).ok()?,
        };
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let at = usize::try_from(number).unwrap() % self.requests.templates.len();
        let mut request = self.requests.templates[at].clone();
        let tag = self.requests.tags[at];
        write_tag(&mut request[tag..tag + 32], number);
        stream.write_all(&request).ok()?;
        let receipt = receipt_in(&mut stream)?;
        *line = Some(stream);
        Some(receipt)
    }
}

/// Reads an answer: the receipt, if it is one.
fn receipt_in(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let read = stream.read(&mut piece).ok().filter(|read| *read > 0)?;
        answer.extend_from_slice(&piece[..read]);
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.lines().next()?.parse().ok()?;
        if answer.len() < end + 4 + length {
            continue;
        }
        let is_receipt = matches!(&head[9..12], "200" | "201");
        return is_receipt.then(|| answer[end + 4..].to_vec());
    }
}
