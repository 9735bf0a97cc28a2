//! Addresses in their many forms.

use core::net::{Ipv4Addr, Ipv6Addr};

use super::Kind;

/// The forms in which a known address may stand in a text, besides as it was given.
pub(super) fn forms(value: &str) -> Vec<(Kind, String)> {
    let bare = value.split_once('/').map_or(value, |(address, _)| address);
    let mut forms = Vec::new();
    if let Ok(address) = bare.parse::<Ipv4Addr>() {
        let [a, b, c, d] = address.octets();
        forms.push((Kind::Text, address.to_string()));
        forms.push((Kind::Text, format!("{a}-{b}-{c}-{d}")));
        forms.push((Kind::Text, format!("{a:03}.{b:03}.{c:03}.{d:03}")));
        forms.push((Kind::Text, format!("{:08x}", u32::from(address))));
        forms.push((Kind::Text, u32::from(address).to_string()));
        // As a word of its own: `0x` before it hides no digit.
        forms.push((Kind::Text, format!("0x{:08x}", u32::from(address))));
    }
    if let Ok(address) = bare.parse::<Ipv6Addr>() {
        forms.push((Kind::Text, address.to_string()));
        forms.push((Kind::Squeezed, format!("{:032x}", u128::from(address))));
    }
    if let Some([a, b, c, d, e, f]) = hardware(bare) {
        forms.push((Kind::Squeezed, format!("{a:02x}{b:02x}{c:02x}{d:02x}{e:02x}{f:02x}")));
        // What an interface makes of it for itself in IPv6 (RFC 4291, appendix A).
        let a = a ^ 2;
        forms.push((Kind::Squeezed, format!("{a:02x}{b:02x}{c:02x}fffe{d:02x}{e:02x}{f:02x}")));
    }
    forms
}

/// The addresses of a text that are written in a short form, written out.
pub(super) fn written_out(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.split(|c: char| !c.is_ascii_hexdigit() && c != ':' && c != '.') {
        if run.bytes().filter(|c| *c == b':').count() < 2 {
            continue;
        }
        let run = run.trim_end_matches('.');
        let tries = [run, run.trim_end_matches(':'), run.trim_start_matches(':')];
        if let Some(address) = tries.iter().find_map(|run| run.parse::<Ipv6Addr>().ok()) {
            found.push(address.to_string());
            found.push(format!("{:032x}", u128::from(address)));
            found.extend(address.to_ipv4_mapped().map(|address| address.to_string()));
        }
        if let Some(bytes) = hardware(run.trim_matches(':')) {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            found.push(digits.concat());
        }
    }
    found
}

/// Six bytes in any of the notations of hardware addresses.
fn hardware(text: &str) -> Option<[u8; 6]> {
    let groups: Vec<&str> = text.split([':', '-', '.', ' ']).collect();
    let digits: String = match groups.len() {
        6 if groups.iter().all(|group| group.len() == 1 || group.len() == 2) => {
            let zero = |group: &&str| if group.len() == 1 { "0" } else { "" };
            groups.iter().flat_map(|group| [zero(group), group]).collect()
        }
        1 | 3 => groups.concat(),
        _ => return None,
    };
    if digits.len() != 12 || !digits.bytes().all(|c| c.is_ascii_hexdigit()) {
        return None;
    }
    let number = u64::from_str_radix(&digits, 16).ok()?;
    let [_, _, bytes @ ..] = number.to_be_bytes();
    Some(bytes)
}
