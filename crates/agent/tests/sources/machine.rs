//! A machine described by files in a folder.

use std::path::Path;

use agent::edge::source::{Limits, OsSources};
use agent::gather::ReadSource as _;
use contract::answer::Fact;
use contract::manifest::SYSTEM_FACTS;
use tempfile::TempDir;

use crate::write;

/// A folder that looks like `/`.
pub(crate) struct Machine(TempDir);

impl Machine {
    /// A server on hardware: what is not named otherwise.
    pub(crate) fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine
            .with("etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nID=debian\n")
            .with("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
            .with("proc/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\nSwapTotal: 0 kB\n")
            .with("proc/uptime", "350735.47 234388.90\n")
            .with("proc/self/mountinfo", MOUNTS)
            .with("proc/1/comm", "systemd\n")
            .with("proc/1/environ", "")
            .with("proc/42/comm", "cron\n")
            .with("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse\n")
            .with("proc/net/dev", DEVICES)
            .with("proc/net/if_inet6", LOOPBACK)
            .with("sys/class/dmi/id/sys_vendor", "Dell Inc.\n")
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn with(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        write(self.root(), path, text);
        self
    }

    pub(crate) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.root().join(path)).unwrap();
        self
    }

    /// A fact in words, or why there is none.
    pub(crate) fn says(&self, name: &str) -> String {
        let sources = OsSources::with_root(Limits::default(), self.root());
        let (_, fact) = SYSTEM_FACTS.iter().find(|(known, _)| *known == name).unwrap();
        match sources.system(*fact) {
            Ok(Fact::Flag(flag)) => flag.to_string(),
            Ok(Fact::Number(number)) => number.to_string(),
            Ok(Fact::Text(text)) => text,
            Ok(Fact::List(list)) => list.join(" "),
            Ok(Fact::Numbers(_)) => panic!("no fact of the system has numbers by name"),
            Ok(Fact::Each(_)) => "records".to_owned(),
            Err(error) => format!("it {error}"),
        }
    }
}

pub(crate) const LOOPBACK: &str = "00000000000000000000000000000001 01 80 10 80       lo\n";

const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
20 1 8:1 / / rw,relatime shared:1 - squashfs /dev/sdb1 rw
27 1 8:1 / / rw,relatime shared:1 master:2 - ext4 /dev/mapper/vg-root rw
30 27 8:2 / /data rw - xfs /dev/sda2 rw
31 27 8:3 / /more rw - xfs /dev/sda3 rw
32 27 0:40 / /tank rw - zfs tank/home rw
33 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
34 27 0:41 / /mnt rw - fuse.portal /dev/fuse rw
35 27 0:42 / /net rw - nfs4 files:/export rw
36 27 0:43 / /container rw - overlay overlay rw
a line of another kernel
";

const DEVICES: &str = "\
Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame |bytes    packets
    lo:    3193      29    0    0    0     0     3193      29
  eth0: 266483418    8706    0    0    0     0   574867    5485
 wlan0:1 2 3
";
