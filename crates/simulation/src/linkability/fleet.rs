//! A fleet of machines that have something in common, and something of their own.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Days of history.
pub(crate) const DAYS: usize = 90;

/// The parts of `candor-demo`, and how many answers each is seen to have in a fleet.
pub const PARTS: [(&str, u32); 18] = [
    ("platform", 24),
    ("kernel", 30),
    ("libc", 15),
    ("cpus", 8),
    ("memory", 8),
    ("virtualization", 11),
    ("init", 7),
    ("uptime", 7),
    ("root-disk", 6),
    ("root-used", 6),
    ("swap", 5),
    ("packages", 6),
    ("sections", 60),
    ("file-systems", 60),
    ("cpu-features", 12),
    ("python", 12),
    ("network", 4),
    ("address-layout", 4),
];

/// Kinds of machines: each has answers of its own that most of its machines give.
const PROFILES: u32 = 40;
/// Of a hundred answers, so many are the profile's.
const PROFILE_SHARE: u32 = 60;
/// Of a hundred answers, so many are another one on the next day.
const CHANGING_SHARE: u32 = 1;
/// Samples that each machine has at most, and how many are known in the whole world.
const SAMPLES_MAX: u32 = 6;
const VOCABULARY: u32 = 20_000;

/// One machine.
pub struct Installation {
    /// Today's answers, one for each part.
    pub answers: Vec<u32>,
    /// Tomorrow's.
    pub tomorrow: Vec<u32>,
    /// Its address as a collector sees it without a relay: some share one.
    pub address: u32,
    /// On which days it was on; today is the first, and it is on.
    pub present: [bool; DAYS],
    /// The moment of each part on schedule, today.
    pub moments: Vec<u32>,
    /// The same tomorrow.
    pub moments_tomorrow: Vec<u32>,
    /// The moment at which somebody sends everything by hand.
    pub by_hand: u32,
    /// Its samples.
    pub samples: Vec<u32>,
}

/// Machines.
pub struct Fleet {
    /// Each of them.
    pub installations: Vec<Installation>,
}

impl Fleet {
    /// A fleet that a seed gives again. What its profiles are is the same for every seed.
    pub fn new(installations: u32, seed: u64) -> Self {
        let mut random = Draws(ChaCha8Rng::seed_from_u64(seed));
        let profiles = profiles();
        let installations =
            (0..installations).map(|_| installation(&profiles, installations, &mut random));
        Self { installations: installations.collect() }
    }
}

fn profiles() -> Vec<Vec<u32>> {
    let mut random = Draws(ChaCha8Rng::seed_from_u64(0x0f1e));
    let profile = |_| PARTS.iter().map(|(_, answers)| random.often(*answers)).collect();
    (0..PROFILES).map(profile).collect()
}

fn installation(profiles: &[Vec<u32>], fleet: u32, random: &mut Draws) -> Installation {
    let place = random.often(PROFILES);
    let profile = profiles.get(usize::try_from(place).unwrap_or(0));
    let profile = profile.cloned().unwrap_or_default();
    let mut answers = Vec::new();
    for ((_, known), typical) in PARTS.iter().zip(profile) {
        let is_typical = random.below(100) < PROFILE_SHARE;
        answers.push(if is_typical { typical } else { random.often(*known) });
    }
    let mut tomorrow = answers.clone();
    for (answer, (_, known)) in tomorrow.iter_mut().zip(PARTS) {
        if random.below(100) < CHANGING_SHARE {
            *answer = random.often(known);
        }
    }
    // Servers are always on, others in the evening, some now and then.
    let on = [1_000, 1_000, 1_000, 995, 980, 900, 600].get(random.below(7) as usize);
    let mut present = [true; DAYS];
    for day in present.iter_mut().skip(1) {
        *day = random.below(1_000) < on.copied().unwrap_or(1_000);
    }
    let moments = |random: &mut Draws| PARTS.iter().map(|_| random.any()).collect();
    let samples = 1 + random.below(SAMPLES_MAX);
    Installation {
        answers,
        tomorrow,
        // One in five stands behind an address that some ten share.
        address: if random.below(5) == 0 {
            random.below(fleet / 50 + 1)
        } else {
            random.any() | 1 << 31
        },
        present,
        moments: moments(random),
        moments_tomorrow: moments(random),
        by_hand: random.any(),
        samples: (0..samples).map(|_| random.often(VOCABULARY)).collect(),
    }
}

struct Draws(ChaCha8Rng);

impl Draws {
    fn any(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Evenly below a number.
    fn below(&mut self, number: u32) -> u32 {
        let scaled = (u64::from(self.any()) * u64::from(number)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    /// A long tail: the first is frequent, the last is rare (the logarithm is even).
    fn often(&mut self, number: u32) -> u32 {
        let even = f64::from(self.any()) / f64::from(u32::MAX);
        let tail = (f64::from(number) + 1.0).powf(even) - 1.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is below")]
        let drawn = tail as u32;
        drawn.min(number.saturating_sub(1))
    }
}
