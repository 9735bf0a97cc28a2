//! Servers that hang, drip, flood or speak nonsense: every question ends, and in time.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use crate::{ask, secret_file, set, sources};

/// Answers one connection with a script, and says why the question failed.
fn asked(engine: &str, script: impl FnOnce(UnixStream) + Send + 'static) -> String {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join(".s.PGSQL.5432");
    let listener = UnixListener::bind(&socket).unwrap();
    std::thread::spawn(move || script(listener.accept().unwrap().0));
    ask_at(engine, folder.path(), &socket)
}

fn ask_at(engine: &str, folder: &Path, socket: &Path) -> String {
    let credentials = format!("[main]\nsocket = \"{}\"\nuser = \"u\"\n", socket.display());
    let credentials = secret_file(folder, &credentials);
    ask(&sources(engine, &credentials, Duration::from_millis(300)), &set(), "SELECT a FROM t")
}

const ENGINES: [&str; 2] = ["mysql", "postgresql"];

#[test]
fn a_server_that_is_not_there_or_full_does_not_answer() {
    for engine in ENGINES {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("none");
        let why = ask_at(engine, folder.path(), &socket);
        assert_eq!(why, "the database `main` does not answer");
    }
}

#[test]
fn a_server_that_closes_or_speaks_nonsense_is_left() {
    for engine in ENGINES {
        let why = asked(engine, drop);
        assert_eq!(why, "the database `main` closed the connection");
        for nonsense in [&[0_u8; 64][..], b"HTTP/1.1 400 Bad Request\r\n\r\n", &[0xff; 64]] {
            let nonsense = nonsense.to_vec();
            let why = asked(engine, move |mut stream| {
                let _ = stream.write_all(&nonsense);
                let _ = stream.read_to_end(&mut Vec::new());
            });
            assert!(why.starts_with("the database `main` "), "{why}");
        }
    }
}

#[test]
fn a_server_that_says_nothing_is_left_in_time() {
    for engine in ENGINES {
        let why = asked(engine, |mut stream| drop(stream.read_to_end(&mut Vec::new())));
        assert_eq!(why, "the database `main` took longer than 10 s and was stopped");
    }
}

/// A MySQL that lets everybody in and agrees to every setting, up to the query.
fn greet(stream: &mut UnixStream) {
    let mut greeting = vec![10];
    greeting.extend(b"8.0.0\0\x01\0\0\0abcdefgh\0\xff\xff\x2d\x02\0\xff\xff\x15");
    greeting.extend([0; 10]);
    greeting.extend(b"ijklmnopqrst\0mysql_native_password\0");
    packet(stream, 0, &greeting);
    let mut buffer = [0; 4096];
    for _ in 0..6 {
        let _ = stream.read(&mut buffer);
        packet(stream, 2, &[0, 0, 0, 2, 0, 0, 0]);
    }
    let _ = stream.read(&mut buffer);
}

fn packet(stream: &mut UnixStream, sequence: u8, body: &[u8]) {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    let _ = stream.write_all(&[&length[..3], &[sequence], body].concat());
}

#[test]
fn a_server_that_asks_for_a_file_of_ours_gets_none() {
    let why = asked("mysql", |mut stream| {
        greet(&mut stream);
        packet(&mut stream, 1, b"\xfb/etc/passwd");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "something was sent");
    });
    assert_eq!(why, "the database `main` does not speak as its kind of database does");
}

#[test]
fn a_server_that_drips_is_left_in_time() {
    let why = asked("mysql", |mut stream| {
        greet(&mut stream);
        packet(&mut stream, 1, &[1]);
        packet(&mut stream, 2, b"column");
        packet(&mut stream, 3, &[0xfe, 0, 0, 2, 0]);
        // Rows without end, each of them small.
        while stream.write_all(&[2, 0, 0, 4, 1, b'x']).is_ok() {}
    });
    let ends = ["took longer than 10 s and was stopped", "gives more than 100000 rows"];
    assert!(ends.iter().any(|end| why.ends_with(end)), "{why}");
}
