//! `bench/run site`: every page of a large fleet's site, and how long the server takes for it.
//!
//! A fleet is simulated (1,000,000 installations and 90 days unless told otherwise), published, and
//! served; then every page and file is asked for again and again over one connection. The time runs
//! from the request's last byte to the answer's last, so the loopback and this client are in it;
//! the server's processor time stands beside it, which other work hardly changes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement that cannot go on stops, and what it prints is its result"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the design allows for any page.
const TARGET: Duration = Duration::from_millis(5);
/// Requests for each file.
const ROUNDS: usize = 200;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let installations = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => "1000000".to_owned(),
        (Some("--installations"), Some(number)) => number,
        _ => panic!("usage: bench/run site [--installations NUMBER]"),
    };
    let folder = tempfile::tempdir().unwrap();
    let [data, site] = ["data", "site"].map(|name| folder.path().join(name));
    let began = Instant::now();
    let simulated = Command::new(collector())
        .arg("--data")
        .arg(&data)
        .args(["simulate", "--manifest", "manifests/examples/larkspur.toml", "--installations"])
        .arg(&installations)
        .arg("--site")
        .arg(&site)
        .stdout(Stdio::null())
        .status();
    assert!(simulated.unwrap().success(), "nothing was simulated");
    println!("{installations} installations, 90 days, published in {:.1?}", began.elapsed());

    let mut server = Command::new(collector());
    server.arg("--data").arg(&data).args(["serve", "--listen", "127.0.0.1:0"]);
    let mut server = server.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().split_once("://").unwrap().1.to_owned();
    // It listens before its pages are made.
    while ask(&mut TcpStream::connect(&address).unwrap(), "/").0 != 200 {}
    let mut paths = Vec::new();
    list(&site, &site, &mut paths);
    let (pages, rest): (Vec<_>, Vec<_>) =
        paths.iter().partition(|path| path.rsplit('.').next() == Some("html"));
    let server_at = (address.as_str(), server.id());
    let worst = [measure(server_at, "pages", &pages), measure(server_at, "files", &rest)];
    server.kill().unwrap();
    server.wait().unwrap();
    let met = worst.iter().all(|worst| *worst < TARGET);
    println!("99 of 100 within {TARGET:?} for each: {}", if met { "yes" } else { "NO" });
}

/// Prints what the slowest file took, at its median and for 99 of 100, and the most processor time
/// that any took; says the 99 of 100.
fn measure((address, server): (&str, u32), what: &str, paths: &[&String]) -> Duration {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut worst = (Duration::ZERO, Duration::ZERO, 0, "");
    let mut dearest = Duration::ZERO;
    for path in paths {
        let mut times = Vec::with_capacity(ROUNDS);
        let mut bytes = 0;
        let before = processor_time(server);
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let (status, length) = ask(&mut stream, path);
            times.push(began.elapsed());
            assert_eq!(status, 200, "{path}");
            bytes = length;
        }
        let spent = processor_time(server).saturating_sub(before);
        dearest = dearest.max(spent / u32::try_from(ROUNDS).unwrap());
        times.sort_unstable();
        let at = |part: usize| times.get(ROUNDS * part / 100).copied().unwrap_or_default();
        if at(50) > worst.0 {
            worst = (at(50), at(99), bytes, path);
        }
    }
    let (half, most, bytes, path) = worst;
    let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    let (all, half, late) = (paths.len(), ms(half), ms(most));
    println!("slowest of {all} {what}: median {half}, 99 of 100 {late}, {bytes} bytes, {path}");
    println!("processor time of the dearest of {all} {what}: {}", ms(dearest));
    most
}

/// How long all threads of a process have run so far.
fn processor_time(process: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let nanoseconds = |thread: std::io::Result<std::fs::DirEntry>| -> Option<u64> {
        // A thread that ends meanwhile has no file any more.
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(nanoseconds).sum())
}

/// One request on a kept connection: its status, and the bytes of its body.
fn ask(stream: &mut TcpStream, path: &str) -> (u16, usize) {
    // In one piece: of several small ones each waits until the one before was acknowledged.
    let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the connection ended");
        answer.extend(buffer.iter().take(read));
        let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(answer.get(..head).unwrap()).to_lowercase();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().unwrap());
        if answer.len() >= head + 4 + length {
            return (text.split(' ').nth(1).unwrap().parse().unwrap(), length);
        }
    }
}

/// Every file below the folder, as a path of the site.
fn list(root: &Path, folder: &Path, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(root, &path, paths);
        } else {
            paths.push(format!("/{}", path.strip_prefix(root).unwrap().display()));
        }
    }
}

/// The program of the same build.
fn collector() -> PathBuf {
    let mut path = std::env::current_exe().unwrap();
    path.set_file_name("candor-collector");
    path
}
