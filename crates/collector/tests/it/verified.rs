//! The report of `verify`, as somebody reads it who files it.

use crate::fixture::{TODAY, Vendor, key};

fn report(vendor: &Vendor, more: &[&str]) -> String {
    let mut command = vendor.command(&["verify", "--today", "2026-11-20"]);
    let output = command.args(more).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_says_who_made_it_on_which_day_and_against_which_retention() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    assert_eq!(server.post(&vendor.part(&key(1), "2026-11-20", "debian")).status, 201);
    server.stop();
    let said = report(&vendor, &[]);
    let version = env!("CARGO_PKG_VERSION");
    let manifest = vendor.manifest.hash();
    for line in [
        format!("made by   candor-collector {version}"),
        "day       20 November 2026, the day that --today names".to_owned(),
        "parts     1 part in 1 period".to_owned(),
        "releases  0 releases".to_owned(),
        "deleted   0 tags are remembered".to_owned(),
        format!("Retention by larkspur's manifest {manifest}:"),
        "  open                             60 days after a period's last day".to_owned(),
        "  usage                            30 days after a period's last day".to_owned(),
        "until 2026-12-20".to_owned(),
    ] {
        assert!(said.contains(&line), "`{line}` is not in:\n{said}");
    }
    assert!(said.lines().all(|line| line.len() <= 100), "{said}");

    let filed: serde_json::Value = serde_json::from_str(&report(&vendor, &["--json"])).unwrap();
    assert_eq!(filed["made_by"], format!("candor-collector {version}"));
    assert_eq!((&filed["today"], &filed["rehearsal"]), (&TODAY.to_string().into(), &true.into()));
    let rule = serde_json::json!({"program": "larkspur", "channel": "usage", "retention_days": 30,
                                  "manifest": manifest.to_string()});
    assert_eq!(filed["retention"][1], rule);
    assert_eq!(filed["report"]["periods"][0]["parts"], 1);
}

// A channel that the newest manifest dropped is still checked, by the manifest that had it.
#[test]
fn a_channel_that_was_dropped_has_its_rule_too() {
    let vendor = Vendor::new();
    vendor.serve().stop();
    let old = vendor.manifest.hash();
    let text = include_str!("larkspur.toml").replace("ROOT", &vendor.root.to_string());
    let (usage, _) = text.split_once("[[channel]]\nid = \"open\"").unwrap();
    vendor.write("manifest.toml", usage);
    vendor.serve().stop();
    let said = report(&vendor, &[]);
    let (_, dropped) = said.split_once(&format!("larkspur's manifest {old}:\n\n")).unwrap();
    let dropped = dropped.split("\n\n").next().unwrap();
    assert!(dropped.trim_start().starts_with("open  ") && !dropped.contains("usage"), "{said}");
}
