//! What a machine knows about itself: names, addresses, serial numbers, people. Read only to be
//! removed from samples; handed on one at a time, kept nowhere.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of one file that are looked at: 50,000 interfaces or accounts.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Files whose whole content is one value.
const WHOLE: &[&str] = &[
    "etc/hostname",
    "etc/mailname",
    "etc/machine-id",
    "proc/sys/kernel/hostname",
    "proc/sys/kernel/domainname",
    "sys/class/dmi/id/board_serial",
    "sys/class/dmi/id/chassis_asset_tag",
    "sys/class/dmi/id/chassis_serial",
    "sys/class/dmi/id/product_serial",
    "sys/class/dmi/id/product_uuid",
];

/// Files whose words are values: names and addresses of hosts, and domains that are searched.
const WORDS: &[&str] = &["etc/hosts", "etc/resolv.conf", "proc/net/fib_trie"];

/// Lets every value below this root pass by. What cannot be read is skipped: it is as hidden from
/// the sources.
pub fn each(root: &Path, tell: &mut dyn FnMut(&str)) {
    for file in WHOLE {
        let text = read(&root.join(file));
        tell(text.trim());
        // The host's own part of a name in a domain.
        if let Some((host, _)) = text.trim().split_once('.') {
            tell(host);
        }
    }
    for file in WORDS {
        let text = read(&root.join(file));
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        lines.flat_map(str::split_whitespace).filter(|word| names(word)).for_each(&mut *tell);
    }
    for line in read(&root.join("proc/net/if_inet6")).lines() {
        if let Some(address) = line.get(..32).and_then(|hex| u128::from_str_radix(hex, 16).ok()) {
            tell(&core::net::Ipv6Addr::from(address).to_string());
        }
    }
    interfaces(root, tell);
    people(root, tell);
}

/// Words of these files that name something; the rest is grammar that other texts share.
fn names(word: &str) -> bool {
    let address = word.parse::<core::net::IpAddr>();
    let shared = ["localhost", "nameserver", "search", "options", "domain", "Main:", "Local:"];
    match address {
        Ok(address) => !address.is_loopback() && !address.is_unspecified(),
        Err(_) => {
            !shared.contains(&word)
                && !word.starts_with("ip6-")
                && !word.contains(['/', '+', '|', '-', ':'])
                && word.chars().any(|c| c.is_ascii_alphabetic())
                && !matches!(word, "host" | "link" | "universe" | "UNICAST" | "LOCAL" | "BROADCAST")
        }
    }
}

fn interfaces(root: &Path, tell: &mut dyn FnMut(&str)) {
    let Ok(folder) = std::fs::read_dir(root.join("sys/class/net")) else { return };
    for interface in folder.flatten() {
        let address = read(&interface.path().join("address"));
        if address.trim() != "00:00:00:00:00:00" {
            tell(address.trim());
        }
    }
}

/// Accounts of people (from 1000 on), and the names that they gave themselves.
fn people(root: &Path, tell: &mut dyn FnMut(&str)) {
    for line in read(&root.join("etc/passwd")).lines() {
        let fields: Vec<&str> = line.split(':').collect();
        if let [name, _, id, _, full_name, ..] = fields.as_slice()
            && id.parse::<u32>().is_ok_and(|id| (1_000..65_000).contains(&id))
        {
            tell(name);
            full_name.split(',').for_each(&mut *tell);
        }
    }
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    let regular = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if let Some(file) = regular.then(|| File::open(path).ok()).flatten() {
        let _ = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Write;

    use super::*;

    #[test]
    fn names_addresses_serials_and_people_pass_by_and_grammar_does_not() {
        let root = tempfile::tempdir().unwrap();
        let files = [
            ("etc/hostname", "nas.alice.example\n"),
            ("etc/hosts", "127.0.0.1 localhost\n192.0.2.7 nas # the big one\n"),
            ("etc/resolv.conf", "search alice.example\nnameserver 192.0.2.1\n"),
            (
                "etc/passwd",
                "root:x:0:0:root:/:/bin/sh\nalice:x:1000:1000:Alice Ames,,,:/:/bin/sh\n",
            ),
            ("sys/class/net/eth0/address", "02:00:5e:10:00:01\n"),
            ("sys/class/net/lo/address", "00:00:00:00:00:00\n"),
            ("sys/class/dmi/id/product_serial", "CZC1234567\n"),
            ("proc/net/if_inet6", "20010db8000000000000000000000001 02 40 00 80 eth0\n"),
            ("proc/net/fib_trie", "Main:\n  +-- 192.0.2.0/24 2 0 2\n     |-- 192.0.2.7\n"),
        ];
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let mut known = BTreeSet::new();
        each(root.path(), &mut |value| {
            if !value.is_empty() {
                known.insert(value.to_owned());
            }
        });
        let expected = [
            "02:00:5e:10:00:01",
            "192.0.2.1",
            "192.0.2.7",
            "2001:db8::1",
            "Alice Ames",
            "CZC1234567",
            "alice",
            "alice.example",
            "nas",
            "nas.alice.example",
        ];
        assert_eq!(known.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
