//! What the machine runs in, from signs that need no rights and tell nothing else.
//!
//! The signs and their order are those of `systemd-detect-virt`, whose names are used, apart from
//! the processor's own (`cpuid`), which needs unsafe code: the kernel's clock source says the same.
//! What is found is one of these names, never a text of the machine's.

/// What was found on the machine. An empty text is a sign that is not there.
#[derive(Default)]
pub(crate) struct Signs {
    /// `container` in the environment of the first process.
    pub(crate) init_container: String,
    /// `/run/systemd/container`.
    pub(crate) systemd_container: String,
    /// Whether there is `/run/.containerenv`.
    pub(crate) has_containerenv: bool,
    /// Whether there is `/.dockerenv`.
    pub(crate) has_dockerenv: bool,
    /// Whether there is `/proc/vz` and no `/proc/bc`.
    pub(crate) is_inside_openvz: bool,
    /// The kernel's release.
    pub(crate) kernel: String,
    /// The names of vendor and product in the firmware, in this order: no serial numbers.
    pub(crate) firmware: Vec<String>,
    /// `/proc/cpuinfo`.
    pub(crate) cpuinfo: String,
    /// The kernel's clock sources.
    pub(crate) clocks: String,
    /// `/sys/hypervisor/type`.
    pub(crate) hypervisor: String,
    /// `/proc/xen/capabilities`.
    pub(crate) xen_capabilities: String,
    /// `hypervisor/compatible` of the device tree.
    pub(crate) device_tree: String,
}

const CONTAINERS: [&str; 10] = [
    "docker",
    "podman",
    "lxc",
    "lxc-libvirt",
    "systemd-nspawn",
    "rkt",
    "openvz",
    "wsl",
    "proot",
    "pouch",
];

/// How names in the firmware begin, and what they stand for.
const FIRMWARE: [(&str, &str); 19] = [
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("KubeVirt", "kvm"),
    ("Amazon EC2", "amazon"),
    ("QEMU", "qemu"),
    ("VMware", "vmware"),
    ("VMW", "vmware"),
    ("innotek GmbH", "oracle"),
    ("VirtualBox", "oracle"),
    ("Oracle Corporation", "oracle"),
    ("Xen", "xen"),
    ("Bochs", "bochs"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Hyper-V", "microsoft"),
    ("Microsoft Corporation Virtual", "microsoft"),
    ("Apple Virtualization", "apple"),
    ("Google Compute Engine", "google"),
    ("Google", "google"),
];

/// The name of what the machine runs in; "none" on hardware.
pub(crate) fn name(signs: &Signs) -> &'static str {
    container(signs).or_else(|| machine(signs)).unwrap_or("none")
}

fn container(signs: &Signs) -> Option<&'static str> {
    if signs.is_inside_openvz {
        return Some("openvz");
    }
    if signs.kernel.contains("Microsoft") || signs.kernel.contains("WSL") {
        return Some("wsl");
    }
    let told = [&signs.init_container, &signs.systemd_container];
    let told: Vec<&str> =
        told.into_iter().map(|text| text.trim()).filter(|t| !t.is_empty()).collect();
    // "oci" names the standard and not the program, so the files below say more.
    if let Some(found) = told.iter().find(|text| **text != "oci") {
        let known = CONTAINERS.into_iter().find(|name| name == found);
        return Some(known.unwrap_or("container-other"));
    }
    if signs.has_containerenv {
        return Some("podman");
    }
    if signs.has_dockerenv {
        return Some("docker");
    }
    (!told.is_empty()).then_some("container-other")
}

fn machine(signs: &Signs) -> Option<&'static str> {
    if signs.xen_capabilities.contains("control_d") {
        // The first domain of Xen drives the hardware.
        return None;
    }
    let clock = clock(&signs.clocks);
    match firmware(&signs.firmware) {
        // QEMU names itself whether it emulates or has the kernel's help.
        Some("qemu") => return Some(clock.unwrap_or("qemu")),
        // Both rent out bare hardware with the same firmware.
        Some(name @ ("amazon" | "google")) => return is_guest(signs).then_some(name),
        Some(name) => return Some(name),
        None => {}
    }
    if signs.hypervisor.trim() == "xen" || signs.device_tree.contains("xen") {
        return Some("xen");
    }
    if signs.device_tree.contains("kvm") {
        return Some("kvm");
    }
    if signs.device_tree.contains("vmware") {
        return Some("vmware");
    }
    if signs.cpuinfo.contains("User Mode Linux") {
        return Some("uml");
    }
    clock.or_else(|| has_hypervisor_flag(&signs.cpuinfo).then_some("vm-other"))
}

fn firmware(names: &[String]) -> Option<&'static str> {
    let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
    let known = |name: &str| FIRMWARE.iter().find(|(begins, _)| name.starts_with(begins));
    // "Microsoft Corporation" makes laptops too; only its product's name, which follows, tells.
    let found = names.iter().find_map(|name| known(name)).or_else(|| known(&names.join(" ")));
    found.map(|(_, name)| *name)
}

fn clock(clocks: &str) -> Option<&'static str> {
    let kinds = [("kvm-clock", "kvm"), ("hyperv_clocksource", "microsoft"), ("xen", "xen")];
    kinds.into_iter().find(|(clock, _)| clocks.contains(clock)).map(|(_, name)| name)
}

/// Only x86 has the flag. Elsewhere the name of the product tells.
fn is_guest(signs: &Signs) -> bool {
    let metal =
        signs.firmware.iter().any(|name| name.contains(".metal") || name.contains("-metal"));
    !metal && (has_hypervisor_flag(&signs.cpuinfo) || !signs.cpuinfo.contains("flags\t"))
}

fn has_hypervisor_flag(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|line| line.split_whitespace().any(|flag| flag == "hypervisor"))
}
