//! A collector that signs for whatever it gets, and a history of what was sent to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use envelope::{DatedKey, Digest, KeyPurpose, Receipt, ReceiptSigner, RootKey, Statement};
use jiff::civil::{Date, date};
use serde_json::Value;

/// The root that the test's manifests pin.
pub(crate) fn root() -> RootKey {
    RootKey::from_file_text(&format!("candor-root-key-v1:{}", "01".repeat(32))).unwrap()
}

/// The manifest with that root pinned.
pub(crate) fn pinned(manifest: &str) -> String {
    let old = "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert!(manifest.contains(old));
    manifest.replace(old, &root().public().to_string())
}

/// A receipt for a part of a daily channel, received on its day.
pub(crate) fn receipt(bytes: &[u8]) -> Receipt {
    let private = [2; 32];
    let public = envelope::PublicKey::of_private(&private);
    let days = (date(2026, 1, 1), date(2099, 12, 31));
    let certificate = root().certify(KeyPurpose::Receipt, "larkspur", public, days);
    let signer = ReceiptSigner::new(DatedKey::new(&private, certificate).unwrap()).unwrap();
    let part: Value = serde_json::from_slice(bytes).unwrap();
    let text = |key: &str| part[key].as_str().unwrap().to_owned();
    let day: Date = text("period").parse().unwrap();
    let statement = Statement {
        channel: text("channel"),
        definition: text("definition").parse().unwrap(),
        digest: Digest::of(bytes),
        forget_by: contract::calendar::add_days(day, 90),
        part: text("part"),
        period: text("period"),
        program: text("program"),
        received: day,
    };
    signer.sign_one(statement).unwrap()
}

/// Serves until the test ends; returns its address.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut length, mut is_chunked) = (0, false);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                is_chunked |= line.to_lowercase().starts_with("transfer-encoding: chunked");
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            while is_chunked {
                let mut size = String::new();
                stream.read_line(&mut size).unwrap();
                let mut chunk = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
                stream.read_exact(&mut chunk).unwrap();
                is_chunked = chunk.len() > 2;
                body.extend(&chunk[..chunk.len() - 2]);
            }
            let part = zstd::decode_all(body.as_slice()).unwrap();
            let json = receipt(&part).to_json();
            let head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n";
            let answer = format!("{head}Content-Length: {}\r\n\r\n{json}", json.len());
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    address
}

/// A ledger in which one report was sent on each of some days, the last of them without an answer.
pub(crate) fn history(state: &std::path::Path, parts: &str, days: &[Date]) {
    use agent::ledger::{Entry, append};
    let disk = disk::OsDisk::open(state).unwrap();
    for (number, day) in days.iter().enumerate() {
        let moment = jiff::tz::Offset::UTC.to_timestamp(day.at(9, 30, 0, 0)).unwrap();
        for (index, draft) in parts.lines().enumerate() {
            let old: Value = serde_json::from_str(draft).unwrap();
            let tag = format!("{:032x}", 0x0123_4567_89ab_cdef_u128 * (number + index + 7) as u128);
            let bytes = draft
                .replace(old["period"].as_str().unwrap(), &day.to_string())
                .replace(&"0".repeat(32), &tag)
                .replace("26.10.1", if number + 1 < days.len() { "26.9.4" } else { "26.10.0" });
            let mut entries = vec![Entry::Sending {
                channel: "usage".parse().unwrap(),
                period: day.to_string().parse().unwrap(),
                part: old["part"].as_str().unwrap().parse().unwrap(),
                bytes: bytes.clone(),
                to: "https://stats.larkspur.example".to_owned(),
                relays: Vec::new(),
                roots: vec![root().public()],
            }];
            if number + 1 < days.len() || index > 0 {
                let receipt = Box::new(receipt(bytes.as_bytes()));
                entries.push(Entry::Receipt { digest: Digest::of(bytes.as_bytes()), receipt });
            }
            append(&disk, moment, entries).unwrap();
        }
    }
}
