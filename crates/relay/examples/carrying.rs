//! How fast the relay carries, beside a null server of the same HTTP stack in the same run, and how
//! much memory it takes with ten thousand connections.
//!
//! Carrying takes two exchanges where the null server has one. What that alone costs is measured
//! beside it: `bytes` copies bytes between two sockets and reads none, `bare` is the same stack as
//! a proxy without any bound, header or check, and `nginx` is there where it is installed.
//!
//! `cargo build --release -p relay --examples --bins`, then
//! `target/release/examples/carrying speed` and `target/release/examples/carrying memory`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement ends where something is not as it must be, and prints what it measured"
)]

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// What a capsule of Candor's smallest class and its answer have.
const CAPSULE_BYTES: usize = 2_103;
const ANSWER_BYTES: usize = 2_080;
const ROUND: Duration = Duration::from_secs(6);
const CONNECTIONS: usize = 64;
const IDLE: usize = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().skip(1).map(String::as_str).collect();
    match words.as_slice() {
        ["null"] => run(null()),
        ["bytes", gateway] => run(bytes(gateway.parse().unwrap())),
        ["bare", gateway] => run(bare(gateway.parse().unwrap())),
        ["speed"] => speed(),
        ["memory"] => memory(),
        _ => println!("carrying speed | memory"),
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

/// Reads a body and answers, as a gateway that opens nothing would.
async fn null() {
    let listener = listen().await;
    let answer = Bytes::from(vec![b'a'; ANSWER_BYTES]);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let _ = stream.set_nodelay(true);
        let answer = answer.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answer.clone();
            async move {
                let _ = request.into_body().collect().await;
                let sealed = Response::builder().header("content-type", "message/ohttp-res");
                Ok::<_, Infallible>(sealed.body(Full::new(answer)).unwrap())
            }
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(10));
        tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
    }
}

/// Copies bytes both ways over one connection for each: what the kernel alone costs.
async fn bytes(gateway: SocketAddr) {
    let listener = listen().await;
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut line = TcpStream::connect(gateway).await.unwrap();
            let _ = (stream.set_nodelay(true), line.set_nodelay(true));
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut line).await;
        });
    }
}

/// A proxy of the same stack that does nothing which it need not, over one connection for each.
async fn bare(gateway: SocketAddr) {
    let listener = listen().await;
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let line = TcpStream::connect(gateway).await.unwrap();
            let _ = (stream.set_nodelay(true), line.set_nodelay(true));
            let (line, moving) = client::handshake(TokioIo::new(line)).await.unwrap();
            tokio::spawn(moving);
            let line = Arc::new(Mutex::new(line));
            let service = service_fn(move |request: Request<Incoming>| {
                let line = Arc::clone(&line);
                async move {
                    let body = request.into_body().collect().await?.to_bytes();
                    let request = Request::post("/ohttp").header("host", "gateway.example");
                    let request = request.body(Full::new(body)).unwrap();
                    let answer = line.lock().await.send_request(request).await?;
                    let body = answer.into_body().collect().await?.to_bytes();
                    Ok::<_, hyper::Error>(Response::new(Full::new(body)))
                }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn listen() -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", listener.local_addr().unwrap());
    listener
}

fn speed() {
    let null = Started::own(&["null"]);
    let gateway = null.address.to_string();
    let mut servers = vec![
        ("null", Started::own(&["null"])),
        ("relay", Started::relay(null.address, &[])),
        ("bare", Started::own(&["bare", &gateway])),
        ("bytes", Started::own(&["bytes", &gateway])),
    ];
    servers.extend(Started::nginx(null.address).map(|nginx| ("nginx", nginx)));
    println!("round  server  connections  requests/s  its CPU µs/request  ratio to null");
    for round in 1..=3 {
        let mut alone = None;
        for (name, server) in &servers {
            let (rate, cpu) = server.load(CONNECTIONS);
            let ratio = rate / *alone.get_or_insert(rate);
            println!("{round:<7}{name:<8}{CONNECTIONS:>11}{rate:>12.0}{cpu:>20.1}{ratio:>15.2}");
        }
    }
}

fn memory() {
    let null = Started::own(&["null"]);
    let more = ["--head-seconds", "300", "--connections-per-network", "0"];
    let more = [&more[..], &["--requests-per-network-hour", "0"]].concat();
    let relay = Started::relay(null.address, &more);
    println!("connections  resident kB");
    println!("{:>11}{:>13}", 0, relay.resident());
    run(async {
        let mut idle = Vec::new();
        for number in 1..=IDLE {
            let mut stream = TcpStream::connect(relay.address).await.unwrap();
            exchange(&mut stream, &request()).await;
            idle.push(stream);
            if number % 2_500 == 0 {
                println!("{number:>11}{:>13}", relay.resident());
            }
        }
        for pass in 1..=4 {
            for stream in &mut idle {
                exchange(stream, &request()).await;
            }
            println!("after {pass} more on each{:>3}", relay.resident());
        }
    });
}

struct Started {
    process: Child,
    address: SocketAddr,
}

impl Started {
    fn new(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().split_once("://").unwrap().1.parse().unwrap();
        Self { process, address }
    }

    /// This program as another server.
    fn own(arguments: &[&str]) -> Self {
        Self::new(Command::new(std::env::current_exe().unwrap()).args(arguments))
    }

    /// Two workers with kept connections and no log; `None` where it is not installed.
    fn nginx(gateway: SocketAddr) -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let program = std::env::current_exe().unwrap();
        let folder = program.with_file_name("carrying-nginx");
        std::fs::create_dir_all(&folder).unwrap();
        let configuration = format!(
            "worker_processes 2; pid pid; error_log stderr crit;
             events {{ worker_connections 1024; }}
             http {{ access_log off; keepalive_requests 1000000000;
               client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
               uwsgi_temp_path uwsgi; scgi_temp_path scgi;
               upstream gateway {{ server {gateway}; keepalive {CONNECTIONS};
                 keepalive_requests 1000000000; }}
               server {{ listen {address};
                 location / {{ proxy_pass http://gateway/ohttp; proxy_http_version 1.1;
                   proxy_set_header Connection \"\"; }} }} }}"
        );
        std::fs::write(folder.join("nginx.conf"), configuration).unwrap();
        let mut command = Command::new("/usr/sbin/nginx");
        command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-g", "daemon off;"]);
        let process = command.stderr(Stdio::null()).spawn().ok()?;
        // It answers when it listens; there is no line that says so.
        let begun = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(10), "nginx does not listen");
            std::thread::yield_now();
        }
        Some(Self { process, address })
    }

    fn relay(gateway: SocketAddr, more: &[&str]) -> Self {
        let program = std::env::current_exe().unwrap().with_file_name("../candor-relay");
        let gateway = format!("http://{gateway}");
        let unbounded = ["--connections-per-network", "0", "--requests-per-network-hour", "0"];
        let more = if more.is_empty() { &unbounded[..] } else { more };
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--gateway", &gateway]).args(more);
        Self::new(&mut command)
    }

    /// Requests a second, and µs of CPU that the server took for each.
    fn load(&self, connections: usize) -> (f64, f64) {
        let address = self.address;
        let before = self.cpu_ticks();
        let count = Arc::new(AtomicU64::new(0));
        let begun = Instant::now();
        run(async {
            let tasks: Vec<_> = (0..connections)
                .map(|_| {
                    let count = Arc::clone(&count);
                    tokio::spawn(async move {
                        let mut stream = TcpStream::connect(address).await.unwrap();
                        let _ = stream.set_nodelay(true);
                        let request = request();
                        while begun.elapsed() < ROUND {
                            exchange(&mut stream, &request).await;
                            count.fetch_add(1, Ordering::Relaxed);
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let done = count.load(Ordering::Relaxed) as f64;
        let cpu = (self.cpu_ticks() - before) as f64 * 10_000.0 / done;
        (done / begun.elapsed().as_secs_f64(), cpu)
    }

    /// Hundredths of a second of CPU, in the process and its workers and in the kernel for them.
    fn cpu_ticks(&self) -> u64 {
        let id = self.process.id();
        let workers = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let ids =
            std::iter::once(id).chain(workers.split_whitespace().map(|id| id.parse().unwrap()));
        ids.map(|id| {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
            let after = stat.rsplit_once(") ").unwrap().1;
            let fields: Vec<&str> = after.split(' ').collect();
            fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
        })
        .sum()
    }

    fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Told to stop, nginx stops its workers, too.
        let id = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

fn request() -> Vec<u8> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: relay.example\r\nContent-Type: message/ohttp-req\r\n\
         Content-Length: {CAPSULE_BYTES}\r\n\r\n"
    );
    [head.as_bytes(), &[b'c'; CAPSULE_BYTES]].concat()
}

/// Sends one request and reads the answer to its end.
async fn exchange(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::with_capacity(4_096);
    loop {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the server closed");
        if let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            assert!(answer.starts_with(b"HTTP/1.1 200"));
            if answer.len() >= head + 4 + ANSWER_BYTES {
                return;
            }
        }
    }
}
