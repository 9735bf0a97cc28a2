//! Promise 25: a tag needs the secret, the whole secret, and nothing that a restart brings back.

use envelope::{Secret, Tag, TagKey, TagScope};

use crate::fixture::Counting;

fn scope(epoch: &str) -> TagScope<'_> {
    TagScope { program: "candor-demo", channel: "usage", part: "platform", epoch, sample: None }
}

#[test]
fn a_restart_makes_the_same_tags_from_the_kept_secret() {
    let before = Secret::generate(&mut Counting(1));
    let after = Secret::from_bytes(*before.expose());
    assert_eq!(after.tag_key(&scope("2026-W47")).tag(), before.tag_key(&scope("2026-W47")).tag());
    assert_eq!(after.moment("send", &["platform"]), before.moment("send", &["platform"]));
}

#[test]
fn without_the_secret_an_old_epoch_cannot_be_made_again() {
    let before = Secret::generate(&mut Counting(1));
    let old = before.tag_key(&scope("2026-W47"));
    // All that a restart knows without the file: program, channel, part, epoch, and today's keys.
    let after = Secret::generate(&mut Counting(2));
    assert_ne!(after.tag_key(&scope("2026-W47")).tag(), old.tag());
    let known = before.tag_key(&scope("2026-W48"));
    let key_as_secret = Secret::from_bytes(bytes(&known));
    assert_ne!(key_as_secret.tag_key(&scope("2026-W47")).tag(), old.tag());
}

#[test]
fn a_new_secret_takes_every_byte_from_the_generator() {
    let expected: [u8; 32] = std::array::from_fn(|place| u8::try_from(place).unwrap());
    assert_eq!(*Secret::generate(&mut Counting(0)).expose(), expected);
}

#[test]
fn a_shown_key_proves_its_tag_and_no_other() {
    let secret = Secret::generate(&mut Counting(1));
    let key = secret.tag_key(&scope("2026-W47"));
    let shown: TagKey = key.to_hex().parse().unwrap();
    assert_eq!(shown.tag(), key.tag());
    assert_ne!(shown.tag(), secret.tag_key(&scope("2026-W48")).tag());
    assert!("".parse::<TagKey>().is_err());
    assert!(key.to_hex().to_uppercase().parse::<TagKey>().is_err());
    assert!(key.tag().to_string().parse::<TagKey>().is_err());
}

#[test]
fn a_draft_has_a_tag_of_zeros() {
    assert_eq!(Tag::ZERO.to_string(), "0".repeat(32));
    assert_eq!(serde_json::to_string(&Tag::ZERO).unwrap(), format!("\"{}\"", Tag::ZERO));
}

#[test]
fn the_marker_of_a_deleted_tag_is_not_its_tag() {
    let tag = Secret::generate(&mut Counting(1)).tag_key(&scope("2026-W47")).tag();
    assert!(!tag.tombstone_marker().to_string().contains(&tag.to_string()));
    assert_ne!(tag.tombstone_marker(), Tag::ZERO.tombstone_marker());
}

fn bytes(key: &TagKey) -> [u8; 32] {
    crate::by_hand::unhex(&key.to_hex()).try_into().unwrap()
}
