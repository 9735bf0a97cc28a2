//! What nobody may send: a guard for whoever receives text and knows nothing of its sender.

use core::net::{Ipv4Addr, Ipv6Addr};

use crate::clean::Class;
use crate::clean::contact::is_public_page_of_a_maker;

/// Hexadecimal digits from which on a run is a key.
const HEX_DIGITS_MIN: usize = 32;

/// Characters from which on a run of mixed letters and digits is a token.
const MIXED_CHARS_MIN: usize = 24;

/// What a text holds that identifies by its form alone; `None` where it may pass. The
/// collector refuses
/// a part with such a text, so a sender drops it before.
pub fn generic_guard(text: &str) -> Option<Class> {
    let tests: [(Class, Test); 7] = [
        (Class::Secret, has_private_key),
        (Class::Email, has_mail),
        (Class::Url, has_link),
        (Class::Address, has_ipv4),
        (Class::Address, has_colon_address),
        (Class::Uuid, has_uuid),
        (Class::Secret, has_token),
    ];
    tests.iter().find(|(_, test)| test(text)).map(|(class, _)| *class)
}

type Test = fn(&str) -> bool;

fn has_private_key(text: &str) -> bool {
    text.split("-----BEGIN ")
        .skip(1)
        .any(|rest| rest.split_once("-----").is_some_and(|(head, _)| head.contains("PRIVATE KEY")))
}

/// `name@host.domain`.
fn has_mail(text: &str) -> bool {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.match_indices('@').any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let rest = text.get(at + 1..).unwrap_or_default();
        let host = rest.split(|c: char| !inside(c)).next().unwrap_or_default();
        let host = host.trim_end_matches(['.', '-', '_']);
        let labels: Vec<&str> = host.split('.').collect();
        let letters = |label: &&str| label.bytes().filter(u8::is_ascii_alphabetic).count();
        let named = labels.first().map_or(0, letters) >= 2;
        let domain =
            labels.last().is_some_and(|last| last.len() >= 2 && letters(last) == last.len());
        before.is_some_and(|c| c.is_ascii_alphanumeric()) && labels.len() >= 2 && named && domain
    })
}

/// A link with a host, other than a maker's page.
fn has_link(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let scheme = before.bytes().rev().take_while(u8::is_ascii_alphanumeric).count();
        let start = at - scheme;
        let link = text.get(start..).unwrap_or_default();
        let ends =
            |c: char| c.is_whitespace() || c.is_control() || "\"'<>|\\`)]}\u{fffd}".contains(c);
        let link = link.split(ends).next().unwrap_or_default();
        let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?']);
        let host =
            link.get(scheme + 3..).is_some_and(|host| host.starts_with(char::is_alphanumeric));
        scheme >= 2 && host && !is_public_page_of_a_maker(link)
    })
}

/// Four numbers in a network that only addresses have, or after a word for an address.
fn has_ipv4(text: &str) -> bool {
    let mut last = "";
    for run in text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '+')) {
        let quad = run.trim_end_matches('.');
        if let Ok(address) = quad.parse::<Ipv4Addr>() {
            let private = matches!(address.octets(), [192, 168, ..] | [169, 254, ..]);
            let words = ["ip", "ipv4", "addr", "address", "inet", "netmask", "ipaddr", "ipaddress"];
            if private || words.iter().any(|word| word.eq_ignore_ascii_case(last)) {
                return true;
            }
        }
        if !run.is_empty() {
            last = run;
        }
    }
    false
}

/// Hardware addresses by pairs, and IPv6.
fn has_colon_address(text: &str) -> bool {
    let pairs = |run: &str, separator: char| {
        let mut groups = run.split(separator);
        let pair = |group: &str| group.len() == 2 && group.bytes().all(|c| c.is_ascii_hexdigit());
        groups.clone().count() == 6 && groups.all(pair)
    };
    let inside = |c: char| c.is_alphanumeric() || matches!(c, ':' | '.' | '-' | '_');
    text.split(|c: char| !inside(c)).any(|run| {
        let run = run.trim_matches('.');
        let letters = run.bytes().any(|c| c.is_ascii_alphabetic());
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let colons = run.bytes().filter(|c| *c == b':').count();
        pairs(run, ':')
            || (pairs(run, '-') && letters)
            || (colons >= 2 && letters && digits >= 3 && run.parse::<Ipv6Addr>().is_ok())
    })
}

fn has_uuid(text: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '-';
    text.split(|c: char| !inside(c)).filter(|run| run.len() == 36).any(|run| {
        let sizes = [8, 4, 4, 4, 12];
        let groups: Vec<&str> = run.split('-').collect();
        groups.len() == sizes.len()
            && groups.iter().zip(sizes).all(|(group, size)| {
                group.len() == size && group.bytes().all(|c| c.is_ascii_hexdigit())
            })
    })
}

/// A long run of letters and digits as chance makes it.
fn has_token(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|run| {
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        let hex = run.bytes().all(|c| c.is_ascii_hexdigit());
        let kind = |c: u8| (c.is_ascii_digit(), c.is_ascii_uppercase());
        let changes = run.as_bytes().windows(2).filter(|pair| match pair {
            [left, right] => kind(*left) != kind(*right),
            _ => false,
        });
        let all = digits > 0
            && run.bytes().any(|c| c.is_ascii_uppercase())
            && run.bytes().any(|c| c.is_ascii_lowercase());
        (hex && digits > 0 && run.len() >= HEX_DIGITS_MIN)
            || (run.is_ascii()
                && all
                && run.len() >= MIXED_CHARS_MIN
                && changes.count() * 4 >= run.len())
    })
}
