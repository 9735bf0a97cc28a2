//! Programs that answer over HTTP on this machine: well, badly, slowly, without end, elsewhere.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use agent::gather::ReadSource as _;

use crate::{PLENTY, sources};

/// What a server gives that answers one connection with a script; `URL` is its address.
fn asked(
    time: Duration,
    script: impl FnOnce(TcpStream) + Send + 'static,
) -> Result<String, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/status", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let _ = stream.read(&mut [0; 4096]);
        script(stream);
    });
    let bytes = sources().http(&url, time).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn answered(answer: &str) -> Result<String, String> {
    let answer = answer.to_owned();
    asked(PLENTY, move |mut stream| drop(stream.write_all(answer.as_bytes())))
}

#[test]
fn an_answer_is_read() {
    let answer = answered("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}");
    assert_eq!(answer, Ok("{\"a\":1}".to_owned()));
    assert_eq!(answered("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nx"), Ok("x".to_owned()));
}

#[test]
fn a_redirection_is_not_followed_and_an_error_is_none_of_its_words() {
    let elsewhere = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/canary\r\n\r\n";
    assert_eq!(answered(elsewhere), Err("answers with status 302".to_owned()));
    let error = answered("HTTP/1.1 500 canary\r\ncontent-length: 6\r\n\r\ncanary");
    assert_eq!(error, Err("answers with status 500".to_owned()));
    let nonsense = answered("canary canary canary\r\n\r\n");
    assert_eq!(nonsense, Err("does not answer with HTTP".to_owned()));
}

#[test]
fn what_is_slow_or_without_end_is_left() {
    let silent = asked(Duration::from_millis(200), |mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    assert_eq!(silent, Err("took longer than 0.2 s and was stopped".to_owned()));
    let endless = asked(PLENTY, |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert_eq!(endless, Err("gives more than 1048576 bytes".to_owned()));
}

#[test]
fn only_this_machine_is_asked() {
    for url in [
        "http://203.0.113.9/",
        "http://localhost/",
        "https://127.0.0.1/",
        "http://127.0.0.1@203.0.113.9/",
        "file:///etc/passwd",
        "",
    ] {
        let error = sources().http(url, PLENTY).unwrap_err();
        assert_eq!(error.to_string(), "is not on this machine", "{url}");
    }
    let error = sources().http("http://127.0.0.1:1/", PLENTY).unwrap_err();
    assert_eq!(error.to_string(), "does not answer");
}
