//! Facts of this machine, each from the few files or calls that say it.

use std::path::Path;

use contract::answer::Fact;
use contract::manifest::SystemFact;

use super::file;
use crate::extract::{system, virtualization};
use crate::gather::ReadError;
use crate::limits::SYSTEM_FILE_BYTES_MAX;

/// Processes that are counted at most: the largest number that Linux can give one.
const PROCESSES_MAX: usize = 4_194_304;

/// Reads a fact. `root` is where the system's files lie, for tests.
pub(super) fn read(root: &Path, fact: SystemFact) -> Result<Fact, ReadError> {
    let text_of = |path: &str| text(root, path);
    match fact {
        // A system that does not name itself is to be taken for "linux", says os-release(5).
        SystemFact::OsId => os_release(root, "ID")
            .map(|id| id.unwrap_or_else(|| "linux".to_owned()))
            .map(Fact::Text),
        SystemFact::OsVersion => {
            os_release(root, "VERSION_ID")?.map(Fact::Text).ok_or(ReadError::NotThere)
        }
        SystemFact::KernelVersion => uname(rustix::system::uname().release()),
        SystemFact::Architecture => uname(rustix::system::uname().machine()),
        SystemFact::CpuCount => {
            Ok(Fact::Number(std::thread::available_parallelism()?.get() as u64))
        }
        SystemFact::MemoryBytes => {
            number(system::memory_bytes(&text_of("proc/meminfo")?, "MemTotal"))
        }
        SystemFact::SwapBytes => {
            number(system::memory_bytes(&text_of("proc/meminfo")?, "SwapTotal"))
        }
        SystemFact::UptimeSeconds => number(system::uptime_seconds(&text_of("proc/uptime")?)),
        SystemFact::RootDiskBytes => root_disk(root).map(|disk| Fact::Number(disk.bytes)),
        SystemFact::RootDiskUsedPercent => {
            root_disk(root).map(|disk| Fact::Number(disk.used_percent))
        }
        SystemFact::RootDiskType => {
            let mounts = system::mounts(&text_of("proc/self/mountinfo")?);
            mounts.root.map(Fact::Text).ok_or(ReadError::Form)
        }
        SystemFact::DiskTypes => {
            let mounts = system::mounts(&text_of("proc/self/mountinfo")?);
            Ok(Fact::List(mounts.on_devices.into_iter().collect()))
        }
        SystemFact::Virtualization => {
            // Without /proc there are no signs, which would look like hardware.
            let kernel = text_of("proc/sys/kernel/osrelease")?;
            Ok(Fact::Text(virtualization::name(&signs(root, kernel)).to_owned()))
        }
        SystemFact::InitSystem => Ok(Fact::Text(text_of("proc/1/comm")?.trim().to_owned())),
        SystemFact::ProcessCount => process_count(&root.join("proc")),
        SystemFact::InterfaceCount => {
            Ok(Fact::Number(system::interface_count(&text_of("proc/net/dev")?)))
        }
        SystemFact::HasIpv6 => has_ipv6(root),
        SystemFact::CandorVersion => Ok(Fact::Text(env!("CARGO_PKG_VERSION").to_owned())),
        _ => Err(ReadError::NotKnown),
    }
}

/// A file of the system. Bytes that are no text, as a mount point may have, do not matter here: no
/// fact is made of them.
fn text(root: &Path, path: &str) -> Result<String, ReadError> {
    let bytes = file::read(&root.join(path), SYSTEM_FILE_BYTES_MAX)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(number: Option<u64>) -> Result<Fact, ReadError> {
    number.map(Fact::Number).ok_or(ReadError::Form)
}

fn uname(text: &std::ffi::CStr) -> Result<Fact, ReadError> {
    text.to_str().map(|text| Fact::Text(text.to_owned())).map_err(|_| ReadError::Form)
}

fn os_release(root: &Path, key: &str) -> Result<Option<String>, ReadError> {
    let text = text(root, "etc/os-release").or_else(|_| text(root, "usr/lib/os-release"))?;
    Ok(system::os_release(&text, key))
}

struct RootDisk {
    bytes: u64,
    used_percent: u64,
}

fn root_disk(root: &Path) -> Result<RootDisk, ReadError> {
    let stat = rustix::fs::statvfs(root)?;
    let used = stat.f_blocks.saturating_sub(stat.f_bfree);
    // As `df` shows it: of what ordinary users can fill, rounded up.
    let fillable = used.saturating_add(stat.f_bavail);
    let used_percent = used.saturating_mul(100).div_ceil(fillable.max(1));
    Ok(RootDisk { bytes: stat.f_blocks.saturating_mul(stat.f_frsize), used_percent })
}

fn process_count(proc: &Path) -> Result<Fact, ReadError> {
    let entries = std::fs::read_dir(proc)?.take(PROCESSES_MAX).filter_map(Result::ok);
    let is_number = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let count = entries.filter(|entry| is_number(&entry.file_name())).count();
    if count == 0 { Err(ReadError::Form) } else { Ok(Fact::Number(count as u64)) }
}

fn has_ipv6(root: &Path) -> Result<Fact, ReadError> {
    match text(root, "proc/net/if_inet6") {
        Ok(text) => Ok(Fact::Flag(system::has_global_ipv6(&text))),
        // A kernel without IPv6 does not have the file.
        Err(ReadError::NotThere) if root.join("proc/net/dev").exists() => Ok(Fact::Flag(false)),
        Err(error) => Err(error),
    }
}

/// What may not be read is a sign that is not there: most need no rights.
fn signs(root: &Path, kernel: String) -> virtualization::Signs {
    let sign = |path: &str| text(root, path).unwrap_or_default();
    let environ = sign("proc/1/environ");
    let container = environ.split('\0').find_map(|entry| entry.strip_prefix("container="));
    let firmware = ["sys_vendor", "product_name", "board_vendor", "bios_vendor"];
    virtualization::Signs {
        init_container: container.unwrap_or_default().to_owned(),
        systemd_container: sign("run/systemd/container"),
        has_containerenv: root.join("run/.containerenv").exists(),
        has_dockerenv: root.join(".dockerenv").exists(),
        is_inside_openvz: root.join("proc/vz").exists() && !root.join("proc/bc").exists(),
        kernel,
        firmware: firmware.map(|name| sign(&format!("sys/class/dmi/id/{name}"))).to_vec(),
        cpuinfo: sign("proc/cpuinfo"),
        clocks: sign("sys/devices/system/clocksource/clocksource0/available_clocksource"),
        hypervisor: sign("sys/hypervisor/type"),
        xen_capabilities: sign("proc/xen/capabilities"),
        device_tree: sign("proc/device-tree/hypervisor/compatible"),
    }
}
