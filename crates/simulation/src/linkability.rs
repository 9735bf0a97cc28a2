//! How often a collector that wants to can join what it was sent: figure S7, on a simulated fleet.
//!
//! A collector that keeps everything it can see looks at one part and names the one, among all that
//! it received, that it believes to be of the same installation. Five ways of guessing are tried
//! and the best counts. All of them know how answers go together, from another fleet of the same
//! kind. Where several candidates look alike, one of them is named by chance; what is reported is
//! how often the name is right.
//!
//! A fleet is a model: profiles, long tails, machines that are switched off. What it cannot show is
//! what only one real fleet would.

mod fleet;
mod guess;

use std::fmt::Write as _;

pub use fleet::{Fleet, PARTS};

use guess::Seen;

/// How long a tag lasts, in days; none where parts carry none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// No tag.
    None,
    /// One period.
    Period,
    /// Four weeks.
    Days28,
    /// Until it is taken back.
    Stable,
}

impl Identity {
    /// Every setting.
    pub const ALL: [Self; 4] = [Self::None, Self::Period, Self::Days28, Self::Stable];

    /// As a manifest writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Period => "period",
            Self::Days28 => "28d",
            Self::Stable => "stable",
        }
    }

    /// Days over which one tag shows on which of them its machine was there.
    fn days_seen(self) -> usize {
        match self {
            Self::None | Self::Period => 1,
            Self::Days28 => 28,
            Self::Stable => fleet::DAYS,
        }
    }

    fn lasts_until_tomorrow(self) -> bool {
        matches!(self, Self::Days28 | Self::Stable)
    }
}

/// What the collector is given to see besides answers and tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sending {
    /// Whether a relay stands between, so that no address is seen.
    pub is_blind: bool,
    /// Whether each part goes at its own moment, and not all of them one after the other.
    pub is_on_schedule: bool,
}

/// The best of the guesses, and how often it was right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Best {
    /// What it went by.
    pub by: &'static str,
    /// How often it was right, from 0 to 1.
    pub share: f64,
}

/// How often two parts of one report are joined.
pub fn within(fleet: &Fleet, known: &Fleet, identity: Identity, sending: Sending) -> Best {
    // Each part with the next: what is alike about neighbours is alike about any two.
    let pairs: Vec<_> = (0..PARTS.len()).map(|a| (a, (a + 1) % PARTS.len())).collect();
    let look = |of: &Fleet, part| Seen::of_part(of, part, identity, sending);
    let joined = pairs.iter().map(|&(a, b)| {
        guess::all(&look(fleet, a), &look(fleet, b), (&look(known, a), &look(known, b)))
    });
    guess::best(joined)
}

/// How often a part is joined with the same part of the next period.
pub fn across(fleet: &Fleet, known: &Fleet, identity: Identity, sending: Sending) -> Best {
    if identity.lasts_until_tomorrow() {
        // Within its epoch the tag says it.
        return Best { by: "the tag", share: 1.0 };
    }
    let look = |of: &Fleet, part| Seen::of_part(of, part, Identity::Period, sending);
    let then = |of: &Fleet, part| Seen::of_part_tomorrow(of, part, sending);
    let joined = (0..PARTS.len()).map(|part| {
        let trained = (&look(known, part), &then(known, part));
        guess::all(&look(fleet, part), &then(fleet, part), trained)
    });
    guess::best(joined)
}

/// How often a whole answer sheet, without parts and with a new tag each period, is joined with
/// that of the next period, by what is in it alone.
pub fn sheets(fleet: &Fleet) -> Best {
    Best { by: "answers", share: guess::nearest_sheet(fleet) }
}

/// How often two samples of one installation are joined by the days on which they were seen, over a
/// month; and how often a sample is joined with itself in the next period.
pub fn samples(fleet: &Fleet) -> (Best, Best) {
    let (together, again) = guess::samples(fleet);
    (Best { by: "the days seen", share: together }, Best { by: "the sample itself", share: again })
}

/// Everything that is measured, as the guide prints it.
pub fn report(installations: u32, seed: u64) -> String {
    let (fleet, known) = (Fleet::new(installations, seed), Fleet::new(installations, seed + 1));
    let mut out = String::new();
    let prior = 100.0 / f64::from(installations);
    let _ = writeln!(out, "{installations} installations, seed {seed}; by chance {prior:.2} %\n");
    let _ = writeln!(
        out,
        "| what is sent | identity | way | two parts of one report | the same part, next period |"
    );
    let _ = writeln!(out, "|---|---|---|---|---|");
    let shown = |best: Best| format!("{:.2} % by {}", 100.0 * best.share, best.by);
    let whole = shown(sheets(&fleet));
    let _ = writeln!(out, "| one whole answer sheet | period | any | they are one | {whole} |");
    for (sending, what, way) in [
        (Sending { is_blind: true, is_on_schedule: true }, "parts, on schedule", "blind"),
        (Sending { is_blind: false, is_on_schedule: true }, "parts, on schedule", "direct"),
        (Sending { is_blind: true, is_on_schedule: false }, "parts, by hand at once", "blind"),
    ] {
        for identity in Identity::ALL {
            let inside = shown(within(&fleet, &known, identity, sending));
            let next = shown(across(&fleet, &known, identity, sending));
            let word = identity.word();
            let _ = writeln!(out, "| {what} | {word} | {way} | {inside} | {next} |");
        }
    }
    let (together, again) = samples(&fleet);
    let (together, again) = (shown(together), shown(again));
    let _ = writeln!(out, "| samples, on schedule | period | blind | {together} | {again} |");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLIND: Sending = Sending { is_blind: true, is_on_schedule: true };

    #[test]
    fn on_schedule_through_a_relay_parts_cannot_be_joined() {
        let (fleet, known) = (Fleet::new(2_000, 1), Fleet::new(2_000, 2));
        for identity in [Identity::None, Identity::Period] {
            let best = within(&fleet, &known, identity, BLIND);
            assert!(best.share < 1.0 / 2_000.0 + 0.005, "{best:?}");
        }
    }

    // Whoever measures must be able to find something.
    #[test]
    fn what_can_be_joined_is_found() {
        let (fleet, known) = (Fleet::new(2_000, 1), Fleet::new(2_000, 2));
        assert!(sheets(&fleet).share > 0.7);
        let direct = Sending { is_blind: false, is_on_schedule: true };
        assert!(within(&fleet, &known, Identity::Period, direct).share > 0.7);
        let by_hand = Sending { is_blind: true, is_on_schedule: false };
        assert!(within(&fleet, &known, Identity::Period, by_hand).share > 0.3);
        let stable = within(&fleet, &known, Identity::Stable, BLIND);
        let month = within(&fleet, &known, Identity::Days28, BLIND);
        assert!(stable.share > month.share && month.share > 0.05, "{stable:?} {month:?}");
        let (together, again) = samples(&fleet);
        assert!(together.share > 0.001 && again.share > 0.05, "{together:?} {again:?}");
    }
}
