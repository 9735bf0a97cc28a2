//! What a product sees of pushing: nothing, whatever the agent does.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on says where"
)]

use std::os::unix::net::UnixDatagram;

use push::line::{LINE_BYTES_MAX, Line, NUMBER_MAX, read, write};
use push::{Push, SendError};

#[track_caller]
fn check(text: &str, expected: Option<(&str, u64, Option<&str>)>) {
    let found = read(text.as_bytes()).map(|line| (line.field, line.number, line.word));
    assert_eq!(found, expected, "{text:?}");
}

fn next(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[test]
fn a_line_is_a_name_a_number_and_a_word() {
    check("logins", Some(("logins", 1, None)));
    check("logins 3\n", Some(("logins", 3, None)));
    check("searches 2 full text", Some(("searches", 2, Some("full text"))));
    check("version 1 10.11.6", Some(("version", 1, Some("10.11.6"))));
    for broken in [
        "",
        "\n",
        " 3",
        "logins -1",
        "logins +1",
        "logins 1.5",
        "logins  1",
        "logins 1 ",
        "logins graph",
        "logins 99999999999999999999",
        "logins 9007199254740992",
        "a\n1",
        "a\0",
        "logins 1 a\nb",
    ] {
        check(broken, None);
    }
    assert!(read(&[b'a'; LINE_BYTES_MAX + 1]).is_none());
    assert!(read(b"logins 1 \xff").is_none());
}

#[test]
fn what_is_written_is_read_back_and_nothing_else_is_written() {
    let mut buffer = [0; LINE_BYTES_MAX];
    for line in [
        Line { field: "logins", number: 0, word: None },
        Line { field: "logins", number: NUMBER_MAX, word: Some("a b") },
    ] {
        assert_eq!(read(write(&line, &mut buffer).unwrap()), Some(line));
    }
    let long = "x".repeat(LINE_BYTES_MAX);
    for (field, number, word) in [
        ("", 1, None),
        ("a b", 1, None),
        ("a\nb", 1, None),
        ("a", NUMBER_MAX + 1, None),
        ("a", 1, Some("")),
        ("a", 1, Some("b\nc")),
        ("a", 1, Some(long.as_str())),
        (long.as_str(), 1, None),
    ] {
        assert!(write(&Line { field, number, word }, &mut buffer).is_none());
    }
}

#[test]
fn an_agent_that_is_away_costs_nothing_and_gets_it_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("push.sock");
    let push = Push::to(&path);
    let logins = push.counter("logins");
    for _ in 0..10 {
        logins.add(1);
    }
    assert_eq!(logins.kept(), 10);
    let agent = UnixDatagram::bind(&path).unwrap();
    logins.add(1);
    assert_eq!((next(&agent).as_str(), logins.kept()), ("logins 11", 0));
    // Restarted: another socket under the same name.
    drop(agent);
    logins.add(2);
    std::fs::remove_file(&path).unwrap();
    let agent = UnixDatagram::bind(&path).unwrap();
    drop(logins);
    assert_eq!(next(&agent), "logins 2");
}

#[test]
fn an_agent_that_does_not_read_blocks_nobody_and_loses_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("push.sock");
    let agent = UnixDatagram::bind(&path).unwrap();
    agent.set_nonblocking(true).unwrap();
    let push = Push::to(&path);
    let logins = push.counter("logins");
    for _ in 0..5_000 {
        logins.add(1);
        push.event("searches", 1, "graph");
    }
    assert!(push.lost() > 0, "the queue should have been full");
    let mut buffer = [0; 256];
    let mut sum = logins.kept();
    while let Ok(length) = agent.recv(&mut buffer) {
        let line = read(&buffer[..length]).unwrap();
        sum += if line.field == "logins" { line.number } else { 0 };
    }
    assert_eq!(sum, 5_000);
}

#[test]
fn what_is_no_line_and_what_may_not_be_sent_is_an_error_for_those_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    let push = Push::to(folder.path().join("push.sock"));
    let line = |field| Line { field, number: 1, word: None };
    assert_eq!(push.send(&line("logins")), Err(SendError::Away));
    assert_eq!(push.send(&line("a b")), Err(SendError::Line));
    push.counter("a b").add(1);
    push.event("a", 1, "");
    assert_eq!(push.lost(), 2);
    // A path that is too long to be a socket's.
    let nowhere = Push::to("/x".repeat(200));
    nowhere.event("a", 1, "b");
    assert_eq!(nowhere.lost(), 1);
}
