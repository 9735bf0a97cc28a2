//! Receipts: each stands for itself under one signature of its batch, and for nothing else.

use envelope::limits::{BATCH_LEAVES_MAX, RECEIPT_BYTES_MAX};
use envelope::{
    Digest, KeyError, KeyPurpose, Receipt, ReceiptError, ReceiptSigner, RootKey, SignError,
};
use jiff::civil::date;

use crate::fixture::{
    Counting, DAYS, PROGRAM, believed_after_a_flip, dated, is_canonical, root, roots, signer,
    statement,
};

fn receipts(size: usize) -> Vec<Receipt> {
    signer().sign_batch((0..size).map(statement).collect()).unwrap()
}

fn verify(receipt: &Receipt) -> Result<(), ReceiptError> {
    receipt.verify(&roots(), &receipt.statement.digest).map(|_| ())
}

#[test]
fn every_receipt_of_a_batch_stands_for_itself() {
    for size in [1, 2, 3, 7, 64] {
        for (number, receipt) in receipts(size).iter().enumerate() {
            assert_eq!(receipt.verify(&roots(), &statement(number).digest), Ok(&statement(number)));
        }
    }
}

#[test]
fn a_batch_gives_the_same_bytes_either_way_and_each_time() {
    let signer = signer();
    let batch = signer.batch((0..5).map(statement).collect()).unwrap();
    assert_eq!(batch.len(), 5);
    for (number, receipt) in receipts(5).iter().enumerate() {
        assert_eq!(batch.receipt(number).as_ref(), Some(receipt));
        assert_eq!(batch.to_json(number), Some(receipt.to_json()));
        assert!(is_canonical(&receipt.to_json()));
        assert_eq!(serde_json::from_str::<Receipt>(&receipt.to_json()).unwrap(), *receipt);
    }
    assert_eq!((batch.receipt(5), batch.to_json(5)), (None, None));
}

#[test]
fn one_statement_alone_is_a_batch_of_one() {
    assert_eq!(signer().sign_one(statement(0)).unwrap(), receipts(1)[0]);
}

#[test]
fn no_bit_of_a_receipt_can_be_flipped() {
    let receipt = receipts(3).swap_remove(1);
    let digest = receipt.statement.digest;
    let believes = |json: &str| {
        serde_json::from_str::<Receipt>(json)
            .is_ok_and(|receipt| receipt.verify(&roots(), &digest).is_ok())
    };
    let json = receipt.to_json();
    assert!(believes(&json));
    assert_eq!(believed_after_a_flip(&json, believes), Vec::<String>::new());
}

#[test]
fn a_receipt_says_nothing_that_is_not_signed() {
    let json = receipts(1)[0].to_json();
    for name in ["{", r#""key":{"#, r#""statement":{"#] {
        let more = json.replacen(name, &format!(r#"{name}"comment":"","#), 1);
        assert_ne!(more, json);
        assert!(serde_json::from_str::<Receipt>(&more).is_err(), "{name}");
    }
}

#[test]
fn each_step_has_its_own_error() {
    let good = receipts(4).swap_remove(2);
    let spoiled = |spoil: fn(&mut Receipt)| {
        let mut receipt = good.clone();
        spoil(&mut receipt);
        verify(&receipt)
    };
    assert_eq!(spoiled(|_| ()), Ok(()));
    assert_eq!(good.verify(&roots(), &Digest::of(b"")), Err(ReceiptError::Digest));
    let late = spoiled(|receipt| receipt.statement.received = date(2027, 2, 1));
    assert!(matches!(late, Err(ReceiptError::Key(KeyError::Day { .. }))));
    let root = spoiled(|receipt| receipt.key.last_day = date(2099, 1, 1));
    assert_eq!(root, Err(ReceiptError::Key(KeyError::Root)));
    assert_eq!(spoiled(|receipt| receipt.path.truncate(1)), Err(ReceiptError::Path));
    assert_eq!(spoiled(|receipt| receipt.index = 4), Err(ReceiptError::Path));
    assert_eq!(spoiled(|receipt| receipt.index = 3), Err(ReceiptError::Signature));
    let longer = spoiled(|receipt| receipt.statement.forget_by = date(2099, 1, 1));
    assert_eq!(longer, Err(ReceiptError::Signature));
    assert_eq!(spoiled(|receipt| receipt.signature.0[0] ^= 1), Err(ReceiptError::Signature));
}

#[test]
fn proof_and_signature_of_another_batch_are_refused() {
    let (ours, theirs) = (receipts(4), receipts(5));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let path = Receipt { path: theirs.path.clone(), ..ours.clone() };
        assert!(verify(&path).is_err());
        let signature = Receipt { signature: theirs.signature, ..ours.clone() };
        assert_eq!(verify(&signature), Err(ReceiptError::Signature));
        let statement = Receipt { statement: statement(9), ..ours.clone() };
        assert_eq!(verify(&statement), Err(ReceiptError::Signature));
    }
}

#[test]
fn a_key_of_a_stranger_signs_no_receipt() {
    let stranger = RootKey::generate(&mut Counting(9));
    let key = stranger.issue(&mut Counting(5), KeyPurpose::Receipt, PROGRAM, DAYS);
    let receipt = ReceiptSigner::new(key).unwrap().sign_one(statement(0)).unwrap();
    assert_eq!(verify(&receipt), Err(ReceiptError::Key(KeyError::Root)));
}

#[test]
fn what_nobody_would_believe_is_not_signed() {
    let release = ReceiptSigner::new(dated(KeyPurpose::Release));
    assert_eq!(release.unwrap_err(), SignError::Purpose);
    let mut late = statement(0);
    late.received = date(2027, 2, 1);
    let other =
        ReceiptSigner::new(root().issue(&mut Counting(5), KeyPurpose::Receipt, "other", DAYS));
    let other = other.unwrap();
    assert_eq!(other.sign_one(statement(0)), Err(SignError::Program));
    assert_eq!(signer().sign_one(late.clone()), Err(SignError::Day));
    assert_eq!(signer().sign_batch(vec![statement(0), late]), Err(SignError::Day));
    assert_eq!(signer().sign_batch(Vec::new()), Err(SignError::Leaves));
}

#[test]
fn the_largest_batch_fits_its_limits() {
    let statements: Vec<_> = (0..=BATCH_LEAVES_MAX).map(statement).collect();
    assert_eq!(signer().batch(statements.clone()).unwrap_err(), SignError::Leaves);
    let signer = signer();
    let batch = signer.batch(statements[1..].to_vec()).unwrap();
    let last = batch.receipt(BATCH_LEAVES_MAX - 1).unwrap();
    assert_eq!(verify(&last), Ok(()));
    assert!(last.to_json().len() < RECEIPT_BYTES_MAX / 2);
}

#[test]
fn a_receipt_of_a_usual_batch_is_as_long_as_documented() {
    assert_eq!(receipts(256)[200].to_json().len(), 1_331);
}

#[test]
fn the_digest_of_a_part_is_not_printed() {
    let receipt = receipts(1).swap_remove(0);
    let digest = receipt.statement.digest;
    let signer = signer();
    let batch = signer.batch(vec![statement(0)]).unwrap();
    let printed = format!("{receipt:?} {batch:?}");
    assert!(!printed.contains(&digest.to_string()) && !printed.contains(&digest.short()));
    // What is printed instead tells which one it was.
    let period = format!("period: {:?}", receipt.statement.period);
    assert!(printed.contains(&period) && printed.contains("Batch { size: 1, .. }"), "{printed}");
    assert!(!batch.is_empty());
}
