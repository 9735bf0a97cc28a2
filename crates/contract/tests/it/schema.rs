//! The schema says what the wire says.

use contract::schema;
use serde_json::Value;

use crate::fixture::{DEMO, parse, small};
use crate::parts::{debian, demo, report};

#[test]
fn every_part_has_a_schema_that_names_its_members_and_no_others() {
    let world = demo();
    for (channel, expected) in [("usage", 7), ("hardware-names", 1)] {
        let found = world.manifest.channel(channel).unwrap();
        let report = report(&world, channel, &debian());
        assert!(report.parts().len() >= expected);
        for made in report.parts() {
            let part = found.part(made.id.as_str()).unwrap();
            let schema = schema::of_part(&world.manifest, found, part);
            let value: Value = serde_json::from_slice(made.part.bytes()).unwrap();
            let names = |value: &Value| -> Vec<String> {
                value.as_object().unwrap().keys().cloned().collect()
            };
            assert_eq!(names(&value), names(&schema["properties"]));
            assert_eq!(serde_json::json!(names(&value)), schema["required"]);
            assert_eq!(value["definition"], schema["properties"]["definition"]["const"]);
            for (name, answer) in value["answers"].as_object().unwrap() {
                let known = &schema["properties"]["answers"]["properties"][name];
                assert!(known.is_object(), "{name}");
                if let Some(values) = known["enum"].as_array() {
                    assert!(values.contains(answer), "{name}");
                }
            }
        }
    }
}

#[test]
fn a_channel_without_tags_has_none_in_its_schema() {
    let manifest = small(&[("identity = \"period\"", "identity = \"none\"")]);
    let channel = &manifest.channels[0];
    let schema = schema::of_part(&manifest, channel, &channel.parts[0]);
    assert!(schema["properties"]["tag"].is_null());
    assert_eq!(schema["required"].as_array().unwrap().len(), 6);
}

#[test]
fn the_pattern_of_a_version_is_the_versions_own_rule() {
    let manifest = parse(DEMO);
    let channel = manifest.channel("usage").unwrap();
    let schema = schema::of_part(&manifest, channel, channel.part("python").unwrap());
    let pattern = &schema["properties"]["answers"]["properties"]["python"]["pattern"];
    let pattern = regex_lite::Regex::new(pattern.as_str().unwrap()).unwrap();
    for good in ["other", "3", "3.13.0", "3.13.0-rc1", "0.0", "999999.1.2.3-dev"] {
        assert!(pattern.is_match(good), "{good}");
    }
    for bad in ["", "3.", "03", "1.2.3.4.5", "3-rc9", "1234567", "3.13.0 ", "v3"] {
        assert!(!pattern.is_match(bad), "{bad}");
    }
}

#[test]
fn the_dictionary_has_a_line_for_every_question() {
    let manifest = parse(DEMO);
    let entries = contract::dictionary::entries(&manifest);
    assert_eq!(entries.len(), 21);
    let table = contract::dictionary::markdown(&manifest);
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with('|')).collect();
    assert_eq!(rows.len(), 2 + 21);
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(rows.iter().all(|row| cells(row) == cells(rows[0])));
    let json: Value = serde_json::from_str(&contract::dictionary::json(&manifest)).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 21);
}
