//! A manifest with every kind, parts made from answers, and noise of two sorts.

use contract::calendar::Period;
use contract::manifest::Manifest;
use contract::part::{Part, check};
use contract::publish::{Ledger, Noise, Plan, Scale, publish};
use contract::release::{FieldTable, Number, Release, Window};
use contract::tally::Tally;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

pub(crate) const MANIFEST: &str = include_str!("manifest.toml");

/// The first day on which the week 2026-W47 (16 to 22 November) may be published.
pub(crate) const TODAY: Date = date(2026, 11, 25);

pub(crate) fn manifest() -> Manifest {
    Manifest::parse(MANIFEST).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The manifest with pieces of its text replaced.
pub(crate) fn changed(changes: &[(&str, &str)]) -> Manifest {
    let mut text = MANIFEST.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"))
}

pub(crate) const EXACT: (&str, &str) =
    ("publication = { epsilon_release = 4.0, epsilon_year = 212.0 }", "publication = \"exact\"");

pub(crate) fn daily() -> Manifest {
    changed(&[("period = \"week\"", "period = \"day\"\nrelease = \"week\"")])
}

pub(crate) fn week() -> Window {
    let period: Period = "2026-W47".parse().unwrap();
    Window::new(period, period).unwrap()
}

/// A part as it comes from outside, checked.
pub(crate) fn part(manifest: &Manifest, part: &str, period: &str, n: u32, answers: &Value) -> Part {
    let definitions = manifest.definitions();
    let definition = definitions.iter().find(|d| d.part.as_str() == part).unwrap();
    let bytes = contract::canonical::to_bytes(&json!({
        "answers": answers,
        "channel": "usage",
        "definition": definition.hash().to_string(),
        "part": part,
        "period": period,
        "program": "larkspur",
        "tag": format!("{:032x}", n + 1),
    }));
    let day = period.parse::<Period>().unwrap().first_day();
    let found = check(&bytes.unwrap(), ("larkspur", "usage"), |_| Some(definition), day);
    found.unwrap_or_else(|refusal| panic!("{refusal:?}")).0
}

pub(crate) fn tally(manifest: &Manifest, window: Window) -> Tally {
    Tally::new(manifest, "usage", window, []).unwrap()
}

pub(crate) fn plan(manifest: &Manifest, window: Window) -> Plan {
    let channel = manifest.channel("usage").unwrap();
    Plan::finished(channel, window, 1, TODAY, &Ledger::default()).unwrap()
}

pub(crate) fn release(manifest: &Manifest, tally: &Tally, noise: &mut impl Noise) -> Release {
    publish(tally, &plan(manifest, tally.window()), noise).unwrap()
}

/// How many reported.
pub(crate) fn headline(release: &Release) -> Number {
    release.installations.unwrap()
}

pub(crate) fn table<'a>(release: &'a Release, field: &str) -> &'a FieldTable {
    release.fields.iter().find(|table| table.id.as_str() == field).unwrap()
}

/// Noise that a test writes down: the same numbers again and again; and what was asked for.
pub(crate) struct Scripted {
    pub(crate) numbers: Vec<i64>,
    pub(crate) asked: Vec<Scale>,
}

impl Scripted {
    pub(crate) fn new(numbers: &[i64]) -> Self {
        Self { numbers: numbers.to_vec(), asked: Vec::new() }
    }
}

impl Noise for Scripted {
    fn discrete_laplace(&mut self, scale: Scale) -> i64 {
        self.asked.push(scale);
        self.numbers[(self.asked.len() - 1) % self.numbers.len()]
    }
}

/// A small exact sampler of the discrete Laplace distribution, for tests: integers only, after
/// Canonne, Kamath and Steinke (2020), algorithm 2; its coins come from a seeded generator.
pub(crate) struct Sampler {
    state: u64,
}

impl Sampler {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A number below `bound`, by rejection, from the generator `SplitMix64`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let zone = u64::MAX - u64::MAX % bound;
        loop {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            if z < zone {
                return z % bound;
            }
        }
    }

    /// True with a probability of e^(-a/b), for a ≤ b.
    fn exponential(&mut self, a: u64, b: u64) -> bool {
        let mut k = 1;
        while self.below(b * k) < a {
            k += 1;
        }
        k % 2 == 1
    }
}

impl Noise for Sampler {
    fn discrete_laplace(&mut self, scale: Scale) -> i64 {
        // The scale is t/s: a geometric variable of scale t, divided by s.
        let (t, s) = (scale.numerator(), scale.denominator());
        loop {
            let u = self.below(t);
            if !self.exponential(u, t) {
                continue;
            }
            let mut v = 0;
            while self.exponential(1, 1) {
                v += 1;
            }
            let magnitude = i64::try_from((u + t * v) / s).unwrap();
            let negative = self.below(2) == 1;
            if !(negative && magnitude == 0) {
                return if negative { -magnitude } else { magnitude };
            }
        }
    }
}
