//! Links work once and for ten minutes; sessions end; a cookie opens one door.

use std::sync::Mutex;

use super::*;
use crate::page::limits::{LINKS_MAX, SESSIONS_MAX};

/// Counts, so that every secret is another.
struct Counting(Mutex<u128>);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let mut next = self.0.lock().unwrap();
        *next += 1;
        let number = next.to_be_bytes();
        bytes.copy_from_slice(&number[16 - bytes.len()..]);
    }
}

fn counting() -> Counting {
    Counting(Mutex::new(0))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

#[test]
fn a_link_works_once() {
    let (random, mut sessions) = (counting(), Sessions::default());
    let link = sessions.link(&random, at(0));
    assert!(sessions.enter(&link.door, "f00d", &random, at(1)).is_none());
    assert!(sessions.enter("another", &link.token, &random, at(1)).is_none());
    let cookie = sessions.enter(&link.door, &link.token, &random, at(1)).unwrap();
    assert!(sessions.enter(&link.door, &link.token, &random, at(1)).is_none());
    assert!(sessions.pass(&cookie, Some(&link.door), false, at(2)).is_some());
}

#[test]
fn a_link_ends_after_ten_minutes_and_when_the_clock_goes_back() {
    for (later, works) in [(600, true), (601, false), (-1, false)] {
        let (random, mut sessions) = (counting(), Sessions::default());
        let link = sessions.link(&random, at(0));
        let entered = sessions.enter(&link.door, &link.token, &random, at(later));
        assert_eq!(entered.is_some(), works, "after {later} s");
    }
}

#[test]
fn a_cookie_opens_its_own_door_alone() {
    let (random, mut sessions) = (counting(), Sessions::default());
    let link = sessions.link(&random, at(0));
    let cookie = sessions.enter(&link.door, &link.token, &random, at(0)).unwrap();
    let (socket_cookie, _) = sessions.admit(&random, at(0));
    assert!(sessions.pass(&cookie, None, false, at(1)).is_none());
    assert!(sessions.pass(&cookie, Some("0"), false, at(1)).is_none());
    assert!(sessions.pass(&socket_cookie, None, false, at(1)).is_none());
    assert!(sessions.pass(&socket_cookie, None, true, at(1)).is_some());
}

#[test]
fn a_session_ends_unused_after_an_hour_and_in_any_case_after_twelve() {
    let (random, mut sessions) = (counting(), Sessions::default());
    let (idle, _) = sessions.admit(&random, at(0));
    assert!(sessions.pass(&idle, None, true, at(3_601)).is_none());
    let (busy, _) = sessions.admit(&random, at(0));
    for hour in 1..=12 {
        assert!(sessions.pass(&busy, None, true, at(hour * 3_600)).is_some(), "hour {hour}");
    }
    assert!(sessions.pass(&busy, None, true, at(12 * 3_600 + 1)).is_none());
}

#[test]
fn links_and_sessions_are_bounded() {
    let (random, mut sessions) = (counting(), Sessions::default());
    for second in 0..100 {
        sessions.link(&random, at(second));
        sessions.admit(&random, at(second));
    }
    assert_eq!((sessions.links.len(), sessions.open.len()), (LINKS_MAX, SESSIONS_MAX));
}

#[test]
fn leaving_ends_a_session() {
    let (random, mut sessions) = (counting(), Sessions::default());
    let (cookie, pass) = sessions.admit(&random, at(0));
    assert!(pass.allows(Some(&pass.csrf)) && !pass.allows(Some("0")) && !pass.allows(None));
    sessions.leave(&cookie);
    assert!(sessions.pass(&cookie, None, true, at(1)).is_none());
}
