//! The committed test vectors: fixed inputs with every value in between, for other languages.
//!
//! Each value is what this crate gives and is compared with [`crate::by_hand`]. After a change that
//! is meant, `UPDATE=1 cargo test -p envelope` writes the files anew.

use std::path::Path;

use envelope::{Secret, TagScope, Tombstone, sign_release};
use serde_json::{Value, json, to_value};

use crate::by_hand::{self, expand, extract, hex, member, message, sha256, tree_root, unhex};
use crate::fixture::{TODAY, dated, deletion, root, signer, statement};

#[expect(clippy::disallowed_methods, reason = "the only tests of this crate that touch files")]
fn check(name: &str, about: &str, body: &Value) {
    let mut vectors = json!({ "about": about });
    vectors.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let text = format!("{vectors:#}\n");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name);
    if std::env::var("UPDATE").is_ok_and(|update| update == "1") {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert_eq!(committed, text, "{name} differs; is every installation's data to change?");
}

fn counting(first: u8) -> [u8; 32] {
    std::array::from_fn(|place| first + u8::try_from(place).unwrap())
}

fn tag_case(secret: [u8; 32], scope: &TagScope<'_>) -> Value {
    let key = Secret::from_bytes(secret).tag_key(scope);
    let mut info = b"candor/tag-key/v1".to_vec();
    for text in [scope.program, scope.channel, scope.part, scope.epoch] {
        info.extend(member(text));
    }
    match scope.sample {
        None => info.push(0),
        Some(value) => info.extend([vec![1], member(value)].concat()),
    }
    let extracted = extract(&secret);
    let key_by_hand = expand(&extracted, &info);
    let tag = &sha256(&[b"candor/tag/v1", &key_by_hand])[..16];
    assert_eq!(key.to_hex(), hex(&key_by_hand));
    assert_eq!(key.tag().as_bytes(), tag);
    assert_eq!(*key.tag().tombstone_marker().as_bytes(), sha256(&[b"deleted", tag]));
    json!({
        "1_secret": hex(&secret), "1_program": scope.program, "1_channel": scope.channel,
        "1_part": scope.part, "1_epoch": scope.epoch, "1_sample": scope.sample,
        "2_hkdf_extracted": hex(&extracted), "2_hkdf_info": hex(&info), "3_key": key.to_hex(),
        "4_tag": key.tag(), "5_marker_of_a_deleted_tag": key.tag().tombstone_marker(),
    })
}

#[test]
fn tags_are_as_committed() {
    let scope = |part, epoch, sample| TagScope {
        program: "candor-demo",
        channel: "usage",
        part,
        epoch,
        sample,
    };
    let cases = [
        tag_case(counting(0), &scope("platform", "2026-W47", None)),
        tag_case(counting(0), &scope("platform", "2026-11-20", None)),
        tag_case(counting(0), &scope("devices", "2026-W47", Some(""))),
        tag_case(counting(0), &scope("devices", "2026-W47", Some("Gerät 5.10 \"x\"\n"))),
        tag_case([255; 32], &scope("platform", "stable", None)),
    ];
    let about = "tag = first 16 bytes of SHA-256('candor/tag/v1' || key); key = HKDF-SHA256(no \
                 salt, secret, info) of 32 bytes; info = 'candor/tag-key/v1', then program, \
                 channel, part, epoch as UTF-8, each after its length (u32, big-endian), then 00 \
                 without a sample, or 01 and the sample's length and bytes; marker = \
                 SHA-256('deleted' || tag)";
    check("tags.json", about, &json!({ "cases": cases }));
}

fn moment_case(label: &str, parts: &[&str]) -> Value {
    let secret = counting(0);
    let moment = Secret::from_bytes(secret).moment(label, parts);
    let mut info = [b"candor/moment/v1".to_vec(), member(label)].concat();
    info.extend(parts.iter().flat_map(|part| member(part)));
    let output = expand(&extract(&secret), &info);
    assert_eq!(moment.to_be_bytes(), output[..8]);
    json!({
        "1_secret": hex(&secret), "1_label": label, "1_parts": parts,
        "2_hkdf_info": hex(&info), "3_moment_hex": hex(&output[..8]),
        "4_moment": moment.to_string(),
    })
}

#[test]
fn moments_are_as_committed() {
    let cases = [
        moment_case("send", &["candor-demo", "usage", "platform", "2026-W47"]),
        moment_case("send", &["candor-demo", "usage", "platform", "2026-11-20"]),
        moment_case("retry", &[]),
    ];
    let about = "moment = HKDF-SHA256(no salt, secret, info) of 8 bytes, big-endian; info = \
                 'candor/moment/v1', then the label and each part after its length (u32, \
                 big-endian); the number is a string because JSON numbers end at 2^53";
    check("moments.json", about, &json!({ "cases": cases }));
}

#[test]
fn a_certificate_is_as_committed() {
    let key = dated(envelope::KeyPurpose::Receipt);
    let certificate = to_value(key.certificate()).unwrap();
    let signed = message("candor/certificate/v1", &certificate, &["signature"]);
    assert_eq!(certificate["signature"], by_hand::sign(&counting(0), &signed));
    assert_eq!(certificate["public"], by_hand::public(&counting(100)));
    let about = "signature = Ed25519(root, 'candor/certificate/v1' || 00 || canonical JSON of the \
                 certificate without its signature)";
    let body = json!({
        "1_root_private": hex(&counting(0)), "1_root_public": root().public(),
        "1_dated_private": hex(&counting(100)),
        "2_signed_bytes": hex(&signed), "3_certificate": certificate,
    });
    check("certificate.json", about, &body);
}

fn receipt_case(size: usize) -> Value {
    let statements: Vec<_> = (0..size).map(statement).collect();
    let leaves: Vec<String> =
        statements.iter().map(|statement| to_value(statement).unwrap().to_string()).collect();
    let hashes: Vec<_> = leaves.iter().map(|leaf| sha256(&[&[0], leaf.as_bytes()])).collect();
    let tree_head = [&(size as u64).to_be_bytes()[..], &tree_root(&hashes)].concat();
    let signed = [b"candor/receipt/v1\0", &*tree_head].concat();
    let receipts = signer().sign_batch(statements).unwrap();
    for receipt in &receipts {
        assert_eq!(receipt.signature.to_string(), by_hand::sign(&counting(100), &signed));
    }
    json!({
        "1_leaves": leaves,
        "2_leaf_hashes": hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>(),
        "3_root_hash": hex(&tree_root(&hashes)), "4_signed_bytes": hex(&signed),
        "5_receipts": receipts,
    })
}

#[test]
fn receipts_are_as_committed() {
    let about = "leaf = canonical JSON of the statement; leaf hash = SHA-256(00 || leaf); node = \
                 SHA-256(01 || left || right) as in RFC 9162 section 2.1; signature = \
                 Ed25519('candor/receipt/v1' || 00 || size as u64, big-endian || root hash)";
    let body = json!({
        "1_root_public": root().public(), "1_dated_private": hex(&counting(100)),
        "cases": [receipt_case(1), receipt_case(2), receipt_case(5)],
    });
    check("receipts.json", about, &body);
}

#[test]
fn a_tombstone_is_as_committed() {
    let tombstone = to_value(Tombstone::sign(&signer(), deletion()).unwrap()).unwrap();
    let signed = message("candor/tombstone/v1", &tombstone, &["key", "signature"]);
    assert_eq!(tombstone["signature"], by_hand::sign(&counting(100), &signed));
    let about = "signature = Ed25519('candor/tombstone/v1' || 00 || canonical JSON of the \
                 tombstone without key and signature)";
    let body = json!({
        "1_root_public": root().public(), "1_dated_private": hex(&counting(100)),
        "2_signed_bytes": hex(&signed), "3_tombstone": tombstone,
    });
    check("tombstone.json", about, &body);
}

#[test]
fn the_signature_of_a_release_is_as_committed() {
    let bytes = b"{\"release\":1}";
    let key = dated(envelope::KeyPurpose::Release);
    let signature = to_value(sign_release(&key, bytes, TODAY).unwrap()).unwrap();
    let signed = message("candor/release/v1", &signature, &["key", "signature"]);
    assert_eq!(signature["signature"], by_hand::sign(&counting(100), &signed));
    assert_eq!(unhex(signature["digest"].as_str().unwrap()), sha256(&[bytes]));
    let about = "signature = Ed25519('candor/release/v1' || 00 || canonical JSON of digest and \
                 signed_on); digest = SHA-256 of the release's bytes";
    let body = json!({
        "1_root_public": root().public(), "1_dated_private": hex(&counting(100)),
        "1_release_bytes": hex(bytes), "2_signed_bytes": hex(&signed), "3_signature": signature,
    });
    check("release.json", about, &body);
}
