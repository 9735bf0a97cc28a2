//! Keys: only what a pinned root certified for this purpose, program and day is believed.

use envelope::{
    DatedKey, KeyCertificate, KeyError, KeyFileError, KeyPurpose, PublicKey, RootKey, RootPublic,
};
use jiff::civil::{Date, date};

use crate::fixture::{
    Counting, DAYS, PROGRAM, TODAY, believed_after_a_flip, dated, is_canonical, root, roots,
};

fn certificate() -> KeyCertificate {
    dated(KeyPurpose::Receipt).certificate().clone()
}

fn verify(certificate: &KeyCertificate, day: Date) -> Result<PublicKey, KeyError> {
    let verified = certificate.verify(&roots(), KeyPurpose::Receipt, PROGRAM, day);
    verified.map(|key| key.public())
}

#[test]
fn a_certificate_stands_from_its_first_to_its_last_day() {
    let certificate = certificate();
    let (first_day, last_day) = DAYS;
    for day in [first_day, TODAY, last_day] {
        assert_eq!(verify(&certificate, day), Ok(certificate.public));
    }
    for day in [date(2026, 10, 31), date(2027, 2, 1)] {
        let error = KeyError::Day { first_day, last_day, day };
        assert_eq!(verify(&certificate, day), Err(error));
    }
}

#[test]
fn another_purpose_program_or_root_is_refused() {
    let certificate = certificate();
    let other_purpose = certificate.verify(&roots(), KeyPurpose::Release, PROGRAM, TODAY);
    assert_eq!(other_purpose, Err(KeyError::Purpose));
    let other_program = certificate.verify(&roots(), KeyPurpose::Receipt, "other", TODAY);
    assert_eq!(other_program, Err(KeyError::Program));
    let stranger = RootKey::generate(&mut Counting(9)).public();
    let other_root = certificate.verify(&[stranger], KeyPurpose::Receipt, PROGRAM, TODAY);
    assert_eq!(other_root, Err(KeyError::Root));
    let no_root = certificate.verify(&[], KeyPurpose::Receipt, PROGRAM, TODAY);
    assert_eq!(no_root, Err(KeyError::Root));
}

#[test]
fn either_of_two_pinned_roots_may_stand_behind_a_key() {
    let next = RootKey::generate(&mut Counting(9));
    let pinned = [next.public(), root().public()];
    let old = certificate();
    let new = next.certify(KeyPurpose::Receipt, PROGRAM, old.public, DAYS);
    for certificate in [old, new] {
        assert!(certificate.verify(&pinned, KeyPurpose::Receipt, PROGRAM, TODAY).is_ok());
    }
}

#[test]
fn no_bit_of_a_certificate_can_be_flipped() {
    let json = serde_json::to_string(&certificate()).unwrap();
    let believes = |json: &str| {
        serde_json::from_str(json).is_ok_and(|certificate| verify(&certificate, TODAY).is_ok())
    };
    assert!(is_canonical(&json));
    assert!(believes(&json));
    assert_eq!(believed_after_a_flip(&json, believes), Vec::<String>::new());
}

#[test]
fn a_certificate_says_nothing_that_is_not_signed() {
    let json = serde_json::to_string(&certificate()).unwrap();
    let more = json.replacen('{', r#"{"comment":"","#, 1);
    assert!(serde_json::from_str::<KeyCertificate>(&more).is_err());
    let twice = json.replacen('{', r#"{"program":"other","#, 1);
    assert!(serde_json::from_str::<KeyCertificate>(&twice).is_err());
}

#[test]
fn the_file_of_a_dated_key_gives_the_key_back() {
    let key = root().issue(&mut Counting(3), KeyPurpose::Ohttp, PROGRAM, DAYS);
    let text = key.to_file_text();
    assert!(is_canonical(text.trim_end()));
    let read = DatedKey::from_file_text(&text).unwrap();
    assert_eq!(read.certificate(), key.certificate());
    assert_eq!(*read.to_file_text(), *text);
}

#[test]
fn a_private_half_of_another_key_is_refused() {
    let text = dated(KeyPurpose::Receipt).to_file_text();
    let private = text.split('"').rev().nth(1).unwrap();
    let other = text.replace(private, &"07".repeat(32));
    assert!(matches!(DatedKey::from_file_text(&other), Err(KeyFileError::Pair)));
    let short = text.replace(private, "07");
    assert!(matches!(DatedKey::from_file_text(&short), Err(KeyFileError::Hex(_))));
    assert!(matches!(DatedKey::from_file_text("{}"), Err(KeyFileError::Json)));
}

#[test]
fn the_file_of_a_root_gives_the_root_back() {
    let text = root().to_file_text();
    assert_eq!(RootKey::from_file_text(&text).unwrap().public(), root().public());
    for wrong in ["", "candor-root-key-v1:00", &root().public().to_string()] {
        assert!(RootKey::from_file_text(wrong).is_err());
    }
}

#[test]
fn a_root_is_pinned_as_text() {
    // RFC 8032, section 7.1, test 1.
    let private = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let root = RootKey::from_file_text(&format!("candor-root-key-v1:{private}\n")).unwrap();
    let text = root.public().to_string();
    assert_eq!(text, format!("ed25519:{public}"));
    assert_eq!(text.parse::<RootPublic>().unwrap(), root.public());
    let json = serde_json::to_string(&root.public()).unwrap();
    assert_eq!(serde_json::from_str::<RootPublic>(&json).unwrap(), root.public());
    assert!(public.parse::<RootPublic>().is_err());
    assert!(text.to_uppercase().parse::<RootPublic>().is_err());
}

#[test]
fn a_key_with_which_anything_verifies_is_refused() {
    // The neutral element, and bytes that are no point at all.
    for bytes in ["01", "02"] {
        let text = format!("ed25519:{bytes}{}", "00".repeat(31));
        assert!(matches!(text.parse::<RootPublic>(), Err(KeyFileError::Point)), "{text}");
    }
}

#[test]
fn nothing_of_a_private_half_is_printed() {
    let key = dated(KeyPurpose::Receipt);
    let text = key.to_file_text();
    let private = text.split('"').rev().nth(1).unwrap();
    let printed = format!("{key:?}{:?}", root());
    assert!(!printed.contains(private), "{printed}");
    assert!(!printed.contains(&root().to_file_text()[19..83]), "{printed}");
    let error = DatedKey::from_file_text(&text.replace("receipt", private)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(private));
}
