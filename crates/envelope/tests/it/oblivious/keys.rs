//! Keys of a gateway: a week at most, overlapping, and gone when they are over.

use envelope::oblivious::{
    ConfigurationError, Gateway, GatewayError, GatewayKey, Kem, Rotation, Sealer, TrustedKeys,
    limits, rotation,
};
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

use super::{KINDS, part};
use crate::fixture::{Counting, TODAY};

fn day(number: i32) -> Date {
    TODAY.checked_add(number.days()).unwrap()
}

#[test]
fn a_key_opens_for_seven_days_and_is_offered_for_six() {
    let key = GatewayKey::generate(Kem::X25519, 1, TODAY, &mut Counting(0));
    assert_eq!((key.last_offered_day(), key.last_day()), (day(5), day(6)));
    let gateway = Gateway::new(vec![key]);
    let keys = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
    let sealer = Sealer::new(&keys, Kem::X25519).unwrap();
    let capsule = sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap().bytes;
    for number in 0..=6 {
        assert!(gateway.open(&capsule, day(number)).is_ok(), "{number}");
    }
    for number in [-1, 7, 8, 400] {
        let refused = gateway.open(&capsule, day(number)).unwrap_err();
        assert!(matches!(refused, GatewayError::Key) && refused.asks_for_new_keys());
    }
    assert!(!gateway.configurations(day(5)).is_empty());
    assert!(gateway.configurations(day(6)).is_empty());
}

#[test]
fn a_key_comes_back_from_its_file_and_broken_files_do_not() {
    for kem in KINDS {
        let key = GatewayKey::generate(kem, 200, TODAY, &mut Counting(0));
        let text = key.to_file_text();
        let again = GatewayKey::from_file_text(&text).unwrap();
        assert_eq!(again.configuration().to_bytes(), key.configuration().to_bytes());
        assert_eq!((again.id(), again.first_day()), (200, TODAY));
        for broken in ["", "{}", &text[..60], &text.replace("first_day", "last_day")] {
            let error = GatewayKey::from_file_text(broken).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(&text[60..70]));
        }
    }
}

#[test]
fn over_two_years_there_is_always_a_key_and_never_one_older_than_a_week() {
    for kem in KINDS {
        let mut gateway = Gateway::default();
        let mut before: Option<Vec<u8>> = None;
        let mut made = 0;
        for number in 0..730 {
            let today = date(2026, 2, 20).checked_add(number.days()).unwrap();
            let Rotation { make, destroy } = rotation(gateway.keys(), kem, today);
            let kept: Vec<_> = gateway
                .keys()
                .iter()
                .filter(|key| !destroy.contains(&key.id()))
                .map(|key| GatewayKey::from_file_text(&key.to_file_text()).unwrap())
                .chain(make.map(|id| GatewayKey::generate(kem, id, today, &mut Counting(id))))
                .collect();
            made += usize::from(make.is_some());
            assert!(kept.iter().all(|key| key.lives(today)), "a key outlived its days");
            assert!((1..=2).contains(&kept.len()), "{} keys on {today}", kept.len());
            let mut names: Vec<_> = kept.iter().map(GatewayKey::id).collect();
            names.dedup();
            assert!(names.len() == kept.len() && !names.contains(&0));
            gateway = Gateway::new(kept);
            // What was sealed yesterday to what was told yesterday still opens today.
            if let Some(capsule) = before {
                assert!(gateway.open(&capsule, today).is_ok(), "{today}");
            }
            let list = TrustedKeys::without_signature(&gateway.configurations(today)).unwrap();
            let sealer = Sealer::new(&list, kem).unwrap();
            before = Some(sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap().bytes);
        }
        assert_eq!(made, 183, "one every {} days", limits::KEY_OFFERED_DAYS);
    }
}

#[test]
fn a_clock_that_was_ahead_leaves_no_day_without_a_key() {
    let ahead = vec![GatewayKey::generate(Kem::X25519, 3, day(3_650), &mut Counting(0))];
    let due = rotation(&ahead, Kem::X25519, TODAY);
    assert_eq!(due, Rotation { make: Some(4), destroy: vec![3] });
}

#[test]
fn both_kinds_of_keys_live_side_by_side_under_different_names() {
    let mut keys = Vec::new();
    for kem in KINDS {
        let id = rotation(&keys, kem, TODAY).make.unwrap();
        keys.push(GatewayKey::generate(kem, id, TODAY, &mut Counting(id)));
    }
    assert_ne!(keys[0].id(), keys[1].id());
    let gateway = Gateway::new(keys);
    let list = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
    for kem in KINDS {
        let sealer = Sealer::new(&list, kem).unwrap();
        let capsule = sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap().bytes;
        assert!(gateway.open(&capsule, TODAY).is_ok());
    }
}

#[test]
fn who_wants_the_stronger_kind_is_not_given_the_weaker() {
    let gateway = super::gateway(Kem::X25519);
    let list = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
    let refused = Sealer::new(&list, Kem::XWing).unwrap_err();
    assert_eq!(refused, ConfigurationError::NoneUsable);
}

#[test]
fn kinds_not_spoken_here_are_passed_over_and_broken_lists_are_not() {
    let ours = super::gateway(Kem::X25519).configurations(TODAY);
    let p256 = [&[0, 74, 1, 0, 16][..], &[4; 65], &[0, 4, 0, 1, 0, 1]].concat();
    let both = TrustedKeys::without_signature(&[&p256[..], &ours].concat()).unwrap();
    assert_eq!(both.configurations().len(), 1);
    let chacha_alone = [&ours[..39], &[0, 1, 0, 3]].concat();
    let one = TrustedKeys::without_signature(&chacha_alone).unwrap();
    assert!(Sealer::new(&one, Kem::X25519).is_err());
    for cut in 1..ours.len() {
        assert!(TrustedKeys::without_signature(&ours[..cut]).is_err(), "{cut}");
    }
    let many = ours.repeat(limits::CONFIGURATIONS_MAX + 1);
    let refused = TrustedKeys::without_signature(&many).unwrap_err();
    assert_eq!(refused, ConfigurationError::Many);
}
