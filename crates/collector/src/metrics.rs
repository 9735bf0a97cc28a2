//! Counters for Prometheus. No label ever holds anything of a report or a sender.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::problem::Reason;

/// Counters of one running server.
#[derive(Debug)]
pub struct Metrics {
    accepted: AtomicU64,
    duplicate: AtomicU64,
    deleted: AtomicU64,
    batches: AtomicU64,
    batch_parts: AtomicU64,
    connections: AtomicI64,
    refused: Vec<AtomicU64>,
    held: AtomicU64,
    turned_away: AtomicU64,
    overdue: AtomicU64,
    started_seconds: AtomicU64,
}

/// What a scrape adds to the counters.
#[derive(Debug, Clone, Default)]
pub struct Now {
    /// For each program the days until its last receipt key ends, 0 on its last day; -1 without
    /// one.
    pub key_days_left: Vec<(String, i32)>,
    /// Free bytes of the disk that holds the data folder, where the system says so.
    pub disk_bytes_free: Option<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            accepted: AtomicU64::default(),
            duplicate: AtomicU64::default(),
            deleted: AtomicU64::default(),
            batches: AtomicU64::default(),
            batch_parts: AtomicU64::default(),
            connections: AtomicI64::default(),
            refused: Reason::ALL.iter().map(|_| AtomicU64::default()).collect(),
            held: AtomicU64::default(),
            turned_away: AtomicU64::default(),
            overdue: AtomicU64::default(),
            started_seconds: AtomicU64::default(),
        }
    }
}

impl Metrics {
    /// A part was accepted.
    pub fn accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    /// A part arrived again.
    pub fn duplicate(&self) {
        self.duplicate.fetch_add(1, Ordering::Relaxed);
    }

    /// Rows were deleted by proof.
    pub fn deleted(&self, rows: u64) {
        self.deleted.fetch_add(rows, Ordering::Relaxed);
    }

    /// So many parts are held now.
    pub fn held(&self, parts: u64) {
        self.held.store(parts, Ordering::Relaxed);
    }

    /// A connection was not taken, because its network has as many as it may.
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// So many channels have a release that is due and could not be published.
    pub fn overdue(&self, channels: u64) {
        self.overdue.store(channels, Ordering::Relaxed);
    }

    /// Channels whose release is overdue.
    pub fn releases_overdue(&self) -> u64 {
        self.overdue.load(Ordering::Relaxed)
    }

    /// The server began at this second of Unix time.
    pub fn started(&self, seconds: u64) {
        self.started_seconds.store(seconds, Ordering::Relaxed);
    }

    /// A batch of this many parts was written.
    pub fn batch(&self, parts: usize) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.batch_parts.fetch_add(parts as u64, Ordering::Relaxed);
    }

    /// A request was refused.
    pub fn refused(&self, reason: Reason) {
        let at = Reason::ALL.iter().position(|known| *known == reason);
        if let Some(count) = at.and_then(|at| self.refused.get(at)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection was opened (1) or closed (-1).
    pub fn connection(&self, change: i64) {
        self.connections.fetch_add(change, Ordering::Relaxed);
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn to_text(&self, now: &Now) -> String {
        let mut text = String::new();
        self.counters(&mut text);
        self.gauges(&mut text, now);
        text
    }

    fn counters(&self, text: &mut String) {
        for (name, help, value) in [
            ("candor_parts_accepted_total", "Parts accepted and durable.", &self.accepted),
            ("candor_parts_duplicate_total", "Parts that arrived again.", &self.duplicate),
            ("candor_rows_deleted_total", "Rows deleted by proof.", &self.deleted),
            ("candor_batches_total", "Batches written, each with one sync.", &self.batches),
            ("candor_batch_parts_total", "Parts in all batches.", &self.batch_parts),
            (
                "candor_connections_turned_away_total",
                "Connections not taken, because their network had as many as it may.",
                &self.turned_away,
            ),
        ] {
            family(text, name, "counter", help, &[(String::new(), load(value))]);
        }
        let refused = Reason::ALL.iter().zip(&self.refused);
        let refused: Vec<_> = refused
            .map(|(reason, count)| (format!("{{reason=\"{}\"}}", reason.word()), load(count)))
            .collect();
        let help = "Requests refused, by reason.";
        family(text, "candor_requests_refused_total", "counter", help, &refused);
    }

    fn gauges(&self, text: &mut String, now: &Now) {
        let mut gauge = |name, help, lines: &[(String, i64)]| {
            family(text, name, "gauge", help, lines);
        };
        let one = |value| [(String::new(), value)];
        let open = self.connections.load(Ordering::Relaxed);
        gauge("candor_connections_open", "Connections open now.", &one(open));
        gauge("candor_parts_held", "Parts held now.", &one(load(&self.held)));
        let help = "Channels with a release that is due and could not be published.";
        gauge("candor_releases_overdue", help, &one(load(&self.overdue)));
        let days = now.key_days_left.iter();
        let days: Vec<_> = days
            .map(|(program, days)| (format!("{{program=\"{program}\"}}"), i64::from(*days)))
            .collect();
        let help = "Days until the program's last receipt key ends; -1 without one.";
        gauge("candor_receipt_key_days_left", help, &days);
        if let Some(bytes) = now.disk_bytes_free {
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            gauge("candor_disk_free_bytes", "Free bytes below the data folder.", &one(bytes));
        }
        let build = format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
        gauge("candor_build_info", "The version that runs.", &[(build, 1)]);
        let help = "When the server began, in seconds of Unix time.";
        gauge("process_start_time_seconds", help, &one(load(&self.started_seconds)));
    }
}

fn load(value: &AtomicU64) -> i64 {
    i64::try_from(value.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
}

/// One metric with its lines, each a set of labels and a value.
fn family(text: &mut String, name: &str, kind: &str, help: &str, lines: &[(String, i64)]) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    for (labels, value) in lines {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}
