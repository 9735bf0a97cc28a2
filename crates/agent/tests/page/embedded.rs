//! The page inside a product's control panel, as the guide describes it: a reverse proxy at the
//! socket, a frame of the panel's own origin, and a real browser before both.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use crate::LARKSPUR;
use crate::browser::Browser;
use crate::service::Service;

/// The panel's own page; the frame is the guide's.
fn panel() -> String {
    let guide = include_str!("../../../../docs/guide/embedding.md");
    let frame = guide.lines().find(|line| line.starts_with("<iframe ")).unwrap();
    format!("<!doctype html><title>Panel</title><h1>A product's panel</h1>{frame}")
}

/// A web server that passes `/candor/` to the socket, as the guide's lines for nginx do.
fn serve(listener: TcpListener, socket: PathBuf) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, socket) = (stream.unwrap(), socket.clone());
            std::thread::spawn(move || answer(stream, &socket));
        }
    });
}

fn answer(mut stream: TcpStream, socket: &Path) -> Option<()> {
    let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
    let head = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        match stream.read(&mut bytes) {
            Ok(count @ 1..) => request.extend_from_slice(&bytes[..count]),
            _ => return None,
        }
    };
    let text = String::from_utf8_lossy(&request[..head]).into_owned();
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    while request.len() < head + length.unwrap_or(0) {
        let count = stream.read(&mut bytes).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&bytes[..count]);
    }
    let Some(rest) = text.split_once(" /candor/") else {
        let body = panel();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()?;
        return Some(());
    };
    let mut behind = UnixStream::connect(socket).ok()?;
    // One request for each connection, so that the answer ends where the connection does.
    let passed = format!("{} /{}", rest.0, rest.1).replace("keep-alive", "close");
    behind.write_all(passed.as_bytes()).and_then(|()| behind.write_all(&request[head..])).ok()?;
    let mut came = Vec::new();
    behind.read_to_end(&mut came).ok()?;
    stream.write_all(&came).ok()
}

#[test]
fn in_a_frame_behind_the_panels_proxy_a_click_decides() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let service = Service::with(LARKSPUR, &["--embed", &origin]);
    serve(listener, service.state().join("page.sock"));
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&origin);
    // The frame has the panel's own origin, so the panel can look into it.
    let frame = "document.querySelector('iframe').contentDocument";
    browser.until(&format!("return !!{frame}?.querySelector('#channel-usage')"));
    browser.run(&format!("{frame}.querySelector(\"#channel-usage button[value='no']\").click()"));
    browser.until(&format!(
        "return {frame}?.querySelector('#channel-usage [aria-pressed=true]')?.value == 'no'"
    ));
    let file = std::fs::File::open(service.state().join("decisions.json")).unwrap();
    let decided: serde_json::Value = serde_json::from_reader(file).unwrap();
    let usage = &decided["channels"]["usage"];
    assert_eq!((&usage["state"]["is"], &usage["how"]), (&"no".into(), &"page".into()));
}

#[test]
fn a_panel_of_another_origin_sees_nothing_in_its_frame() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    // Nobody named this origin.
    let service = Service::with(LARKSPUR, &[]);
    serve(listener, service.state().join("page.sock"));
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&origin);
    browser.until("return document.readyState == 'complete'");
    let seen = browser.run(
        "try { return !!document.querySelector('iframe').contentDocument
             .querySelector('#channel-usage') } catch { return false }",
    );
    assert_eq!(seen, false);
}
