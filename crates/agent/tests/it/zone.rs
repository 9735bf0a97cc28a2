//! Days, weeks and moments are those of UTC: where a machine stands, and when its clocks go forward
//! or back, changes nothing of what leaves it and when.

use crate::machine::Machine;

/// Places whose day is another one for most of the day, and two that change their clocks.
const ZONES: [&str; 5] =
    ["UTC0", "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+14>-14", "<-12>12"];

#[test]
fn daylight_saving_and_the_zone_of_a_machine_change_nothing() {
    // What a machine freezes in a zone: the period of each part, its moment and its bytes.
    let frozen = |zone: &str| {
        let machine = Machine::new("https://127.0.0.1:1");
        crate::upgrade::copy_first(&machine);
        std::fs::remove_dir_all(machine.path("state/outbox")).unwrap();
        let preview = machine.command(&["preview", "usage"]).env("TZ", zone).output().unwrap();
        assert!(preview.status.success(), "{}", String::from_utf8_lossy(&preview.stderr));
        let status = machine.command(&["status", "--json"]).env("TZ", zone).output().unwrap();
        let mut files: Vec<_> =
            std::fs::read_dir(machine.path("state/outbox")).unwrap().map(Result::unwrap).collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        let files: Vec<_> = files
            .iter()
            .map(|file| (file.file_name(), std::fs::read_to_string(file.path()).unwrap()))
            .collect();
        (files, preview.stdout, status.stdout)
    };
    let day = || jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut tries = 0..2;
    // Once more if a day of UTC ends meanwhile.
    while tries.next().is_some() {
        let today = day();
        let everywhere: Vec<_> = ZONES.iter().map(|zone| frozen(zone)).collect();
        if day() == today {
            assert!(!everywhere[0].0.is_empty());
            assert!(everywhere.iter().all(|here| *here == everywhere[0]), "{ZONES:?}");
            return;
        }
    }
    panic!("two days ended within a test");
}
