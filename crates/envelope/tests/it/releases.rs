//! Releases: a detached signature over the file's bytes, checkable long after the key's last day.

use envelope::{DetachedSignature, KeyError, KeyPurpose, ReleaseError, SignError, sign_release};
use jiff::civil::date;

use crate::fixture::{PROGRAM, TODAY, believed_after_a_flip, dated, is_canonical, roots};

const BYTES: &[u8] = b"{\"release\":1}";

fn signature() -> DetachedSignature {
    sign_release(&dated(KeyPurpose::Release), BYTES, TODAY).unwrap()
}

#[test]
fn the_signed_bytes_are_believed_and_no_others() {
    let signature = signature();
    assert_eq!(signature.verify(&roots(), PROGRAM, BYTES), Ok(()));
    assert_eq!(signature.verify(&roots(), PROGRAM, b"{}"), Err(ReleaseError::Digest));
    let other = signature.verify(&roots(), "other", BYTES);
    assert_eq!(other, Err(ReleaseError::Key(KeyError::Program)));
    let no_root = signature.verify(&[], PROGRAM, BYTES);
    assert_eq!(no_root, Err(ReleaseError::Key(KeyError::Root)));
}

#[test]
fn no_bit_of_the_signature_file_can_be_flipped() {
    let json = signature().to_json();
    let believes = |json: &str| {
        serde_json::from_str::<DetachedSignature>(json)
            .is_ok_and(|signature| signature.verify(&roots(), PROGRAM, BYTES).is_ok())
    };
    assert!(is_canonical(&json));
    assert!(believes(&json));
    assert_eq!(believed_after_a_flip(&json, believes), Vec::<String>::new());
}

#[test]
fn the_day_of_signing_cannot_be_moved() {
    let moved = DetachedSignature { signed_on: date(2026, 11, 21), ..signature() };
    assert_eq!(moved.verify(&roots(), PROGRAM, BYTES), Err(ReleaseError::Signature));
}

#[test]
fn a_key_for_receipts_or_of_another_day_signs_no_release() {
    let receipt = sign_release(&dated(KeyPurpose::Receipt), BYTES, TODAY);
    assert_eq!(receipt, Err(SignError::Purpose));
    let late = sign_release(&dated(KeyPurpose::Release), BYTES, date(2027, 2, 1));
    assert_eq!(late, Err(SignError::Day));
}
