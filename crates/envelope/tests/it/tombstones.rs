//! Tombstones: signed by the key of receipts, believed for one tag, never mistaken for a receipt.

use envelope::{Deletion, KeyError, SignError, Tag, Tombstone, TombstoneError};
use jiff::civil::date;

use crate::fixture::{
    TODAY, believed_after_a_flip, deletion, is_canonical, roots, signer, statement,
};

fn tombstone() -> Tombstone {
    Tombstone::sign(&signer(), deletion()).unwrap()
}

#[test]
fn a_tombstone_is_believed_for_its_tag_alone() {
    let tombstone = tombstone();
    assert_eq!(tombstone.verify(&roots(), &deletion().tag), Ok(deletion()));
    assert_eq!(tombstone.verify(&roots(), &Tag::ZERO), Err(TombstoneError::Tag));
    let no_root = tombstone.verify(&[], &deletion().tag);
    assert_eq!(no_root, Err(TombstoneError::Key(KeyError::Root)));
}

#[test]
fn no_bit_of_a_tombstone_can_be_flipped() {
    let json = tombstone().to_json();
    let believes = |json: &str| {
        serde_json::from_str::<Tombstone>(json)
            .is_ok_and(|tombstone| tombstone.verify(&roots(), &deletion().tag).is_ok())
    };
    assert!(is_canonical(&json));
    assert!(believes(&json));
    assert_eq!(believed_after_a_flip(&json, believes), Vec::<String>::new());
}

#[test]
fn a_tombstone_says_nothing_that_is_not_signed() {
    let more = tombstone().to_json().replacen('{', r#"{"comment":"","#, 1);
    assert!(serde_json::from_str::<Tombstone>(&more).is_err());
}

#[test]
fn the_signature_of_a_receipt_makes_no_tombstone() {
    let receipt = signer().sign_one(statement(0)).unwrap();
    let forged = Tombstone { signature: receipt.signature, ..tombstone() };
    let verified = forged.verify(&roots(), &deletion().tag);
    assert_eq!(verified, Err(TombstoneError::Signature));
}

#[test]
fn a_deletion_that_nobody_would_believe_is_not_signed() {
    let late = Deletion { deleted_on: date(2027, 2, 1), ..deletion() };
    assert_eq!(Tombstone::sign(&signer(), late), Err(SignError::Day));
    let other = Deletion { program: "other", deleted_on: TODAY, ..deletion() };
    assert_eq!(Tombstone::sign(&signer(), other), Err(SignError::Program));
}

#[test]
fn the_tag_is_not_printed() {
    let tombstone = tombstone();
    assert!(!format!("{tombstone:?}").contains(&tombstone.tag.to_string()));
}

#[test]
fn a_statement_without_the_day_of_the_next_release_is_believed_as_it_was_signed() {
    // What was signed before there was such a day, and where nothing of the channel is published.
    let without = Deletion { published_before_stays: None, ..deletion() };
    let signed = Tombstone::sign(&signer(), without).unwrap();
    assert!(!signed.to_json().contains("published_before_stays"));
    let read: Tombstone = serde_json::from_str(&signed.to_json()).unwrap();
    assert_eq!(read.verify(&roots(), &without.tag), Ok(without));
    // The day is signed: it cannot be added, taken away or moved.
    let added = Tombstone { published_before_stays: deletion().published_before_stays, ..signed };
    assert_eq!(added.verify(&roots(), &without.tag), Err(TombstoneError::Signature));
}
