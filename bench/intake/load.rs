//! The load: one thread, many kept connections, one request at a time on each. Who is told to come
//! back does so when told, as an agent does.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::vendor::Requests;

/// Every so many answers one receipt is kept for verification.
const SAMPLE: u64 = 4_096;
/// How long an answer is waited for before who was told to come back is looked for.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
/// Places of the table of latencies: 64 for each doubling.
const PLACES: usize = 64 * 32;

/// Sends.
pub(crate) struct Load {
    address: SocketAddr,
    requests: Requests,
    next: u64,
}

/// What a round came to.
pub(crate) struct Measured {
    pub(crate) answered: u64,
    /// Told to come back: they are not in the rate and have no latency.
    pub(crate) refused: u64,
    pub(crate) receipts: Vec<Vec<u8>>,
    took: Duration,
    latencies: Vec<u64>,
}

struct Line {
    stream: TcpStream,
    sent: Instant,
    answer: Vec<u8>,
}

impl Load {
    pub(crate) fn new(address: SocketAddr, requests: Requests, first: u64) -> Self {
        Self { address, requests, next: first }
    }

    /// Keeps every connection busy for a time; what is under way then is waited for.
    pub(crate) fn run(&mut self, connections: usize, time: Duration) -> Measured {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let mut lines: Vec<Line> = (0..connections)
            .map(|at| {
                let stream = TcpStream::connect(self.address).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_nonblocking(true).unwrap();
                let data = epoll::EventData::new_u64(at as u64);
                epoll::add(&poll, &stream, data, epoll::EventFlags::IN).unwrap();
                Line { stream, sent: Instant::now(), answer: Vec::new() }
            })
            .collect();
        let mut measured = Measured {
            answered: 0,
            refused: 0,
            receipts: Vec::new(),
            took: Duration::ZERO,
            latencies: vec![0; PLACES],
        };
        let began = Instant::now();
        for line in &mut lines {
            self.send(line);
        }
        let mut waiting = connections;
        let mut told: VecDeque<(Instant, usize)> = VecDeque::new();
        let mut events: Vec<epoll::Event> = Vec::with_capacity(connections);
        let mut piece = vec![0; 64 * 1024];
        while waiting > 0 {
            while let Some(&(when, at)) = told.front() {
                if when > Instant::now() {
                    break;
                }
                told.pop_front();
                if began.elapsed() < time {
                    self.send(&mut lines[at]);
                } else {
                    waiting -= 1;
                }
            }
            events.clear();
            let room = rustix::buffer::spare_capacity(&mut events);
            let pause = told.front().map(|_| PAUSE);
            epoll::wait(&poll, room, pause.as_ref()).unwrap();
            for event in &events {
                let at = event.data.u64() as usize;
                let line = &mut lines[at];
                if !line.read(&mut piece) {
                    continue;
                }
                if let Some(later) = measured.note(line) {
                    told.push_back((Instant::now() + later, at));
                } else if began.elapsed() < time && self.has_more() {
                    self.send(line);
                } else {
                    waiting -= 1;
                }
            }
        }
        measured.took = began.elapsed();
        measured
    }

    /// Requests with tags to write are made as often as one likes; others are sent once.
    fn has_more(&self) -> bool {
        !self.requests.tags.is_empty() || self.next < self.requests.templates.len() as u64
    }

    fn send(&mut self, line: &mut Line) {
        let at = self.next as usize % self.requests.templates.len();
        let request = &mut self.requests.templates[at];
        if let Some(tag) = self.requests.tags.get(at) {
            write_tag(&mut request[*tag..tag + 32], self.next);
        }
        self.next += 1;
        line.sent = Instant::now();
        let written = line.stream.write(request).unwrap();
        assert_eq!(written, request.len(), "a socket's buffer is full");
    }
}

impl Line {
    /// Reads what is there; true once an answer is whole.
    fn read(&mut self, piece: &mut [u8]) -> bool {
        match self.stream.read(piece) {
            Ok(0) => panic!("the server closed a connection"),
            Ok(read) => self.answer.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(error) => panic!("{error}"),
        }
        let Some(end) = self.answer.windows(4).position(|four| four == b"\r\n\r\n") else {
            return false;
        };
        let head = std::str::from_utf8(&self.answer[..end]).unwrap();
        let status = &head[9..12];
        assert!(
            matches!(status, "200" | "201" | "204" | "503"),
            "{}",
            String::from_utf8_lossy(&self.answer)
        );
        let length = head.split("content-length: ").nth(1);
        let length = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
        self.answer.len() == end + 4 + length
    }
}

impl Measured {
    /// Notes an answer; after how long its sender comes back, where it was told to.
    fn note(&mut self, line: &mut Line) -> Option<Duration> {
        if line.answer.starts_with(b"HTTP/1.1 503") {
            self.refused += 1;
            let head = String::from_utf8_lossy(&line.answer);
            let told = head.split("retry-after: ").nth(1).unwrap().lines().next().unwrap();
            let later = Duration::from_secs(told.parse().unwrap());
            line.answer.clear();
            return Some(later);
        }
        self.latencies[place(line.sent.elapsed())] += 1;
        if self.answered.is_multiple_of(SAMPLE) {
            let body = line.answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            self.receipts.push(line.answer[body..].to_vec());
        }
        self.answered += 1;
        line.answer.clear();
        None
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    /// The latency below which this share of the answers came, in milliseconds.
    pub(crate) fn latency_ms(&self, share: f64) -> f64 {
        let mut left = (self.answered as f64 * share).ceil();
        for (place, count) in self.latencies.iter().enumerate() {
            left -= *count as f64;
            if left <= 0.0 {
                let (doubling, within) = (place / 64, place % 64);
                return (1u64 << doubling) as f64 * (1.0 + within as f64 / 64.0) / 1e6;
            }
        }
        f64::INFINITY
    }
}

/// Nanoseconds by their highest bit and the six bits after it.
fn place(latency: Duration) -> usize {
    let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX).clamp(64, 1 << 31);
    let doubling = nanoseconds.ilog2();
    let within = (nanoseconds >> (doubling - 6)) & 63;
    doubling as usize * 64 + within as usize
}

/// Distinct tags without an order in them: a permutation of the numbers (`splitmix64`), twice.
pub(crate) fn write_tag(digits: &mut [u8], number: u64) {
    let halves = [mix(number), mix(number ^ 0x5555_5555_5555_5555)];
    for (to, half) in digits.chunks_exact_mut(16).zip(halves) {
        for (at, digit) in to.iter_mut().enumerate() {
            *digit = b"0123456789abcdef"[(half >> (60 - 4 * at)) as usize & 15];
        }
    }
}

fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
