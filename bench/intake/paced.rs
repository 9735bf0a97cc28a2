//! What a part costs when few come: a day's number of them, spread over the day, for half a minute.

use std::time::{Duration, Instant};

use crate::load::Load;
use crate::process::{Server, bytes_below};
use crate::vendor::Vendor;

/// Parts a day.
const DAYS: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];

/// Each part comes on a connection of its own, as agents send it.
pub(crate) fn run(vendor: &Vendor, time: Duration) {
    println!(
        "parts a day  parts/s   parts  CPU us each  p50 ms  p99 ms  B on disk each  peak MB  \
         idle ms/s"
    );
    for a_day in DAYS {
        let folder = vendor.data_folder();
        let server = Server::collector(folder.path(), vendor, &[]);
        let before = server.cpu_nanoseconds();
        std::thread::sleep(Duration::from_secs(5));
        let idle = (server.cpu_nanoseconds() - before) as f64 / 5e6;
        let between = Duration::from_secs_f64(86_400.0 / a_day as f64);
        let parts = u32::try_from(1 + time.as_secs() * a_day / 86_400).unwrap();
        let mut load = Load::new(server.address, vendor.requests(), a_day << 20);
        let (before, began) = (server.cpu_nanoseconds(), Instant::now());
        let mut took = Vec::new();
        for number in 0..parts {
            std::thread::sleep((between * number).saturating_sub(began.elapsed()));
            let sent = Instant::now();
            let measured = load.run(1, Duration::ZERO);
            assert_eq!(measured.answered, 1);
            took.push(sent.elapsed().as_secs_f64() * 1e3);
        }
        let each = (server.cpu_nanoseconds() - before) as f64 / 1e3 / f64::from(parts);
        took.sort_by(f64::total_cmp);
        let latency = |share: usize| took[(took.len() - 1) * share / 100];
        println!(
            "{a_day:>11}  {:>7.2}  {parts:>6}  {each:>11.0}  {:>6.2}  {:>6.2}  {:>14}  {:>7.1}  \
             {idle:>9.2}",
            1.0 / between.as_secs_f64(),
            latency(50),
            latency(99),
            bytes_below(&folder.path().join("data/parts")) / u64::from(parts),
            server.memory_bytes_max() as f64 / 1e6,
        );
    }
}
