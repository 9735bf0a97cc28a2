//! What pushing costs its caller, against doing nothing, in one run: `cargo run --release -p push
//! --example cost`.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures and prints")]

use std::hint::black_box;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use push::Push;

const CALLS: usize = 200_000;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("push.sock");
    println!("{CALLS} calls each, in nanoseconds per call:");
    println!("{:32} {:>8} {:>8} {:>8} {:>8}", "", "mean", "median", "99 %", "99.9 %");
    report("nothing", || {
        black_box(1);
    });
    away(&path);
    let full = UnixDatagram::bind(&path)?;
    let counter = Push::to(&path).counter("logins");
    report("counter, the agent does not read", || counter.add(1));
    drop((full, counter));
    std::fs::remove_file(&path)?;
    with_reader(&path)
}

fn away(path: &Path) {
    let push = Push::to(path);
    let counter = push.counter("logins");
    report("counter, no agent", || counter.add(1));
    report("event, no agent", || push.event("searches", 1, "graph"));
}

fn with_reader(path: &Path) -> std::io::Result<()> {
    let agent = UnixDatagram::bind(path)?;
    agent.set_read_timeout(Some(Duration::from_millis(20)))?;
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut buffer = [0; 256];
            while !done.load(Ordering::Relaxed) {
                while agent.recv(&mut buffer).is_ok() {}
            }
        });
        let push = Push::to(path);
        let counter = push.counter("logins");
        report("counter, the agent reads", || counter.add(1));
        report("event, the agent reads", || push.event("searches", 1, "graph"));
        done.store(true, Ordering::Relaxed);
    });
    Ok(())
}

fn report(name: &str, mut call: impl FnMut()) {
    let mut times = Vec::with_capacity(CALLS);
    let began = Instant::now();
    for _ in 0..CALLS {
        call();
    }
    let mean = began.elapsed().as_nanos() / CALLS as u128;
    for _ in 0..CALLS {
        let began = Instant::now();
        call();
        times.push(began.elapsed().as_nanos());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(CALLS * share / 1_000).copied().unwrap_or(0);
    println!("{name:32} {mean:>8} {:>8} {:>8} {:>8}", at(500), at(990), at(999));
}
