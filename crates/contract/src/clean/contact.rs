//! Links, e-mail addresses, accounts on hosts, and accounts in paths.

use super::lexicon::{self, MAKER};
use super::scan::{AT, COLON, Chunk, SLASH, Scan};
use super::{Class, Piece};

/// Characters of the shortest host after an `@`. `Comp@s` is a name that somebody writes so.
const HOST_BYTES_MIN: usize = 3;

pub(super) fn find(scan: &Scan<'_>, pieces: &mut Vec<Piece>) {
    if scan.has & (AT | SLASH) == 0 && !scan.text.contains('\\') {
        return;
    }
    let mut link_end = 0;
    for chunk in &scan.chunks {
        if chunk.start < link_end {
            continue;
        }
        if chunk.has & COLON != 0
            && chunk.has & SLASH != 0
            && let Some(link) = link(scan, chunk)
        {
            link_end = link.end;
            if !is_public_page_of_a_maker(scan.part(link.start, link.end)) {
                pieces.push(link);
            }
            continue;
        }
        if chunk.has & AT != 0 {
            accounts(scan, chunk, pieces);
        }
        if chunk.has & SLASH != 0 || scan.before(chunk.start) == b'\\' {
            account_in_path(scan, chunk, pieces);
        }
    }
}

/// Anything of the form `scheme://`. It reaches to what ends a link in running text.
fn link(scan: &Scan<'_>, chunk: &Chunk) -> Option<Piece> {
    let middle = chunk.start + scan.of_chunk(chunk).find("://")?;
    let scheme = scan.part(chunk.start, middle);
    let is_scheme = |c: u8| c.is_ascii_alphanumeric() || b"+.-".contains(&c);
    let length = scheme.bytes().rev().take_while(|c| is_scheme(*c)).count();
    let rest = scan.text.get(middle + 3..)?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'<>|\\`)]}\u{fffd}".contains(c);
    let rest = rest.split(ends).next()?.trim_end_matches(['.', ',', ';', ':', '!', '?']);
    let end = middle + 3 + rest.len();
    (length > 0 && !rest.is_empty()).then_some(Piece {
        start: middle - length,
        end,
        class: Class::Url,
    })
}

/// The page of a maker says who made the thing, which is what is asked for:
/// `https://www.maker.com/x`.
/// Nothing but the site's own name may stand there: no port, no account, no question, no other
/// host.
pub(super) fn is_public_page_of_a_maker(link: &str) -> bool {
    let Some((scheme, rest)) = link.split_once("://") else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let plain = path.bytes().all(|c| c.is_ascii_alphabetic() || b"/-_.".contains(&c));
    let web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    web && plain && is_public_site_of_a_maker(host)
}

/// `www.maker.com`, `support.maker.de`, `maker.co.jp`.
pub(super) fn is_public_site_of_a_maker(host: &str) -> bool {
    let mut labels = host.split('.').peekable();
    let desks = ["www", "support", "docs", "download", "downloads"];
    if labels.peek().is_some_and(|label| desks.iter().any(|desk| label.eq_ignore_ascii_case(desk)))
    {
        labels.next();
    }
    let maker = labels.next().unwrap_or_default();
    let rest: Vec<&str> = labels.collect();
    let ending = |label: &&str| {
        (2..=3).contains(&label.len()) && label.bytes().all(|c| c.is_ascii_alphabetic())
    };
    lexicon::meaning(maker) & MAKER != 0 && (1..=2).contains(&rest.len()) && rest.iter().all(ending)
}

/// `name@host` in all its uses: mail, builds of kernels, logins.
fn accounts(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    let text = scan.of_chunk(chunk);
    for (at, _) in text.match_indices('@') {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..));
        let after = after.unwrap_or_default();
        let in_name = |c: &char| c.is_alphanumeric() || "._%+-".contains(*c);
        let name: usize = before.chars().rev().take_while(in_name).map(char::len_utf8).sum();
        let in_host = |c: &char| c.is_alphanumeric() || "._-".contains(*c);
        let host: usize = after.chars().take_while(in_host).map(char::len_utf8).sum();
        let host = after.get(..host).unwrap_or_default().trim_end_matches(['.', '-', '_']);
        let start = chunk.start + at - name;
        let named = scan.part(start, chunk.start + at).chars().any(char::is_alphanumeric);
        if !named || host.chars().count() < HOST_BYTES_MIN || is_version(host) {
            continue;
        }
        let end = chunk.start + at + 1 + host.len();
        let mail = host.rsplit_once('.').is_some_and(|(_, last)| {
            last.len() >= 2 && last.bytes().all(|c| c.is_ascii_alphabetic())
        });
        let class = if mail { Class::Email } else { Class::UserAtHost };
        pieces.push(Piece { start, end, class });
    }
}

/// `package@1.2.3` names a version; four numbers that can be an address are taken for one.
fn is_version(host: &str) -> bool {
    let number = host.strip_prefix(['v', 'V']).unwrap_or(host);
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.split('.').next().is_some_and(|first| first.bytes().all(|c| c.is_ascii_digit()))
        && host.parse::<core::net::Ipv4Addr>().is_err()
}

/// `/home/joe` and `\Users\joe`. The account of a build (`/home/builder/9.0`) is the maker's.
fn account_in_path(scan: &Scan<'_>, chunk: &Chunk, pieces: &mut Vec<Piece>) {
    for word in scan.words_of(chunk) {
        let text = scan.of_word(word);
        let home = text.eq_ignore_ascii_case("home") || text.eq_ignore_ascii_case("users");
        let slash = scan.byte(word.end);
        if !home || !matches!(slash, b'/' | b'\\') || scan.before(word.start) != slash {
            continue;
        }
        let start = word.end + 1;
        let rest = scan.text.get(start..).unwrap_or_default();
        let inside = |c: &char| c.is_alphanumeric() || "._-".contains(*c);
        let length: usize = rest.chars().take_while(inside).map(char::len_utf8).sum();
        let name = rest.get(..length).unwrap_or_default().to_ascii_lowercase();
        if length > 0 && !name.contains("build") {
            pieces.push(Piece { start, end: start + length, class: Class::Account });
        }
    }
}
