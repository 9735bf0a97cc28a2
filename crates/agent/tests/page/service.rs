//! The real `candor-agent run` on a state folder of its own, and requests to it byte for byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// A running service; stopped when dropped.
pub(crate) struct Service {
    child: Child,
    folder: TempDir,
    manifest: PathBuf,
    /// `127.0.0.1:PORT`.
    pub(crate) host: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A session in a browser.
pub(crate) struct Session {
    pub(crate) door: String,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

impl Service {
    pub(crate) fn start(manifest: &str) -> Self {
        Self::with(manifest, &["--page", "127.0.0.1:0"])
    }

    pub(crate) fn with(manifest: &str, options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir(folder.path().join("state")).unwrap();
        Self::on(folder, manifest, options)
    }

    /// On a folder in which `state` may hold something already.
    pub(crate) fn on(folder: TempDir, manifest: &str, options: &[&str]) -> Self {
        let path = folder.path().join("manifest.toml");
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(manifest.as_bytes()).unwrap();
        let mut command = program(&path, &folder.path().join("state"));
        command.arg("run").args(options).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // The service speaks once its sockets are open.
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        let mut service = Self { child, folder, manifest: path, host: String::new() };
        if options.contains(&"--page") {
            let opened = service.link();
            opened.split('/').nth(2).unwrap_or_default().clone_into(&mut service.host);
        }
        service
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Runs a command on the same manifest and state.
    pub(crate) fn agent(&self, arguments: &[&str]) -> Output {
        program(&self.manifest, &self.state()).args(arguments).output().unwrap()
    }

    /// A new one-time link.
    pub(crate) fn link(&self) -> String {
        let output = self.agent(&["page"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// What a browser does with a link.
    pub(crate) fn enter(&self) -> Session {
        let link = self.link();
        let path = link.split_once(&self.host).unwrap().1.to_owned();
        let answer = self.get(&path, &[]);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let door = path.split('/').nth(1).unwrap().to_owned();
        let mut session = Session { door, cookie, csrf: String::new() };
        let page = self.page(&session, "");
        assert_eq!(page.status, 200, "{}", page.body);
        let (_, after) = page.body.split_once("name=\"csrf\" value=\"").unwrap();
        after.split('"').next().unwrap().clone_into(&mut session.csrf);
        session
    }

    /// A page of a session.
    pub(crate) fn page(&self, session: &Session, route: &str) -> Answer {
        self.get(&format!("/{}/{route}", session.door), &[("Cookie", &session.cookie)])
    }

    /// A form of a session, as a browser sends it.
    pub(crate) fn post(&self, session: &Session, route: &str, form: &str) -> Answer {
        let form = format!("csrf={}&{form}", session.csrf);
        self.send(session, route, &[], &form)
    }

    /// A form with these headers.
    pub(crate) fn send(
        &self,
        session: &Session,
        route: &str,
        more: &[(&str, &str)],
        form: &str,
    ) -> Answer {
        let mut headers = vec![
            ("Cookie", session.cookie.as_str()),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        headers.extend(more);
        let path = format!("/{}/{route}", session.door);
        self.ask(&request("POST", &path, &self.host, &headers, form))
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(&request("GET", path, &self.host, headers, ""))
    }

    /// Sends bytes to the loopback address.
    pub(crate) fn ask(&self, bytes: &str) -> Answer {
        exchange(TcpStream::connect(&self.host).unwrap(), bytes)
    }

    /// Sends bytes to another address.
    pub(crate) fn ask_at(host: &str, bytes: &str) -> Answer {
        exchange(TcpStream::connect(host).unwrap(), bytes)
    }

    /// Sends bytes to the socket in the state folder.
    pub(crate) fn ask_socket(&self, bytes: &str) -> Answer {
        exchange(UnixStream::connect(self.state().join("page.sock")).unwrap(), bytes)
    }

    /// JSON to the socket, as a product's own program would send it.
    pub(crate) fn api(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.ask_socket(&request(method, path, "localhost", &headers, body))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A request, byte for byte.
pub(crate) fn request(
    method: &str,
    path: &str,
    host: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> String {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    let length = body.len();
    format!("{text}Content-Length: {length}\r\n\r\n{body}")
}

/// The program in an environment that says nothing.
pub(crate) fn program(manifest: &Path, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_candor-agent"));
    command.env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
    command.env("CANDOR_MANIFEST", manifest).env("CANDOR_STATE", state);
    command
}

fn exchange(mut stream: impl Read + Write, bytes: &str) -> Answer {
    // Whoever refuses a body early may close before all of it was sent.
    let _ = stream.write_all(bytes.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
