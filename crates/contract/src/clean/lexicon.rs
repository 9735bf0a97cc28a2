//! Words whose meaning decides: of products, makers, systems, roles, places and labels.
//!
//! The lists in `words/` are general knowledge, written from the words' meaning and not from any
//! collection of texts. A word in none of them is unknown, and an unknown word stays.

use std::sync::LazyLock;

/// An ordinary word of products and techniques.
pub(super) const PRODUCT: u16 = 1;
/// A maker of devices or programs.
pub(super) const MAKER: u16 = 2;
/// A system whose `uname` prints the name of the host after its own.
pub(super) const SYSTEM: u16 = 4;
/// What a machine is for, as people write it into its name.
pub(super) const ROLE: u16 = 8;
/// A large town whose name is no product's name.
pub(super) const TOWN: u16 = 16;
/// A room or a department.
pub(super) const ROOM: u16 = 32;
/// Announces a version or a number of a build.
pub(super) const VERSION: u16 = 64;
/// Announces an address.
pub(super) const ADDRESS: u16 = 128;
/// Announces a secret.
pub(super) const SECRET: u16 = 256;
/// Announces what the operator called a thing.
pub(super) const NAMING: u16 = 512;
/// The last label of a host name on the internet.
pub(super) const DOMAIN: u16 = 1024;
/// The last label of a host name in a private network.
pub(super) const PRIVATE_DOMAIN: u16 = 2048;

/// Begins a label behind which stands a number of one unit.
pub(super) const UNIT: u16 = 4096;

const LISTS: [(u16, &str); 13] = [
    (PRODUCT, include_str!("words/product.txt")),
    (MAKER, include_str!("words/maker.txt")),
    (SYSTEM, include_str!("words/system.txt")),
    (ROLE, include_str!("words/role.txt")),
    (TOWN, include_str!("words/town.txt")),
    (ROOM, include_str!("words/room.txt")),
    (VERSION, include_str!("words/version.txt")),
    (ADDRESS, include_str!("words/address.txt")),
    (SECRET, include_str!("words/secret.txt")),
    (NAMING, include_str!("words/naming.txt")),
    (DOMAIN, include_str!("words/domain.txt")),
    (PRIVATE_DOMAIN, include_str!("words/private-domain.txt")),
    (UNIT, include_str!("words/unit.txt")),
];

/// Slots of the table, a power of two and some four times the number of words.
const SLOTS: usize = 16_384;

/// Characters of the longest word that is looked up.
const WORD_BYTES_MAX: usize = 24;

/// An open table of 64-bit hashes. Two words that share one are one in 10^13 for these lists; the
/// words themselves need not be kept, and a lookup touches one line of memory.
static TABLE: LazyLock<Vec<(u64, u16)>> = LazyLock::new(|| {
    let mut table = vec![(0_u64, 0_u16); SLOTS];
    for (meaning, list) in LISTS {
        let lines = list.lines().filter(|line| !line.starts_with('#'));
        for word in lines.flat_map(str::split_whitespace) {
            let hash = hash(word);
            let mut slot = slot(hash);
            while let Some(entry) = table.get_mut(slot) {
                if entry.0 == 0 || entry.0 == hash {
                    *entry = (hash, entry.1 | meaning);
                    break;
                }
                slot = (slot + 1) % SLOTS;
            }
        }
    }
    table
});

/// What a word may mean, in any case; 0 where it is unknown.
pub(super) fn meaning(word: &str) -> u16 {
    if word.len() > WORD_BYTES_MAX {
        return 0;
    }
    let hash = hash(word);
    let mut slot = slot(hash);
    while let Some((found, meaning)) = TABLE.get(slot) {
        if *found == hash {
            return *meaning;
        }
        if *found == 0 {
            return 0;
        }
        slot = (slot + 1) % SLOTS;
    }
    0
}

/// Whether a known value says what every such device says: its removal would tell more than it
/// hides.
pub(super) fn is_product_word(folded: &str) -> bool {
    meaning(folded) & (PRODUCT | MAKER | SYSTEM) != 0
}

/// The places of our own placeholders in a text.
pub(super) fn placeholders(text: &str) -> Vec<(usize, usize)> {
    let mut places = Vec::new();
    for (start, _) in text.match_indices('<') {
        let inside = text.get(start + 1..).unwrap_or_default();
        let known = PLACEHOLDER_WORDS
            .iter()
            .find(|word| inside.strip_prefix(**word).is_some_and(|rest| rest.starts_with('>')));
        if let Some(word) = known {
            places.push((start, start + word.len() + 2));
        }
    }
    places
}

const PLACEHOLDER_WORDS: [&str; 10] =
    ["name", "address", "email", "user", "url", "host", "serial", "uuid", "secret", "place"];

/// FNV-1a over small letters: short words, and no attacker chooses the table's entries.
fn hash(word: &str) -> u64 {
    let step = |hash: u64, c: u8| {
        (hash ^ u64::from(c.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    };
    word.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}

fn slot(hash: u64) -> usize {
    let mixed = hash ^ (hash >> 32);
    usize::try_from(mixed % (SLOTS as u64)).unwrap_or(0)
}
