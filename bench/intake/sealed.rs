//! Sealed requests at the gateway: ready-made distinct capsules, each opened, kept and answered.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use envelope::oblivious::{Kem, Request, Sealer, TrustedKeys};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::load::{Load, write_tag};
use crate::process::Server;
use crate::sixty::FIELDS;
use crate::vendor::{Requests, Vendor};

/// Connections: a relay keeps so many to a gateway.
const CONNECTIONS: usize = 256;

/// Measures both kinds of keys.
pub(crate) fn run(vendor: &Vendor, capsules: usize) {
    for kem in [Kem::X25519, Kem::XWing] {
        let folder = vendor.data_folder();
        let server = Server::collector(folder.path(), vendor, &["--sealed-per-minute", "0"]);
        let requests = seal(vendor, &server, kem, capsules);
        let bytes = requests.templates[0].len();
        let before = server.cpu_seconds();
        let mut load = Load::new(server.address, requests, 0);
        let measured = load.run(CONNECTIONS, Duration::from_secs(600));
        println!(
            "{kem:?}: {:.0} capsules/s of {bytes} bytes, p50 {:.2} ms, p99 {:.2} ms, {:.1} us of \
             CPU each, peak {:.1} MB",
            measured.rate(),
            measured.latency_ms(0.5),
            measured.latency_ms(0.99),
            (server.cpu_seconds() - before) * 1e6 / measured.answered as f64,
            server.memory_bytes_max() as f64 / 1e6,
        );
    }
}

fn seal(vendor: &Vendor, server: &Server, kem: Kem, number: usize) -> Requests {
    let keys = TrustedKeys::without_signature(&get(server, "/ohttp-keys")).unwrap();
    let sealer = Sealer::new(&keys, kem).unwrap();
    let mut random = ChaCha20Rng::from_seed([9; 32]);
    // Half of the fields: such a part fits the class of 2 KiB, as most do.
    let mut part = vendor.part(0, FIELDS / 2);
    let zeros = [b'0'; 32];
    let tag = part.windows(32).position(|window| window == zeros).unwrap();
    let capsules = (0..number as u64).map(|number| {
        write_tag(&mut part[tag..tag + 32], number);
        let request = Request {
            method: "POST".into(),
            authority: "collector".into(),
            path: "/v1/larkspur/usage".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: part.clone(),
        };
        let capsule = sealer.seal(&request, &mut random).unwrap().bytes;
        let head = format!(
            "POST /ohttp HTTP/1.1\r\nhost: c\r\ncontent-type: message/ohttp-req\r\ncontent-length: \
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
