//! How long sealing and opening take, and how many changed capsules are refused: run it with
//! `cargo run --release -p envelope --example sealing`, on as idle a machine as there is.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a measurement ends where something is not as it must be, and prints what it measured"
)]

use std::convert::Infallible;
use std::time::Instant;

use envelope::oblivious::{Gateway, GatewayKey, Kem, Request, Response, Sealer, TrustedKeys};
use jiff::civil::{Date, date};
use rand_core::{TryCryptoRng, TryRng};

const TODAY: Date = date(2026, 11, 20);
const ROUNDS: u32 = 5_000;
const CHANGES: usize = 100_000;

fn main() {
    println!("kem     capsule   seal   open  seal answer  open answer   (bytes, then µs)");
    for kem in [Kem::X25519, Kem::XWing] {
        speed(kem);
    }
    for kem in [Kem::X25519, Kem::XWing] {
        changes(kem);
    }
}

fn speed(kem: Kem) {
    let (gateway, sealer) = ends(kem);
    let mut random = Stepping(1);
    let receipt = Response { status: 201, headers: Vec::new(), body: vec![b'r'; 900] };
    let (mut sealing, mut opening, mut answering, mut reading) = (0, 0, 0, 0);
    let mut length = 0;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let sent = sealer.seal(&part(), &mut random).unwrap();
        sealing += begun.elapsed().as_nanos();
        length = sent.bytes.len();
        let begun = Instant::now();
        let (_, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
        opening += begun.elapsed().as_nanos();
        let begun = Instant::now();
        let capsule = responder.seal(&receipt, &mut random).unwrap();
        answering += begun.elapsed().as_nanos();
        let begun = Instant::now();
        assert_eq!(sent.opener.open(&capsule).unwrap().status, 201);
        reading += begun.elapsed().as_nanos();
    }
    let [seal, open, answer, read] = [sealing, opening, answering, reading]
        .map(|nanoseconds| nanoseconds as f64 / f64::from(ROUNDS) / 1_000.0);
    let kem = format!("{kem:?}");
    println!("{kem:<8}{length:>7}{seal:>7.1}{open:>7.1}{answer:>13.1}{read:>13.1}");
}

fn changes(kem: Kem) {
    let (gateway, sealer) = ends(kem);
    let mut random = Stepping(7);
    let sent = sealer.seal(&part(), &mut random).unwrap().bytes;
    let mut refused = 0;
    for round in 0..CHANGES {
        let mut changed = sent.clone();
        for _ in 0..=round % 3 {
            let place = usize::try_from(random.next()).unwrap_or(0) % changed.len();
            changed[place] ^= u8::try_from(random.next() % 255 + 1).unwrap();
        }
        if round % 5 == 0 {
            changed.truncate(usize::try_from(random.next()).unwrap_or(0) % changed.len());
        }
        refused += usize::from(gateway.open(&changed, TODAY).is_err());
    }
    println!("{kem:?}: {refused} of {CHANGES} changed or cut capsules refused");
}

fn ends(kem: Kem) -> (Gateway, Sealer) {
    let gateway = Gateway::new(vec![GatewayKey::generate(kem, 1, TODAY, &mut Stepping(3))]);
    let keys = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
    let sealer = Sealer::new(&keys, kem).unwrap();
    (gateway, sealer)
}

fn part() -> Request {
    Request {
        method: "POST".into(),
        authority: "collector.example".into(),
        path: "/v1/candor-demo/usage".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: vec![b'x'; 400],
    }
}

/// A generator for measurements, of no use for keys (the mixing step of `SplitMix64`).
struct Stepping(u64);

impl Stepping {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 27)
    }
}

impl TryRng for Stepping {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::try_from(self.next() >> 32).unwrap_or(0))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for piece in bytes.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes()[..piece.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Stepping {}
