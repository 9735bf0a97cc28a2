//! How pushed numbers add up, what is refused, and what is left after the end of a process.

use contract::answer::Fact;
use contract::manifest::Manifest;
use push::line::NUMBER_MAX;

use super::{Hour, NotPushed, Pushed, Refused, line};
use crate::limits::PUSH_CELLS_MAX;

const HEAD: &str = include_str!("../../../simulation/src/larkspur/manifest.toml");

/// A manifest of one day channel and one week channel that push.
fn manifest() -> Manifest {
    let (head, _) = HEAD.split_once("[[channel]]").unwrap();
    let field = |id: &str, kind: &str, keeps: &str| {
        format!(
            "[[channel.part]]\nid = \"{id}\"\n[[channel.part.field]]\nid = \"{id}\"\n\
             question = \"What?\"\npurpose = \"support\"\nexpires = 2029-12-31\n{kind}\n\
             source = {{ push = \"{keeps}\" }}\n"
        )
    };
    let channel = |id: &str, period: &str| {
        format!(
            "[[channel]]\nid = \"{id}\"\ntitle = \"T\"\nabout = \"A\"\nperiod = \"{period}\"\n\
             retention_days = 90\npublication = \"exact\"\n"
        )
    };
    let numbers = "kind = \"count\"\nunit = \"things\"\nbuckets = [0, 1, 10]\nmax = 1000";
    let counts = "kind = \"counts\"\nchoices = [\"graph\", \"full text\"]\nunit = \"searches\"\n\
                  buckets = [1, 10]\nmax = 1000";
    let moves = "kind = \"flow\"\nsteps = [\"search\"]\nunit = \"times\"\nbuckets = [1, 10]\n\
                 max = 1000";
    let text = [
        head,
        &channel("day", "day"),
        &field("logins", numbers, "sum"),
        &field("users", numbers, "largest"),
        &field("edition", "kind = \"choice\"\nchoices = [\"server\", \"desktop\"]", "last"),
        &field("engine", "kind = \"version\"", "last"),
        &channel("week", "week"),
        &field("searches", counts, "sum"),
        &field("backup", "kind = \"flag\"", "sum"),
        &field("moves", moves, "sum"),
    ];
    Manifest::parse(&text.concat()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// A Thursday's midnight: no multiple of seven hours.
const NOW: Hour = 498_000;

fn pushed(lines: &[&str]) -> Pushed {
    let mut pushed = Pushed::new(&manifest());
    for text in lines {
        pushed.take(&line::read(text.as_bytes()).unwrap(), NOW).unwrap();
    }
    pushed
}

#[track_caller]
fn check(pushed: &Pushed, field: &str, later: Hour, expected: &Result<Fact, NotPushed>) {
    assert!(pushed.fact(field, NOW + later) == *expected, "{field} {later} hours later");
}

fn numbers(pairs: &[(&str, u64)]) -> Fact {
    Fact::Numbers(pairs.iter().map(|(word, number)| ((*word).to_owned(), *number)).collect())
}

#[test]
fn sums_add_up_maxima_stay_and_the_last_word_counts() {
    let pushed = pushed(&[
        "logins",
        "logins 4",
        "users 7",
        "users 3",
        "edition 1 server",
        "edition 1 Desktop",
        "engine 1 10.11.6-MariaDB-x",
        "searches 2 graph",
        "searches 1 full text",
        "backup",
    ]);
    check(&pushed, "logins", 0, &Ok(Fact::Number(5)));
    check(&pushed, "users", 0, &Ok(Fact::Number(7)));
    check(&pushed, "edition", 0, &Ok(Fact::Text("desktop".into())));
    check(&pushed, "engine", 0, &Ok(Fact::Text("10.11.6".into())));
    check(&pushed, "searches", 0, &Ok(numbers(&[("full text", 1), ("graph", 2)])));
    check(&pushed, "backup", 0, &Ok(Fact::Number(1)));
}

#[test]
fn what_was_never_told_is_unknown_and_a_zero_is_a_zero() {
    check(&pushed(&[]), "logins", 0, &Err(NotPushed));
    check(&pushed(&["logins 0"]), "logins", 0, &Ok(Fact::Number(0)));
}

#[test]
fn numbers_last_for_a_period_and_the_last_word_until_another_comes() {
    let pushed = pushed(&["logins 5", "searches 2 graph", "edition 1 server"]);
    check(&pushed, "logins", 23, &Ok(Fact::Number(5)));
    check(&pushed, "logins", 24, &Err(NotPushed));
    check(&pushed, "searches", 160, &Ok(numbers(&[("graph", 2)])));
    check(&pushed, "searches", 168, &Err(NotPushed));
    check(&pushed, "edition", 100_000, &Ok(Fact::Text("server".into())));
}

#[test]
fn no_word_is_kept_that_the_manifest_does_not_have() {
    let pushed = pushed(&[
        "searches 3 canary-5f3a9c",
        "edition 1 canary",
        "engine 1 canary",
        "moves 2 Search > /canary?user=5f3a9c",
        "moves 1 search>canary",
        "moves 1 canary",
    ]);
    assert!(!pushed.write().contains("canary"), "{}", pushed.write());
    check(&pushed, "searches", 0, &Ok(numbers(&[("other", 3)])));
    check(&pushed, "edition", 0, &Ok(Fact::Text("other".into())));
    check(&pushed, "moves", 0, &Ok(numbers(&[("search>other", 3), ("other>other", 1)])));
    assert!(!format!("{pushed:?}").contains("other"));
}

#[test]
fn what_is_hostile_is_bounded_and_named() {
    let mut pushed = pushed(&[]);
    for (text, why) in [
        ("nothing", Refused::Question),
        ("os 1 debian", Refused::Question),
        ("logins 1 word", Refused::Word),
        ("searches 1", Refused::Word),
    ] {
        assert_eq!(pushed.take(&line::read(text.as_bytes()).unwrap(), NOW), Err(why), "{text}");
    }
    for _ in 0..3 {
        let most = format!("logins {NUMBER_MAX}");
        pushed.take(&line::read(most.as_bytes()).unwrap(), NOW).unwrap();
    }
    check(&pushed, "logins", 0, &Ok(Fact::Number(NUMBER_MAX)));
    // A clock that runs wild makes new cells, and no more than there may be.
    let one = line::read(b"logins").unwrap();
    let refused =
        (0..=u32::try_from(PUSH_CELLS_MAX).unwrap()).find_map(|hour| pushed.take(&one, hour).err());
    assert_eq!(refused, Some(Refused::Full));
    pushed.forget(NOW);
    check(&pushed, "logins", 0, &Ok(Fact::Number(NUMBER_MAX)));
    assert!(pushed.write().lines().count() == 1, "{}", pushed.write());
}

#[test]
fn what_is_written_down_is_taken_up_again() {
    let before = pushed(&["logins 5", "edition 1 server", "searches 2 full text"]);
    let mut bytes = before.write().into_bytes();
    bytes.extend_from_slice(b"rubbish\n498000 gone 1\n\xff\xff\n498000 logins 1\n498000 logins 7");
    let mut after = Pushed::new(&manifest());
    assert_eq!(after.take_up(&bytes, NOW), 3);
    // The line that was cut off is not taken: 7 may have been 70.
    check(&after, "logins", 0, &Ok(Fact::Number(6)));
    check(&after, "edition", 0, &Ok(Fact::Text("server".into())));
    check(&after, "searches", 0, &Ok(numbers(&[("full text", 2)])));
}

#[test]
fn a_date_far_ahead_is_forgotten() {
    let mut pushed = pushed(&[]);
    pushed.take(&line::read(b"logins 9").unwrap(), NOW + 87_600).unwrap();
    pushed.forget(NOW);
    check(&pushed, "logins", 0, &Err(NotPushed));
    assert!(pushed.write().is_empty());
}
