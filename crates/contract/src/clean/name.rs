//! Names of hosts: behind a system's own name, by their domain, and by how people name machines.

use super::contact::is_public_site_of_a_maker;
use super::lexicon::{
    DOMAIN, MAKER, NAMING, PRIVATE_DOMAIN, PRODUCT, ROLE, SYSTEM, VERSION, meaning,
};
use super::scan::{AT, COLON, Chunk, DASH, DIGIT, DOT, HASH, LOWER, SLASH, Scan, UPPER, Word};
use super::{Class, Piece};

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    pieces.extend(after_system(scan));
    for (number, chunk) in scan.chunks.iter().enumerate() {
        if chunk.has & DOT != 0 && scan.means & (DOMAIN | PRIVATE_DOMAIN) != 0 {
            domains(scan, chunk, number, pieces);
        }
        if chunk.has & DOT != 0 && is_dotted_name(scan, chunk) {
            pieces.push(Piece { start: chunk.start, end: chunk.end, class: Class::HostName });
        }
        if is_numbered(scan, chunk) || is_role(scan, chunk) {
            pieces.push(Piece { start: chunk.start, end: chunk.end, class: Class::HostName });
        }
    }
    for word in scan.words.iter().filter(|_| scan.means & NAMING != 0) {
        if word.means & NAMING != 0 {
            pieces.extend(named(scan, word));
        }
    }
}

/// Chunks in which `uname` may print a host's name: people put spaces into it.
const NAME_CHUNKS_MAX: usize = 6;

/// `uname -a` prints the system, the host, the release. At the beginning of a text, what stands
/// between a system's name and the first version is the host's name, if anything does. Where two
/// versions follow, the first is a name too: an address.
fn after_system(scan: &Scan<'_>) -> Option<Piece> {
    let number = system(scan)?;
    let system = scan.chunks.get(number)?;
    let rest = scan.chunks.get(number + 1..)?;
    let end = name_end(scan, system.end, rest)?;
    let count = rest.iter().take_while(|chunk| chunk.end <= end).count();
    let (first, last) = (rest.first()?, rest.get(count.checked_sub(1)?)?);
    // Words that describe (`Linux Debian 12.4`) are a name only where the text goes on as `uname`
    // does: with the number of the build, or with the system once more.
    let after = scan.text.get(end..)?;
    let own_name = scan.of_chunk(system);
    let printed = after.contains(" #") || after.contains(own_name);
    let one = count == 1;
    let describes = scan
        .words_of(first)
        .iter()
        .all(|word| word.means & (PRODUCT | MAKER | SYSTEM | VERSION) != 0);
    (printed || (one && !describes)).then_some(Piece {
        start: first.start,
        end: last.end,
        class: Class::HostName,
    })
}

/// The chunk at the beginning that names a system; a maker may stand before it.
fn system(scan: &Scan<'_>) -> Option<usize> {
    let is = |number: usize, wanted: u16| {
        let chunk = scan.chunks.get(number)?;
        let means = meaning(scan.of_chunk(chunk));
        (means & wanted != 0).then_some(number)
    };
    let starts = scan.chunks.first()?.start <= 2;
    is(0, SYSTEM).or_else(|| is(0, MAKER).and_then(|_| is(1, SYSTEM))).filter(|_| starts)
}

/// Where the name ends that begins right after a system; `None` where a release follows at once, or
/// none does.
fn name_end(scan: &Scan<'_>, mut at: usize, rest: &[Chunk]) -> Option<usize> {
    for (number, chunk) in rest.iter().take(NAME_CHUNKS_MAX + 1).enumerate() {
        // A comma or a bracket ends what `uname` prints as one line of words.
        if !scan.part(at, chunk.start).bytes().all(|c| c == b' ') {
            return None;
        }
        let next = rest.get(number + 1);
        let text = scan.of_chunk(chunk);
        let address = number == 0
            && text.parse::<core::net::Ipv4Addr>().is_ok()
            && next.is_some_and(|next| is_release(scan, next));
        let ends = is_release(scan, chunk) && !address;
        let build = scan.byte(chunk.start) == b'#';
        if ends || build {
            return (number > 0).then_some(at);
        }
        let announces = scan.words_of(chunk).iter().any(|word| {
            word.means & VERSION != 0 && word.start == chunk.start && word.end == chunk.end
        });
        if announces || is_everybody(text) {
            return None;
        }
        at = chunk.end;
    }
    None
}

/// A release of a system: numbers with dots, perhaps with a letter before; or two plain numbers, as
/// AIX prints them.
fn is_release(scan: &Scan<'_>, chunk: &Chunk) -> bool {
    let text = scan.of_chunk(chunk).trim_start_matches(['v', 'V', 'B', 'r', 'R', '.']);
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    let dotted = text.as_bytes().get(whole) == Some(&b'.')
        && text.as_bytes().get(whole + 1).is_some_and(u8::is_ascii_digit);
    (whole > 0 && dotted) || (whole > 0 && whole <= 2 && whole == text.len())
}

/// Names that every new system has.
fn is_everybody(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.eq_ignore_ascii_case("localhost.localdomain")
}

/// Full names with a domain, wherever they stand.
fn domains(scan: &Scan<'_>, chunk: &Chunk, number: usize, pieces: &mut Vec<Piece>) {
    let words = scan.words_of(chunk);
    for last in words.iter().filter(|word| word.means & (DOMAIN | PRIVATE_DOMAIN) != 0) {
        let next = scan.byte(last.end);
        let continues = matches!(next, b'-' | b'_' | b'(' | b'+')
            || (next == b'.' && scan.byte(last.end + 1).is_ascii_alphanumeric());
        if scan.before(last.start) != b'.' || continues {
            continue;
        }
        let in_name = |c: &char| c.is_alphanumeric() || "._-".contains(*c);
        let before = scan.part(chunk.start, last.start);
        let length: usize = before.chars().rev().take_while(in_name).map(char::len_utf8).sum();
        let start = last.start - length;
        let start = start + before.len().min(length)
            - scan.part(start, last.start).trim_start_matches(['.', '-', '_']).len();
        if is_domain(scan, start, last, number) {
            pieces.push(Piece { start, end: last.end, class: Class::HostName });
        }
    }
}

/// Whether labels that end in a domain are a name and not a version, a file or a company.
fn is_domain(scan: &Scan<'_>, start: usize, last: &Word, chunk: usize) -> bool {
    let text = scan.part(start, last.end);
    let labels: Vec<&str> = text.split('.').collect();
    let count = labels.len();
    let spoken = labels
        .iter()
        .take(count - 1)
        .any(|label| label.chars().filter(|c| c.is_alphabetic()).count() >= 2);
    // `51.26.nc` and `4.19.1-r2.pl` count up to something.
    let numbered = labels.first().is_some_and(|label| label.bytes().all(|c| c.is_ascii_digit()))
        && labels.get(1).is_some_and(|label| label.starts_with(|c: char| c.is_ascii_digit()));
    let empty = labels.iter().any(|label| label.is_empty());
    if count < 2 || !spoken || numbered || empty || is_public_site_of_a_maker(text) {
        return false;
    }
    let small = scan.of_word(last).bytes().all(|c| c.is_ascii_lowercase());
    let large = !text.bytes().any(|c| c.is_ascii_lowercase());
    let private = last.means & PRIVATE_DOMAIN != 0 && (small || large);
    // Two labels are a company's name as often as a host's: `Shop.com Inc.`
    let company = scan.chunks.get(chunk + 1).is_some_and(|next| {
        let forms = ["inc", "ltd", "llc", "gmbh", "ag", "corp", "co", "limited"];
        let first = scan.words_of(next).first().map(|word| scan.of_word(word)).unwrap_or_default();
        forms.iter().any(|form| form.eq_ignore_ascii_case(first))
    });
    private || (last.means & DOMAIN != 0 && (small || (large && count >= 3)) && !company)
}

/// Three or more labels of small letters, each beginning with one: a host's name, whatever its
/// domain.
/// Files and packages are written so too, and betray themselves by their last or first label.
fn is_dotted_name(scan: &Scan<'_>, chunk: &Chunk) -> bool {
    let text = scan.of_chunk(chunk);
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_lowercase())
            && label.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
    };
    let first_small = scan.byte(chunk.start).is_ascii_lowercase();
    if chunk.has & UPPER != 0
        || !first_small
        || text.split('.').count() < 3
        || !text.split('.').all(label)
    {
        return false;
    }
    let first = text.split('.').next().unwrap_or_default();
    let last = text.rsplit('.').next().unwrap_or_default();
    let package = ["com", "org", "net", "io", "de", "java", "sys", "usr"].contains(&first);
    (2..=10).contains(&last.len())
        && last.bytes().all(|c| c.is_ascii_lowercase())
        && !FILES.contains(&last)
        && !package
        && meaning(last) & (PRODUCT | VERSION) == 0
        && meaning(first) & VERSION == 0
}

/// Endings of files, and of releases that are written like them.
const FILES: [&str; 40] = [
    "gz", "xz", "zip", "img", "bin", "tar", "tgz", "log", "txt", "json", "xml", "conf", "cfg",
    "py", "pl", "sh", "rb", "js", "so", "exe", "dll", "deb", "rpm", "jar", "sig", "pkg", "rom",
    "fw", "beta", "alpha", "final", "debug", "generic", "noarch", "swi", "iso", "ova", "qcow",
    "pem", "crt",
];

/// `AP02`, `TST01-MTC6`, `nw-group-01`: people number with a leading zero, makers seldom do. Within
/// other text more than one such sign is asked for, because parts of hardware are numbered too.
fn is_numbered(scan: &Scan<'_>, chunk: &Chunk) -> bool {
    let alone = scan.chunks.len() == 1;
    let joined = chunk.has & DASH != 0 && chunk.has & (DOT | COLON) == 0;
    if chunk.has & DIGIT == 0 || !(alone || joined) {
        return false;
    }
    let text = scan.of_chunk(chunk);
    if !text.contains('0') || text.contains(['_', '/', '+', '@', '=', '#', '*']) {
        return false;
    }
    let words = scan.words_of(chunk);
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let padded = |word: &Word, letters_min: usize| {
        let text = scan.of_word(word);
        let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = text.get(letters.len()..).unwrap_or_default();
        let counted = matches!(number.len(), 2 | 3)
            && number.starts_with('0')
            && number.bytes().any(|c| c != b'0');
        counted
            && letters.chars().count() >= letters_min
            && letters.chars().all(char::is_alphabetic)
            && meaning(letters) & VERSION == 0
    };
    if alone {
        return padded(first, 2) || padded(last, 2) || is_counted(scan, words, 1);
    }
    // A model of a part is numbered like a host; a small letter or a word for a use tells them
    // apart.
    let spoken = words.iter().any(|word| word.means & ROLE != 0 || word.has & LOWER != 0);
    words.len() >= 2
        && (padded(first, 3) || padded(last, 2) || (spoken && is_counted(scan, words, 2)))
}

/// `nw-group-01`: a number with a leading zero after plain words. A model has a digit before it.
fn is_counted(scan: &Scan<'_>, words: &[Word], words_min: usize) -> bool {
    let Some((last, head)) = words.split_last() else { return false };
    let number = scan.of_word(last);
    last.has == DIGIT
        && matches!(number.len(), 2 | 3)
        && number.starts_with('0')
        && number.bytes().any(|c| c != b'0')
        && head.len() >= words_min
        && head.iter().all(|word| word.has & DIGIT == 0 && word.means & VERSION == 0)
        && scan.before(last.start) == b'-'
}

/// `munich-fw`, `AB-CLUSTER-1`: plain words joined by dashes that end in what a machine is
/// for, with
/// a word among them that no product has.
fn is_role(scan: &Scan<'_>, chunk: &Chunk) -> bool {
    let text = scan.of_chunk(chunk);
    let words = scan.words_of(chunk);
    let other = DOT | COLON | SLASH | AT | HASH;
    if chunk.has & DASH == 0
        || chunk.has & other != 0
        || !text.chars().all(|c| c.is_alphanumeric() || c == '-')
    {
        return false;
    }
    let numbers = words.iter().rev().take_while(|word| word.has == DIGIT).count();
    let Some((role, place)) = words.get(..words.len() - numbers).and_then(<[Word]>::split_last)
    else {
        return false;
    };
    // `fw2`, `dc1`: a word with a small number.
    let letters = |word: &Word| scan.of_word(word).trim_end_matches(|c: char| c.is_ascii_digit());
    let spoken = |word: &Word| {
        let letters = letters(word);
        letters.len() >= 2
            && word.end - word.start - letters.len() <= 2
            && letters.chars().all(char::is_alphabetic)
    };
    let own = |word: &Word| {
        let known = PRODUCT | MAKER | SYSTEM | VERSION | ROLE;
        (word.means | meaning(letters(word))) & known == 0
    };
    // In small letters an abbreviation (`abc-fw`) is enough: makers write their products large, and
    // write out what they are.
    let use_of = letters(role);
    let short = use_of.len() <= 3 && chunk.has & UPPER == 0;
    meaning(use_of) & ROLE != 0
        && spoken(role)
        && !place.is_empty()
        && place.iter().all(spoken)
        && (short || place.iter().any(own))
        && scan.byte(chunk.end) != b'('
}

/// `Hostname: core1`, `location=Room 3`: up to the end of the statement.
fn named(scan: &Scan<'_>, label: &Word) -> Option<Piece> {
    let rest = scan.text.get(label.end..)?;
    let skipped = rest.bytes().take(4).take_while(|c| b" \"':=".contains(c)).count();
    if !rest.get(..skipped)?.contains([':', '=']) {
        return None;
    }
    let start = label.end + skipped;
    let rest = scan.text.get(start..)?;
    let ends = |c: char| c.is_control() || ",;|<>\"')]}\\\u{fffd}".contains(c);
    let value = rest.split(ends).next()?;
    let value = value.split("  ").next()?.trim_end();
    let says = value.chars().any(char::is_alphanumeric);
    says.then_some(Piece { start, end: start + value.len(), class: Class::Place })
}
