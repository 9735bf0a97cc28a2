//! A record is read back as it was written, or not at all.

use super::*;

fn row(tag: Option<Tag>) -> Vec<u8> {
    let proof = Proof {
        received: Date::constant(2026, 11, 20),
        key: 3,
        index: 5,
        size: 9,
        signature: Signature([7; 64]),
        path: vec![Digest([1; 32]), Digest([2; 32])],
    };
    let part = PartId::parse("platform").unwrap();
    let row = Row { digest: Digest::of(b"x"), part, tag, proof, bytes: b"{\"a\":1}" };
    let mut body = Vec::new();
    row.write(&mut body);
    body
}

#[test]
fn a_row_is_read_back_with_its_proof() {
    for tag in [None, Some(Tag([9; 16]))] {
        let body = row(tag);
        let read = Row::read(&body).unwrap();
        assert_eq!((read.tag, read.digest, read.bytes), (tag, Digest::of(b"x"), &b"{\"a\":1}"[..]));
        assert_eq!(read.proof.received, Date::constant(2026, 11, 20));
        assert_eq!((read.proof.key, read.proof.index, read.proof.size), (3, 5, 9));
        assert_eq!(read.proof.path, [Digest([1; 32]), Digest([2; 32])]);
        assert_eq!(read.part.as_str(), "platform");
    }
}

#[test]
fn every_single_wrong_bit_is_noticed() {
    let mut bytes = Vec::new();
    push(&mut bytes, RecordKind::Row, 4, 1, b"body");
    let Found::Whole(record) = read(&bytes) else { panic!("not read back") };
    assert_eq!((record.batch, record.remaining, record.body), (4, 1, &b"body"[..]));
    assert_eq!(record.frame, bytes);
    for bit in 0..bytes.len() * 8 {
        let mut broken = bytes.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        assert!(!matches!(read(&broken), Found::Whole(_)), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(matches!(read(&bytes[..length]), Found::Short), "cut at {length}");
    }
}

#[test]
fn zeros_are_no_record() {
    assert!(matches!(read(&[0; 64]), Found::Broken));
}
