//! What the kernel's and the distribution's own files say, from their text.

use std::collections::BTreeSet;

/// A value of os-release, without the quotes that a shell would remove.
pub(crate) fn os_release(text: &str, key: &str) -> Option<String> {
    let value_of = |line: &str| -> Option<String> {
        let value = line.trim().strip_prefix(key)?.strip_prefix('=')?.trim();
        let inside = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        let value = inside('"').or_else(|| inside('\'')).unwrap_or(value);
        Some(value.replace('\\', ""))
    };
    // A shell that reads the file keeps the last assignment.
    text.lines().filter_map(value_of).next_back().filter(|value| !value.is_empty())
}

/// An amount of `/proc/meminfo`, in bytes.
pub(crate) fn memory_bytes(text: &str, name: &str) -> Option<u64> {
    let amount_of = |line: &str| {
        let amount = line.strip_prefix(name)?.strip_prefix(':')?.trim().strip_suffix("kB")?;
        amount.trim().parse::<u64>().ok()
    };
    text.lines().find_map(amount_of).map(|kibibytes| kibibytes.saturating_mul(1024))
}

/// Seconds since the start, from `/proc/uptime`.
pub(crate) fn uptime_seconds(text: &str) -> Option<u64> {
    text.split(['.', ' ']).next()?.parse().ok()
}

/// What is mounted, from `/proc/self/mountinfo`: types only, neither places nor devices.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mounts {
    /// The type of the file system that holds `/`.
    pub(crate) root: Option<String>,
    /// The types of those on devices.
    pub(crate) on_devices: BTreeSet<String>,
}

/// Reads `/proc/self/mountinfo`.
pub(crate) fn mounts(text: &str) -> Mounts {
    let mut mounts = Mounts { root: None, on_devices: BTreeSet::new() };
    for line in text.lines() {
        // Optional fields stand before the dash, so places are counted from either side of it.
        let Some((place, what)) = line.split_once(" - ") else { continue };
        let mut what = what.split(' ');
        let (Some(kind), Some(device)) = (what.next(), what.next()) else { continue };
        if place.split(' ').nth(4) == Some("/") {
            // What is mounted later covers what was there.
            mounts.root = Some(kind.to_owned());
        }
        if is_device(kind, device) {
            mounts.on_devices.insert(kind.to_owned());
        }
    }
    mounts
}

/// Whether a file system lies on a device of its own. A loop device is a file of another one (each
/// Ubuntu snap is a squashfs on one), `/dev/fuse` is a program; ZFS names its pool instead.
fn is_device(kind: &str, device: &str) -> bool {
    let pretended = device.starts_with("/dev/loop") || device == "/dev/fuse";
    kind == "zfs" || (device.starts_with("/dev/") && !pretended)
}

/// Interfaces of `/proc/net/dev`, the loopback one not counted.
pub(crate) fn interface_count(text: &str) -> u64 {
    // Two lines of headings have no colon after their first word.
    let names = text.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim());
    names.filter(|name| *name != "lo" && !name.is_empty()).count() as u64
}

/// Whether `/proc/net/if_inet6` has an address of the global kind (`2000::/3`, which its first
/// digit tells). Addresses for private use (`fc00::/7`) have the same scope and reach nobody.
pub(crate) fn has_global_ipv6(text: &str) -> bool {
    text.lines().any(|line| {
        let scope = line.split_whitespace().nth(3);
        scope == Some("00") && line.trim_start().starts_with(['2', '3'])
    })
}
