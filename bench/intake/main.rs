//! Durable acknowledgements a second, beside a null server of the same HTTP stack in the same run.
//!
//! `bench/run intake [--seconds 10] [--rounds 2] [--connections 64,256]`. Parts have 60 fields and
//! 2 kB, each with a tag of its own. The load comes from one thread of this process over kept
//! connections: requests are made beforehand and only their tag is written anew, so that the null
//! server's rate shows what the load can be. Every 4,096th receipt is verified after its round.
//!
//! `bench/run idle [--slow 10000]` measures beside connections that dawdle, and
//! `bench/run sealed [--capsules 60000]` sends sealed requests to the gateway, and through a relay.
//! `bench/run paced [--seconds 10]` sends as many as come on a day with 10^4 to 10^7 parts.
//! `bench/run storm [--seconds 600]` kills the collector again and again while parts are offered.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a measurement ends where something is not as it must be, and prints what it measured"
)]

mod idle;
mod load;
mod null;
mod paced;
mod process;
mod sealed;
#[path = "../sixty/mod.rs"]
mod sixty;
mod storm;
mod vendor;

use std::time::Duration;

use load::{Load, Measured};
use process::Server;
use vendor::Vendor;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "null") {
        return null::serve();
    }
    if arguments.first().is_some_and(|first| first == process::CHILD) {
        process::become_child(&arguments[1..]);
    }
    raise_file_limit();
    let option = |name: &str, default: &str| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(default, String::as_str).to_owned()
    };
    let seconds: u64 = option("--seconds", "10").parse().unwrap();
    let rounds: u32 = option("--rounds", "2").parse().unwrap();
    let connections = option("--connections", "64,256");
    let connections = connections.split(',').map(|number| number.parse::<usize>().unwrap());
    let time = Duration::from_secs(seconds);
    let vendor = Vendor::new();
    match arguments.first().map(String::as_str) {
        Some("idle") => {
            return idle::run(&vendor, option("--slow", "10000").parse().unwrap(), time);
        }
        Some("paced") => return paced::run(&vendor, time),
        Some("storm") => {
            let seconds = option("--seconds", "600").parse().unwrap();
            return storm::run(&vendor, Duration::from_secs(seconds));
        }
        Some("sealed") => {
            return sealed::run(&vendor, option("--capsules", "60000").parse().unwrap());
        }
        _ => {}
    }
    let part_bytes = vendor.part_bytes();
    println!("60 fields, {part_bytes} bytes a part, {seconds} s a round");
    println!(
        "server     connections  reports/s  p50 ms  p99 ms  p99.9 ms  CPU us/report  peak MB  \
         B on disk  ratio rate  ratio CPU"
    );
    let mut first = 0;
    let mut grown: Vec<(usize, Measured, u64)> = Vec::new();
    for connections in connections {
        for _ in 0..rounds {
            let null = Server::null();
            let (base, base_cpu) = run(&null, &vendor, (connections, time), &mut first);
            line(("null", connections), &base, base_cpu, (null.memory_bytes_max(), None), None);
            drop(null);
            let folder = vendor.data_folder();
            let collector = Server::collector(folder.path(), &vendor, &[]);
            let (own, cpu) = run(&collector, &vendor, (connections, time), &mut first);
            vendor.verify(&own.receipts);
            let disk = process::bytes_below(&folder.path().join("data/parts")) / own.answered;
            let memory = (collector.memory_bytes_max(), Some(disk));
            line(("collector", connections), &own, cpu, memory, Some((&base, base_cpu)));
            grown.push((connections, own, memory.0));
        }
    }
    beside_the_best(&grown);
}

/// How each number of connections fared beside the best of them.
fn beside_the_best(grown: &[(usize, Measured, u64)]) {
    let best = grown.iter().map(|(_, measured, _)| measured.rate()).fold(0.0, f64::max);
    for (connections, measured, memory) in grown {
        println!(
            "with {connections} connections {:.2} of the best rate, p99 {:.0} ms, {:.0} MB",
            measured.rate() / best,
            measured.latency_ms(0.99),
            *memory as f64 / 1e6,
        );
    }
}

/// One round: what was measured, and the server's CPU seconds.
fn run(
    server: &Server,
    vendor: &Vendor,
    (connections, time): (usize, Duration),
    first: &mut u64,
) -> (Measured, f64) {
    let before = server.cpu_seconds();
    let mut load = Load::new(server.address, vendor.requests(), *first);
    let measured = load.run(connections, time);
    *first += measured.answered + connections as u64;
    (measured, server.cpu_seconds() - before)
}

fn line(
    (name, connections): (&str, usize),
    measured: &Measured,
    cpu: f64,
    (memory, disk): (u64, Option<u64>),
    base: Option<(&Measured, f64)>,
) {
    let each = |measured: &Measured, cpu: f64| cpu * 1e6 / measured.answered as f64;
    let ms = |share: f64| measured.latency_ms(share);
    let disk = disk.map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
    let (rate, cpu_ratio) = base.map_or((1.0, 1.0), |(base, base_cpu)| {
        (measured.rate() / base.rate(), each(measured, cpu) / each(base, base_cpu))
    });
    if measured.refused > 0 {
        println!("{name}: {} more were told to come back", measured.refused);
    }
    println!(
        "{name:<9}  {connections:>11}  {:>9.0}  {:>6.2}  {:>6.2}  {:>8.2}  {:>13.2}  {:>7.1}  \
         {disk:>9}  {rate:>10.2}  {cpu_ratio:>9.2}",
        measured.rate(),
        ms(0.5),
        ms(0.99),
        ms(0.999),
        each(measured, cpu),
        memory as f64 / 1e6,
    );
}

/// Each connection is an open file, here and in the servers that this begins.
fn raise_file_limit() {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let all = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, all);
}
