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

/// The states of a row that becomes void, whatever part of each write is there.
fn voiding(row: &[u8]) -> Vec<Vec<u8>> {
    let mut state = row.to_vec();
    let mut states = vec![state.clone()];
    state[8] = void::KIND[0];
    states.push(state.clone());
    let sum = void::checksum_of(state.first_chunk().unwrap());
    // Any of the four bytes may be there before the others.
    for there in 0..16_u8 {
        let mut torn = state.clone();
        for at in (0..4).filter(|at| there >> at & 1 == 1) {
            torn[4 + at] = sum[at];
        }
        states.push(torn);
    }
    state[4..8].copy_from_slice(&sum);
    for from in HEAD_BYTES..row.len() {
        for to in from..=row.len() {
            let mut torn = state.clone();
            torn[from..to].fill(0);
            states.push(torn);
        }
    }
    state[HEAD_BYTES..].fill(0);
    states.push(state);
    states
}

#[test]
fn a_row_that_becomes_void_can_be_read_at_every_moment() {
    let mut bytes = Vec::new();
    push(&mut bytes, RecordKind::Row, 4, 1, b"what was said");
    let states = voiding(&bytes);
    for (number, state) in states.iter().enumerate() {
        let Found::Whole(record) = read(state) else { panic!("state {number}") };
        let kind = if number == 0 { RecordKind::Row } else { RecordKind::Void };
        assert_eq!((record.kind, record.batch, record.remaining), (kind, 4, 1), "state {number}");
        assert_eq!(record.frame.len(), bytes.len());
    }
    let last = states.last().unwrap();
    assert!(last[HEAD_BYTES..].iter().all(|byte| *byte == 0));
    // Doing it again changes nothing, from wherever it goes on.
    assert_eq!(void::checksum_of(last.first_chunk().unwrap()), last[4..8]);
    for bit in 0..HEAD_BYTES * 8 {
        let mut broken = last.clone();
        broken[bit / 8] ^= 1 << (bit % 8);
        assert!(!matches!(read(&broken), Found::Whole(_)), "bit {bit}");
    }
}

#[test]
fn nothing_but_a_row_becomes_void() {
    let mut bytes = Vec::new();
    push(&mut bytes, RecordKind::Marker, 4, 1, b"a marker");
    bytes[8] = void::KIND[0];
    assert!(matches!(read(&bytes), Found::Broken));
}
