//! The signed document of keys: believed for its program and days, and in nothing changed.

use envelope::KeyPurpose;
use envelope::oblivious::{DocumentError, Kem, KeyDocument, sign_keys};
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::fixture::{Counting, PROGRAM, TODAY, dated, roots};

fn day(number: i32) -> Date {
    TODAY.checked_add(number.days()).unwrap()
}

fn document(days: (Date, Date)) -> KeyDocument {
    let list = super::gateway(Kem::X25519).configurations(TODAY);
    sign_keys(&dated(KeyPurpose::Ohttp), &list, days).unwrap()
}

#[test]
fn a_document_is_believed_on_its_days_and_on_no_other() {
    let document = document((TODAY, day(5)));
    let read = KeyDocument::from_json(document.to_json().as_bytes()).unwrap();
    assert_eq!(read, document);
    for number in 0..=5 {
        let keys = read.verify(&roots(), PROGRAM, day(number)).unwrap();
        assert_eq!(keys.configurations()[0].id(), 7);
    }
    for number in [-1, 6] {
        let refused = read.verify(&roots(), PROGRAM, day(number)).unwrap_err();
        assert!(matches!(refused, DocumentError::Day { .. }));
    }
}

#[test]
fn keys_for_more_than_a_week_are_refused() {
    assert!(document((TODAY, day(6))).verify(&roots(), PROGRAM, TODAY).is_ok());
    for last in [7, 400] {
        let refused = document((TODAY, day(last))).verify(&roots(), PROGRAM, TODAY).unwrap_err();
        assert_eq!(refused, DocumentError::TooLong);
    }
}

#[test]
fn another_purpose_program_or_root_is_refused() {
    assert!(sign_keys(&dated(KeyPurpose::Receipt), b"", (TODAY, TODAY)).is_err());
    let document = document((TODAY, TODAY));
    let refused = document.verify(&roots(), "another", TODAY).unwrap_err();
    assert!(matches!(refused, DocumentError::Key(_)));
    let other = [envelope::RootKey::generate(&mut Counting(99)).public()];
    assert!(matches!(document.verify(&other, PROGRAM, TODAY), Err(DocumentError::Key(_))));
}

#[test]
fn each_program_finds_its_own_document() {
    let document = document((TODAY, day(5)));
    let list = KeyDocument::list_to_json(std::slice::from_ref(&document));
    assert_eq!(KeyDocument::of_program(list.as_bytes(), PROGRAM).unwrap(), document);
    let missing = KeyDocument::of_program(list.as_bytes(), "another").unwrap_err();
    assert_eq!(missing, DocumentError::Missing);
    assert!(KeyDocument::of_program(b"{}", PROGRAM).is_err());
}

#[test]
fn a_document_with_any_byte_changed_is_refused() {
    let document = document((TODAY, day(5)));
    let text = document.to_json();
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        changed[place] ^= 1;
        let verified = KeyDocument::from_json(&changed)
            .and_then(|changed| changed.verify(&roots(), PROGRAM, TODAY));
        assert!(verified.is_err(), "{place}");
    }
}

#[test]
fn a_document_for_one_sender_alone_has_another_digest() {
    let for_all = document((TODAY, day(5)));
    let list = super::gateway(Kem::XWing).configurations(TODAY);
    let for_one = sign_keys(&dated(KeyPurpose::Ohttp), &list, (TODAY, day(5))).unwrap();
    // Both are believed: the signature alone does not hold off a collector that singles out.
    assert!(for_one.verify(&roots(), PROGRAM, TODAY).is_ok());
    assert_ne!(for_all.digest(), for_one.digest());
}
