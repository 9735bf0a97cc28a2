//! A real Chromium that tests can press keys in, and a web server for its pages, on loopback.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use site::Page;
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";

/// A page of a browser. It is spoken to over a pipe, in the browser's own protocol for tools.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Value,
    sent: u64,
    _profile: TempDir,
}

impl Browser {
    /// Starts one, as wide as a desktop; `None` where there is none.
    pub(crate) fn start() -> Option<Self> {
        if !Path::new(CHROMIUM).exists() {
            println!("skipped: there is no {CHROMIUM} on this machine");
            return None;
        }
        let profile = TempDir::new().unwrap();
        // The protocol is spoken on the descriptors 3 and 4, which a shell can hand over.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null", "sh", CHROMIUM])
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-background-networking", "--remote-debugging-pipe"])
            .args(["--window-size=1280,900"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (from, session) = (BufReader::new(from), Value::Null);
        let mut browser = Self { child, to, from, session, sent: 0, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        browser.session = browser.call("Target.attachToTarget", &attach)["sessionId"].clone();
        browser.call("Page.enable", &json!({}));
        browser.call("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}));
        // Else the page is still on its way to where the focus is.
        let still = json!({"name": "prefers-reduced-motion", "value": "reduce"});
        browser.call("Emulation.setEmulatedMedia", &json!({"features": [still]}));
        Some(browser)
    }

    /// Opens an address, and waits until everything in it has been loaded.
    pub(crate) fn open(&mut self, address: &str) {
        self.call("Page.navigate", &json!({"url": address}));
        self.wait("Page.loadEventFired");
    }

    /// Waits until the browser tells that this happened.
    pub(crate) fn wait(&mut self, event: &str) {
        while self.read()["method"] != event {}
    }

    /// What an expression is worth on the page.
    pub(crate) fn ask(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer.get("exceptionDetails").is_none(), "{answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "ArrowLeft" => (37, ""),
            "ArrowRight" => (39, ""),
            "+" => (187, "+"),
            other => panic!("no key {other}"),
        };
        for (kind, text) in [("keyDown", text), ("keyUp", "")] {
            let event = json!({"type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": params});
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let answer = self.read();
            if answer["id"] == self.sent {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    fn read(&mut self) -> Value {
        let mut message = Vec::new();
        self.from.read_until(0, &mut message).unwrap();
        assert_eq!(message.pop(), Some(0), "the browser has ended");
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves pages with the policy that the collector sends with them; says where. It ends with the
/// tests.
pub(crate) fn serve(pages: BTreeMap<String, Page>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let pages = Arc::new(pages);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = Arc::clone(&pages);
            // A browser opens connections before it needs them.
            std::thread::spawn(move || answer(stream, &pages));
        }
    });
    address
}

fn answer(mut stream: TcpStream, pages: &BTreeMap<String, Page>) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    let first = lines.next()?;
    let page = pages.get(first.split(' ').nth(1)?);
    let status = if page.is_some() { "200 OK" } else { "404 Not Found" };
    let (kind, body) =
        page.map_or(("text/plain", &b""[..]), |page| (page.content_type, &page.body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
         Content-Security-Policy: {}\r\nConnection: close\r\n\r\n",
        body.len(),
        site::CSP
    );
    let _ = lines.take_while(|line| !line.is_empty()).count();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()
}
