//! The derivation against the RFC, and that every bit of its input counts.

use std::collections::HashSet;

use super::{Secret, TagScope, hkdf_sha256, moment_info, tag_key_info};
use crate::hex::encode;

const SCOPE: TagScope<'_> = TagScope {
    program: "candor-demo",
    channel: "usage",
    part: "platform",
    epoch: "2026-W47",
    sample: Some("Linux sw1 5.10"),
};

#[test]
fn the_derivation_is_that_of_rfc_5869() {
    // Appendix A.1, the first 32 of its 42 bytes and all of them.
    let salt: Vec<u8> = (0..=12).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    let expected =
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    let output: [u8; 42] = hkdf_sha256(Some(&salt), &[0x0b; 22], &info);
    assert_eq!(encode(&output), expected);
    let output: [u8; 32] = hkdf_sha256(Some(&salt), &[0x0b; 22], &info);
    assert_eq!(encode(&output), expected[..64]);
    // Appendix A.3: no salt, as here.
    let output: [u8; 42] = hkdf_sha256(None, &[0x0b; 22], &[]);
    assert_eq!(
        encode(&output),
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
    );
}

/// All scopes that differ from [`SCOPE`] by one bit of one member, or by having no sample.
///
/// The highest bit stays, since a text is UTF-8.
fn neighbours() -> Vec<[Option<String>; 5]> {
    let TagScope { program, channel, part, epoch, sample } = SCOPE;
    let members = [Some(program), Some(channel), Some(part), Some(epoch), sample];
    let members = members.map(|member| member.map(str::to_owned));
    let mut all = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let bytes = member.as_ref().unwrap().as_bytes();
        for bit in (0..8 * bytes.len()).filter(|bit| bit % 8 != 7) {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut scope = members.clone();
            scope[place] = Some(String::from_utf8(flipped).unwrap());
            all.push(scope);
        }
    }
    let mut without = members.clone();
    without[4] = None;
    all.extend([members, without]);
    all
}

#[test]
fn every_bit_of_a_scope_changes_key_and_tag() {
    let secret = Secret::from_bytes([7; 32]);
    let scopes = neighbours();
    let (mut keys, mut tags) = (HashSet::new(), HashSet::new());
    for [program, channel, part, epoch, sample] in &scopes {
        let text = |member: &Option<String>| member.clone().unwrap();
        let key = secret.tag_key(&TagScope {
            program: &text(program),
            channel: &text(channel),
            part: &text(part),
            epoch: &text(epoch),
            sample: sample.as_deref(),
        });
        assert!(tags.insert(key.tag()));
        assert!(keys.insert(key.to_hex()));
    }
    assert_eq!(tags.len(), 7 * "candor-demousageplatform2026-W47Linux sw1 5.10".len() + 2);
}

#[test]
fn every_bit_of_the_secret_changes_key_tag_and_moment() {
    let (mut keys, mut tags, mut moments) = (HashSet::new(), HashSet::new(), HashSet::new());
    // None flipped, then each of the 256: both halves of the secret count.
    for bit in 0..=256 {
        let mut bytes = [7; 32];
        if let Some(byte) = bytes.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        let secret = Secret::from_bytes(bytes);
        let key = secret.tag_key(&SCOPE);
        assert!(tags.insert(key.tag()));
        assert!(keys.insert(key.to_hex()));
        assert!(moments.insert(secret.moment("send", &["platform", "2026-W47"])));
    }
}

#[test]
fn no_two_scopes_are_the_same_bytes() {
    let bare = |program, channel, part, epoch, sample| {
        tag_key_info(&TagScope { program, channel, part, epoch, sample })
    };
    let infos = [
        bare("a", "b", "c", "d", None),
        bare("ab", "", "c", "d", None),
        bare("", "ab", "c", "d", None),
        bare("a", "bc", "", "d", None),
        bare("a", "b", "cd", "", None),
        bare("a", "b", "c", "d", Some("")),
        bare("a", "b", "c", "", Some("d")),
        bare("a", "b", "c", "d\0", None),
        bare("a", "b", "c", "d\u{1}\0\0\0\0", None),
        moment_info("a", &["b", "c", "d"]),
        moment_info("a", &["b", "cd"]),
        moment_info("a", &["b", "cd", ""]),
        moment_info("", &["a", "b", "cd"]),
        moment_info("a", &[]),
    ];
    let distinct: HashSet<_> = infos.iter().collect();
    assert_eq!(distinct.len(), infos.len());
}

#[test]
fn moments_are_spread_evenly() {
    let secret = Secret::from_bytes([7; 32]);
    let mut hours = [0u32; 24];
    for day in 0..2_400 {
        let moment = secret.moment("send", &["platform", &day.to_string()]);
        let hour = (u128::from(moment) * 24) >> 64;
        hours[usize::try_from(hour).unwrap()] += 1;
    }
    // 100 expected in each; five standard deviations of a binomial are 49.
    assert!(hours.iter().all(|count| (51..150).contains(count)), "{hours:?}");
}

#[test]
fn nothing_of_a_secret_is_printed() {
    let secret = Secret::from_bytes([0xab; 32]);
    let key = secret.tag_key(&SCOPE);
    let printed = format!("{secret:?} {key:?} {:?}", key.tag());
    assert_eq!(printed, "Secret(..) TagKey(..) Tag(..)");
}
