//! The system's facts: of machines that are described, and of the one that the test runs on.

use agent::edge::source::OsSources;
use agent::gather::ReadSource as _;
use contract::answer::Fact;
use contract::manifest::{SYSTEM_FACTS, SystemFact};
use rustix::fs::{CWD, FileType, Mode};

use crate::machine::{LOOPBACK, Machine};

#[track_caller]
fn check(machine: &Machine, expected: &[(&str, &str)]) {
    for (name, expected) in expected {
        assert_eq!(machine.says(name), *expected, "{name}");
    }
}

#[test]
fn a_server_is_described() {
    let expected = [
        ("os.id", "debian"),
        ("os.version", "12"),
        ("memory.bytes", "16777216"),
        ("swap.bytes", "0"),
        ("uptime.seconds", "350735"),
        ("disk.root.type", "ext4"),
        ("disk.types", "ext4 squashfs xfs zfs"),
        ("virtualization", "none"),
        ("init", "systemd"),
        ("process.count", "2"),
        ("network.interfaces", "2"),
        ("network.ipv6", "false"),
        ("candor.version", env!("CARGO_PKG_VERSION")),
    ];
    check(&Machine::new(), &expected);
}

#[test]
fn the_names_of_distributions_are_read_as_a_shell_reads_them() {
    for (text, id, version) in [
        ("ID='rocky'\nVERSION_ID='9.4'\n", "rocky", "9.4"),
        ("ID=\"opensuse-leap\"\r\nVERSION_ID=15.6", "opensuse-leap", "15.6"),
        ("ID=a\nID=b\nVERSION_ID=\"1\\.2\"", "b", "1.2"),
        ("NAME=x\nVARIANT_ID=y\n#ID=z\n", "linux", "it is not there"),
        ("ID=arch\nVERSION_ID=\n", "arch", "it is not there"),
    ] {
        let machine = Machine::new().with("etc/os-release", text);
        check(&machine, &[("os.id", id), ("os.version", version)]);
    }
}

#[test]
fn the_distributions_own_copy_is_read_where_there_is_no_other() {
    let machine = Machine::new().without("etc/os-release");
    check(&machine, &[("os.id", "it is not there")]);
    let machine = machine.with("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
    check(&machine, &[("os.id", "alpine"), ("os.version", "3.20.1")]);
}

#[test]
fn only_an_address_that_the_world_can_reach_counts_as_ipv6() {
    for (address, expected) in [
        ("20010db8000000000000000000000001 02 40 00 80     eth0", "true"),
        ("fe8000000000000000fc00fffe000001 04 40 20 80     eth0", "false"),
        ("fd000000000000000000000000000002 04 40 00 82     eth0", "false"),
        ("20010db8000000000000000000000001 02 40 20 80     eth0", "false"),
        ("", "false"),
        ("odd", "false"),
    ] {
        let machine = Machine::new().with("proc/net/if_inet6", format!("{LOOPBACK}{address}\n"));
        check(&machine, &[("network.ipv6", expected)]);
    }
    check(&Machine::new().without("proc/net/if_inet6"), &[("network.ipv6", "false")]);
}

#[test]
fn what_a_machine_runs_in_is_named() {
    let flag = ("proc/cpuinfo", "flags\t\t: fpu hypervisor sse\n");
    let clocks = "sys/devices/system/clocksource/clocksource0/available_clocksource";
    let vendor = "sys/class/dmi/id/sys_vendor";
    let product = "sys/class/dmi/id/product_name";
    let amazon = (vendor, "Amazon EC2\n");
    let cases: &[(&str, &[(&str, &str)])] = &[
        ("docker", &[(".dockerenv", "")]),
        ("podman", &[("run/.containerenv", ""), ("proc/1/environ", "A=b\0container=oci\0")]),
        ("lxc", &[("proc/1/environ", "A=b\0container=lxc\0C=d\0")]),
        ("systemd-nspawn", &[("run/systemd/container", "systemd-nspawn\n")]),
        ("container-other", &[("proc/1/environ", "container=something-of-ours\0")]),
        ("container-other", &[("proc/1/environ", "container=oci\0")]),
        ("none", &[("proc/1/environ", "my_container=lxc\0")]),
        ("wsl", &[("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2")]),
        ("openvz", &[("proc/vz", "")]),
        ("none", &[("proc/vz", ""), ("proc/bc", "")]),
        ("docker", &[(".dockerenv", ""), (vendor, "QEMU\n"), flag]),
        ("qemu", &[(vendor, "QEMU\n"), flag]),
        ("kvm", &[(vendor, "QEMU\n"), flag, (clocks, "kvm-clock tsc acpi_pm\n")]),
        ("kvm", &[flag, (clocks, "tsc kvm-clock\n")]),
        ("microsoft", &[flag, (clocks, "hyperv_clocksource_tsc_page acpi_pm\n")]),
        ("vm-other", &[flag]),
        ("vmware", &[(vendor, "VMware, Inc.\n"), flag]),
        ("oracle", &[(vendor, "innotek GmbH\n"), flag]),
        ("microsoft", &[(vendor, "Microsoft Corporation\n"), (product, "Virtual Machine\n")]),
        ("none", &[(vendor, "Microsoft Corporation\n"), (product, "Surface Laptop\n")]),
        ("amazon", &[amazon, (product, "m5.large\n"), flag]),
        ("amazon", &[amazon, (product, "m6g.large\n"), ("proc/cpuinfo", "Features\t: fp\n")]),
        ("none", &[amazon, (product, "m5.metal\n")]),
        ("google", &[(vendor, "Google\n"), (product, "Google Compute Engine\n"), flag]),
        ("none", &[(vendor, "Google\n"), (product, "Panther\n")]),
        ("xen", &[("sys/hypervisor/type", "xen\n"), flag]),
        ("none", &[("sys/hypervisor/type", "xen\n"), ("proc/xen/capabilities", "control_d\n")]),
        ("kvm", &[("proc/device-tree/hypervisor/compatible", "linux,kvm\0")]),
        ("uml", &[("proc/cpuinfo", "vendor_id\t: User Mode Linux\n")]),
    ];
    for (expected, signs) in cases {
        let described = signs.iter().fold(Machine::new(), |m, (path, text)| m.with(path, text));
        assert_eq!(described.says("virtualization"), *expected, "{signs:?}");
    }
}

#[test]
fn what_a_machine_does_not_say_costs_that_fact_alone() {
    let machine =
        Machine::new().without("proc/uptime").with("proc/meminfo", "MemTotal: many kB\n").with(
            "proc/self/mountinfo",
            b"\xff\xfe 1 2 3 - - -\n27 1 8:1 / /m\xe9 rw - xfs /dev/x rw\n",
        );
    let expected = [
        ("uptime.seconds", "it is not there"),
        ("memory.bytes", "it is not in a form that is known here"),
        ("swap.bytes", "it is not in a form that is known here"),
        ("disk.root.type", "it is not in a form that is known here"),
        ("disk.types", "xfs"),
        ("init", "systemd"),
    ];
    check(&machine, &expected);
}

#[test]
fn an_empty_folder_is_no_machine_and_nothing_is_made_up() {
    let machine = Machine::new();
    for folder in ["proc", "sys", "etc"] {
        std::fs::remove_dir_all(machine.root().join(folder)).unwrap();
    }
    // These are asked of the kernel, which is always there.
    let asked = ["kernel.version", "architecture", "cpu.count", "candor.version"];
    for (name, _) in SYSTEM_FACTS {
        let measured = name.starts_with("disk.root.") && *name != "disk.root.type";
        if !asked.contains(name) && !measured {
            assert_eq!(machine.says(name), "it is not there", "{name}");
        }
    }
}

#[test]
fn a_pipe_where_the_kernel_has_a_file_holds_nothing_up() {
    let machine = Machine::new().without("proc/uptime");
    let pipe = machine.root().join("proc/uptime");
    rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
    check(&machine, &[("uptime.seconds", "it is no regular file")]);
}

#[test]
fn this_machine_answers() {
    let sources = OsSources::default();
    let number = |fact| match sources.system(fact) {
        Ok(Fact::Number(number)) => number,
        _ => panic!("{} is no number", SystemFact::name(fact)),
    };
    assert!(number(SystemFact::CpuCount) >= 1);
    assert!(number(SystemFact::MemoryBytes) > 1 << 20);
    assert!(number(SystemFact::UptimeSeconds) > 0);
    assert!(number(SystemFact::RootDiskBytes) > 1 << 20);
    assert!(number(SystemFact::RootDiskUsedPercent) <= 100);
    assert!(number(SystemFact::ProcessCount) >= 1);
    for fact in [SystemFact::KernelVersion, SystemFact::Architecture, SystemFact::InitSystem] {
        let Ok(Fact::Text(text)) = sources.system(fact) else { panic!("{}", fact.name()) };
        assert!(!text.is_empty() && text.trim() == text, "{}", fact.name());
    }
}
