//! Changing inputs at random, the same in every run with one seed.

/// Words and bytes that formats here are made of, or that have broken parsers before.
const WORDS: [&[u8]; 38] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"9007199254740992",
    b"0.1",
    b"\0",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\n",
    b"\r\n",
    b"\r\n\r\n",
    b" ",
    b"other",
    b"2026-W53",
    b"9999-12-31",
    b"0000-00-00",
    b"../",
    b"//",
    b"%00",
    b"[[",
    b"]]",
    b" = ",
    b"ed25519:",
    b"\x28\xb5\x2f\xfd",
];
/// Longer inputs are cut: no part, capsule or manifest in a seed is longer.
const BYTES_MAX: usize = 64 * 1024;

/// Makes inputs out of others.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    /// What came out of earlier changes, to be changed again.
    pool: Vec<Vec<u8>>,
}

impl Mutator {
    /// With a seed of its own.
    pub fn new(seed: u64, seeds: &[Vec<u8>]) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, pool: seeds.to_vec() }
    }

    /// One more input: a seed, or an earlier input, changed one to eight times.
    pub fn next(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = if self.below(4) == 0 {
            let at = self.below(self.pool.len().max(1));
            self.pool.get(at).cloned().unwrap_or_default()
        } else {
            let at = self.below(seeds.len().max(1));
            seeds.get(at).cloned().unwrap_or_default()
        };
        for _ in 0..=self.below(8) {
            self.change(&mut input, seeds);
        }
        input.truncate(BYTES_MAX);
        // A small changing pool: chains of changes that no seed is one step from.
        if self.below(16) == 0 {
            if self.pool.len() < 256 {
                self.pool.push(input.clone());
            } else {
                let at = self.below(256);
                self.pool[at].clone_from(&input);
            }
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = self.below(input.len() + 1);
        let length = self.length().min(input.len() - place);
        match self.below(9) {
            0 => flip(input, place, self.below(8)),
            1 if place < input.len() => input[place] = self.byte(),
            2 => drop(input.drain(place..place + length)),
            3 => input.insert(place, self.byte()),
            4 => {
                let word = WORDS[self.below(WORDS.len())];
                input.splice(place..place, word.iter().copied());
            }
            5 => {
                let word = WORDS[self.below(WORDS.len())];
                let end = (place + word.len()).min(input.len());
                input.splice(place..end, word.iter().copied());
            }
            6 => {
                let piece = input[place..place + length].to_vec();
                let times = 1 + self.below(3) * self.below(64);
                let more = piece.repeat(times);
                let to = self.below(input.len() + 1);
                input.splice(to..to, more);
            }
            7 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                let end = (from + self.length()).min(other.len());
                input.splice(place..place + length, other[from..end].iter().copied());
            }
            _ => input.truncate(place),
        }
    }

    /// Mostly short.
    fn length(&mut self) -> usize {
        let bound = [4, 4, 16, 64, 1_024][self.below(5)];
        1 + self.below(bound)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    /// `xorshift64*`.
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0) % bound.max(1)
    }
}

fn flip(input: &mut [u8], place: usize, bit: usize) {
    if let Some(byte) = input.get_mut(place) {
        *byte ^= 1 << bit;
    }
}
