//! Counters for Prometheus. A label is a gateway's name or a word of a closed list, and never
//! anything of a request.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::problem::Refusal;

/// Counters of one running relay.
#[derive(Debug)]
pub struct Metrics {
    gateways: Vec<OfGateway>,
    refused: Vec<AtomicU64>,
    connections: AtomicI64,
    turned_away: AtomicU64,
}

/// Counters of one gateway.
#[derive(Debug)]
pub struct OfGateway {
    label: String,
    carried: AtomicU64,
    dialled: AtomicU64,
    reached: AtomicU64,
}

impl Metrics {
    /// All at zero, for gateways of these names.
    pub fn new<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        let gateways = labels.map(|label| OfGateway {
            label: label.to_owned(),
            carried: AtomicU64::default(),
            dialled: AtomicU64::default(),
            reached: AtomicU64::new(1),
        });
        Self {
            gateways: gateways.collect(),
            refused: Refusal::ALL.iter().map(|_| AtomicU64::default()).collect(),
            connections: AtomicI64::default(),
            turned_away: AtomicU64::default(),
        }
    }

    /// A request was carried there and its answer back.
    pub fn carried(&self, gateway: usize) {
        self.count(gateway, |of| &of.carried);
    }

    /// A connection to the gateway was opened.
    pub fn dialled(&self, gateway: usize) {
        self.count(gateway, |of| &of.dialled);
    }

    /// Whether the gateway answers. True if that is new.
    pub fn reached(&self, gateway: usize, now: bool) -> bool {
        let of = self.gateways.get(gateway);
        of.is_some_and(|of| of.reached.swap(u64::from(now), Ordering::Relaxed) != u64::from(now))
    }

    /// A request was refused.
    pub fn refused(&self, refusal: Refusal) {
        let at = Refusal::ALL.iter().position(|known| *known == refusal);
        if let Some(count) = at.and_then(|at| self.refused.get(at)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection was opened (1) or closed (-1).
    pub fn connection(&self, change: i64) {
        self.connections.fetch_add(change, Ordering::Relaxed);
    }

    /// A connection was closed at once, since its network has too many.
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self, gateway: usize, which: impl Fn(&OfGateway) -> &AtomicU64) {
        if let Some(of) = self.gateways.get(gateway) {
            which(of).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The text format of Prometheus, version 0.0.4.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, kind, help, which) in [
            (
                "candor_relay_carried_total",
                "counter",
                "Requests carried to a gateway and answered.",
                (|of| &of.carried) as fn(&OfGateway) -> &AtomicU64,
            ),
            (
                "candor_relay_gateway_connections_total",
                "counter",
                "Connections opened to a gateway.",
                |of| &of.dialled,
            ),
            ("candor_relay_gateway_reached", "gauge", "Whether the gateway answered last.", |of| {
                &of.reached
            }),
        ] {
            head(&mut text, name, kind, help);
            for of in &self.gateways {
                let value = which(of).load(Ordering::Relaxed);
                let _ = writeln!(text, "{name}{{gateway=\"{}\"}} {value}", of.label);
            }
        }
        let name = "candor_relay_refused_total";
        head(&mut text, name, "counter", "Requests refused, by reason.");
        for (refusal, count) in Refusal::ALL.iter().zip(&self.refused) {
            let count = count.load(Ordering::Relaxed);
            let _ = writeln!(text, "{name}{{reason=\"{}\"}} {count}", refusal.word());
        }
        let name = "candor_relay_connections_open";
        head(&mut text, name, "gauge", "Connections open now.");
        let _ = writeln!(text, "{name} {}", self.connections.load(Ordering::Relaxed));
        let name = "candor_relay_turned_away_total";
        head(&mut text, name, "counter", "Connections closed, their network having too many.");
        let _ = writeln!(text, "{name} {}", self.turned_away.load(Ordering::Relaxed));
        text
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_reach_is_told_once() {
        let metrics = Metrics::new(["default"].into_iter());
        let told = [true, false, false, true].map(|now| metrics.reached(0, now));
        assert_eq!(told, [false, true, false, true]);
        metrics.carried(0);
        metrics.refused(Refusal::Crowd);
        let text = metrics.to_text();
        assert!(text.contains("candor_relay_carried_total{gateway=\"default\"} 1\n"));
        assert!(text.contains("candor_relay_refused_total{reason=\"crowd\"} 1\n"));
    }
}
