//! Bytes that nobody honest sends: cut, changed, invented.

use envelope::oblivious::{
    CapsuleKey, GatewayError, Kem, KeyDocument, Opener, Response, TrustedKeys,
};
use proptest::prelude::*;

use super::{KINDS, gateway, part, sealer};
use crate::fixture::{Counting, TODAY};

/// Of each kind; a hundred thousand of each were run by hand.
const CHANGES: usize = 1_000;

#[test]
fn a_capsule_cut_anywhere_is_refused() {
    for kem in KINDS {
        let gateway = gateway(kem);
        let sent = sealer(&gateway, kem).seal(&part(b"{}"), &mut Counting(1)).unwrap();
        for length in (0..sent.bytes.len()).filter(|length| *length < 200 || length % 97 == 0) {
            assert!(gateway.open(&sent.bytes[..length], TODAY).is_err(), "{length}");
        }
        let mut longer = sent.bytes.clone();
        longer.push(0);
        assert!(matches!(gateway.open(&longer, TODAY), Err(GatewayError::Sealed)));
        let endless = vec![sent.bytes[0]; 40_000];
        assert!(matches!(gateway.open(&endless, TODAY), Err(GatewayError::Length)));
    }
}

#[test]
fn a_capsule_with_any_bit_changed_is_refused() {
    for kem in KINDS {
        let gateway = gateway(kem);
        let sent = sealer(&gateway, kem).seal(&part(b"{}"), &mut Counting(1)).unwrap();
        let (_, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
        let answer = Response { status: 200, headers: Vec::new(), body: Vec::new() };
        let answer = responder.seal(&answer, &mut Counting(9)).unwrap();
        for round in 0..CHANGES {
            let bit = round * 7_919 % (8 * sent.bytes.len());
            let mut changed = sent.bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            // X25519 does not look at the highest bit of a point (RFC 7748), but the key that
            // follows from it mixes in the bytes as they were sent: nothing opens.
            assert!(gateway.open(&changed, TODAY).is_err(), "{bit}");
            let bit = round * 7_919 % (8 * answer.len());
            let mut changed = answer.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(sent.opener.open(&changed).is_err(), "{bit}");
        }
    }
}

#[test]
fn a_key_without_order_opens_nothing_and_harms_nothing() {
    let gateway = gateway(Kem::X25519);
    let sent = sealer(&gateway, Kem::X25519).seal(&part(b"{}"), &mut Counting(1)).unwrap();
    let mut capsule = sent.bytes.clone();
    capsule[7..39].fill(0);
    assert!(matches!(gateway.open(&capsule, TODAY), Err(GatewayError::Sealed)));
    // And nothing is sealed to one.
    let list = [&[0, 41, 1, 0, 32][..], &[0; 32], &[0, 4, 0, 1, 0, 1]].concat();
    let list = TrustedKeys::without_signature(&list).unwrap();
    let sealer = envelope::oblivious::Sealer::new(&list, Kem::X25519).unwrap();
    assert!(sealer.seal(&part(b"{}"), &mut Counting(1)).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let gateway = gateway(Kem::X25519);
        let _ = gateway.open(&bytes, TODAY);
        let named = [&[7, 0, 32, 0, 1, 0, 1][..], &bytes].concat();
        prop_assert!(gateway.open(&named, TODAY).is_err());
        let _ = TrustedKeys::without_signature(&bytes);
        let _ = KeyDocument::from_json(&bytes);
        let _ = Opener::from_exposed(&bytes).map(|opener| opener.open(&bytes).is_err());
        let _ = CapsuleKey::from_exposed(&bytes).map(|key| key.open(&bytes).is_err());
    }

    #[test]
    fn no_sealed_bytes_make_a_gateway_panic(plain in prop::collection::vec(any::<u8>(), 0..600)) {
        // Whoever has the public key can put anything into a capsule.
        let gateway = gateway(Kem::X25519);
        let list = gateway.configurations(TODAY);
        let client = ohttp::ClientRequest::from_encoded_config_list(&list).unwrap();
        let (capsule, _) = client.encapsulate(&plain).unwrap();
        let outcome = gateway.open(&capsule, TODAY);
        prop_assert!(matches!(outcome, Ok(_) | Err(GatewayError::Message(_))));
    }
}

#[test]
fn every_small_change_of_a_message_is_read_or_refused() {
    let gateway = gateway(Kem::X25519);
    let list = gateway.configurations(TODAY);
    let plain = b"\x00\x04POST\x05https\x0bexample.com\x02/a\x06\x01a\x03b c\x03xyz\x00\x00\x00";
    let mut random = Counting(0);
    for round in 0..CHANGES {
        let mut changed = plain.to_vec();
        for _ in 0..=round % 4 {
            let place = random.next_u32() as usize * 31 + round;
            let length = changed.len();
            changed[place % length] = random.next_u32().to_le_bytes()[round % 4];
        }
        let client = ohttp::ClientRequest::from_encoded_config_list(&list).unwrap();
        let (capsule, _) = client.encapsulate(&changed).unwrap();
        let outcome = gateway.open(&capsule, TODAY);
        assert!(matches!(outcome, Ok(_) | Err(GatewayError::Message(_))), "{changed:?}");
    }
}
