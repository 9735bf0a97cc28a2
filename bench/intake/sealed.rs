//! Sealed requests: ready-made distinct capsules, each carried by a relay or sent to the gateway
//! itself, opened, kept and answered, beside the null server in the same run.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use envelope::oblivious::{Gateway, GatewayKey, Kem, Request, Sealer, TrustedKeys};
use jiff::civil::date;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::load::{Load, write_tag};
use crate::process::Server;
use crate::sixty::FIELDS;
use crate::vendor::{Requests, Vendor};

/// Connections: a relay keeps so many to a gateway.
const CONNECTIONS: usize = 256;

/// Measures both kinds of keys, at the gateway and through a relay before it.
pub(crate) fn run(vendor: &Vendor, capsules: usize) {
    for kem in [Kem::X25519, Kem::XWing] {
        alone(vendor, kem);
        for through_relay in [false, true] {
            let folder = vendor.data_folder();
            let gateway = Server::collector(folder.path(), vendor, &["--sealed-per-minute", "0"]);
            let path = if through_relay { "/" } else { "/ohttp" };
            let requests = seal(vendor, &gateway, (kem, path), capsules);
            let null = Load::new(Server::null().address, requests.clone(), 0)
                .run(CONNECTIONS, Duration::from_secs(600));
            let relay = through_relay.then(|| gateway.relay());
            let name = if through_relay { "relay and gateway" } else { "gateway" };
            let address = relay.as_ref().unwrap_or(&gateway).address;
            let bytes = requests.templates[0].len();
            let servers = || std::iter::once(&gateway).chain(&relay);
            let cpu = || servers().map(Server::cpu_seconds).sum::<f64>();
            let before = cpu();
            let mut load = Load::new(address, requests, 0);
            let measured = load.run(CONNECTIONS, Duration::from_secs(600));
            println!(
                "{kem:?}, {name}: {:.0} capsules/s of {bytes} bytes, {:.2} of the null server, \
                 {} told to come back, p50 {:.2} ms, p99 {:.2} ms, {:.1} us of CPU each, peak \
                 {:.1} MB",
                measured.rate(),
                measured.rate() / null.rate(),
                measured.refused,
                measured.latency_ms(0.5),
                measured.latency_ms(0.99),
                (cpu() - before) * 1e6 / measured.answered as f64,
                servers().map(|one| one.memory_bytes_max() as f64 / 1e6).sum::<f64>(),
            );
        }
    }
}

/// What sealing costs the agent, and opening the collector, on one core and without a network.
fn alone(vendor: &Vendor, kem: Kem) {
    let mut random = ChaCha20Rng::from_seed([9; 32]);
    let today = date(2026, 11, 20);
    let gateway = Gateway::new(vec![GatewayKey::generate(kem, 1, today, &mut random)]);
    let keys = TrustedKeys::without_signature(&gateway.configurations(today)).unwrap();
    let sealer = Sealer::new(&keys, kem).unwrap();
    let request = request(vendor.part(0, FIELDS / 2));
    let (sealing, capsules) = each(|| sealer.seal(&request, &mut random).unwrap());
    let capsule = &capsules.first().unwrap().bytes;
    let (opening, _) = each(|| gateway.open(capsule, today).unwrap());
    println!("{kem:?}, one core: sealing {sealing:.0} us, opening {opening:.0} us");
}

/// Does something a thousand times: the mean, in microseconds, and what came of it.
fn each<T>(mut does: impl FnMut() -> T) -> (f64, Vec<T>) {
    const TIMES: u32 = 1_000;
    let begin = Instant::now();
    let made = (0..TIMES).map(|_| does()).collect();
    (begin.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES), made)
}

fn request(body: Vec<u8>) -> Request {
    Request {
        method: "POST".into(),
        authority: "collector".into(),
        path: "/v1/larkspur/usage".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body,
    }
}

fn seal(vendor: &Vendor, server: &Server, (kem, path): (Kem, &str), number: usize) -> Requests {
    let keys = TrustedKeys::without_signature(&get(server, "/ohttp-keys")).unwrap();
    let sealer = Sealer::new(&keys, kem).unwrap();
    let mut random = ChaCha20Rng::from_seed([9; 32]);
    // Half of the fields: such a part fits the class of 2 KiB, as most do.
    let mut part = vendor.part(0, FIELDS / 2);
    let zeros = [b'0'; 32];
    let tag = part.windows(32).position(|window| window == zeros).unwrap();
    let capsules = (0..number as u64).map(|number| {
        write_tag(&mut part[tag..tag + 32], number);
        let capsule = sealer.seal(&request(part.clone()), &mut random).unwrap().bytes;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: c\r\ncontent-type: message/ohttp-req\r\ncontent-length: \
             {}\r\n\r\n",
            capsule.len()
        );
        [head.as_bytes(), &capsule].concat()
    });
    Requests { templates: capsules.collect(), tags: Vec::new() }
}

fn get(server: &Server, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: c\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    answer.split_off(body)
}
