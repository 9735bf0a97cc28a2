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
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, value: String| {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{value}");
        };
        let single =
            |name: &str, value: &AtomicU64| format!("{name} {}\n", value.load(Ordering::Relaxed));
        for (name, help, value) in [
            ("candor_parts_accepted_total", "Parts accepted and durable.", &self.accepted),
            ("candor_parts_duplicate_total", "Parts that arrived again.", &self.duplicate),
            ("candor_rows_deleted_total", "Rows deleted by proof.", &self.deleted),
            ("candor_batches_total", "Batches written, each with one sync.", &self.batches),
            ("candor_batch_parts_total", "Parts in all batches.", &self.batch_parts),
        ] {
            metric(name, "counter", help, single(name, value));
        }
        let name = "candor_requests_refused_total";
        let mut lines = String::new();
        for (reason, count) in Reason::ALL.iter().zip(&self.refused) {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(lines, "{name}{{reason=\"{}\"}} {count}", reason.word());
        }
        metric(name, "counter", "Requests refused, by reason.", lines);
        let name = "candor_connections_open";
        let open = format!("{name} {}\n", self.connections.load(Ordering::Relaxed));
        metric(name, "gauge", "Connections open now.", open);
        let name = "candor_parts_held";
        metric(name, "gauge", "Parts held now.", single(name, &self.held));
        text
    }
}
