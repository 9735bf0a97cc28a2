//! The record of decisions: what it keeps, and what it refuses.

use contract::decision::{DecideError, How, Record, RecordError, State};
use contract::gate::Reason;

use crate::fixture::{World, agree, agreed, decline, destination, noon, showing, small};

#[test]
fn a_record_is_read_back_as_it_was() {
    let manifest = small(&[]);
    let mut record = agreed(&manifest);
    record.enter_airgap(noon());
    assert_eq!(Record::from_bytes(&record.to_bytes()).unwrap(), record);
}

#[test]
fn a_newer_or_damaged_record_is_refused() {
    let bytes = agreed(&small(&[])).to_bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let newer = text.replace("\"format\": 1", "\"format\": 2");
    let refused = Record::from_bytes(newer.as_bytes());
    assert!(matches!(refused, Err(RecordError::Format(2))));
    for length in 0..bytes.len() - 1 {
        assert!(Record::from_bytes(&bytes[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn deciding_needs_a_channel_and_a_tier_that_exist() {
    let manifest = small(&[]);
    let destination = destination(&manifest);
    let showing = showing(&manifest, &destination);
    let mut record = Record::new(manifest.program.id.clone());
    let unchanged = record.clone();
    let none = record.agree("faults", None, &showing);
    assert!(matches!(none, Err(DecideError::Channel(_))));
    let unnamed = record.agree("usage", None, &showing).unwrap_err().to_string();
    assert!(unnamed.contains("`basic`, `full`"), "{unnamed}");
    let wrong = record.agree("usage", Some("huge"), &showing).unwrap_err().to_string();
    assert!(wrong.contains("`huge`") && wrong.contains("`basic`, `full`"), "{wrong}");
    assert_eq!(record, unchanged);

    let other = small(&[("id = \"larkspur\"", "id = \"foxglove\"")]);
    let mut record = Record::new(other.program.id.clone());
    assert!(matches!(record.decline("usage", &showing), Err(DecideError::Program(_))));
}

#[test]
fn people_are_told_where_they_decided() {
    let words = [How::Cli, How::Page, How::Installer, How::Api].map(How::in_words);
    let told = ["in the terminal", "on the page", "during installation", "in the product"];
    assert_eq!(words, told);
}

#[test]
fn a_no_replaces_a_yes_and_a_yes_a_no() {
    let manifest = small(&[]);
    let mut record = agreed(&manifest);
    let channel = &manifest.channels[0].id;
    decline(&mut record, &manifest, "usage");
    assert_eq!(record.decision(channel).unwrap().state, State::No);
    agree(&mut record, &manifest, "usage", "basic");
    assert!(matches!(record.decision(channel).unwrap().state, State::Yes { .. }));
}

#[test]
fn a_manifest_that_no_decision_rests_on_is_forgotten() {
    let first = small(&[]);
    let second = small(&[("title = \"Larkspur\"", "title = \"Larkspur 2\"")]);
    let mut record = agreed(&first);
    let earlier = record.decision(&first.channels[0].id).unwrap().clone();
    agree(&mut record, &second, "usage", "full");
    assert!(record.shown(&earlier).is_none());
}

#[test]
fn leaving_the_air_gap_starts_nothing_that_was_not_agreed_to_outside() {
    let manifest = small(&[]);
    let mut inside = Record::new(manifest.program.id.clone());
    inside.enter_airgap(noon());
    agree(&mut inside, &manifest, "usage", "full");
    inside.leave_airgap();
    let world = World::new(manifest.clone(), inside);
    assert_eq!(world.decide("usage").reasons(), [Reason::Unset]);

    // What was agreed to before is as it was.
    let mut outside = agreed(&manifest);
    outside.enter_airgap(noon() + crate::fixture::hours(1));
    outside.leave_airgap();
    assert!(World::new(manifest.clone(), outside).sends().is_some());

    let mut declined = agreed(&manifest);
    declined.enter_airgap(noon());
    decline(&mut declined, &manifest, "usage");
    declined.leave_airgap();
    let world = World::new(manifest, declined);
    assert_eq!(world.decide("usage").reasons(), [Reason::Declined]);
}

#[test]
fn a_record_that_lost_what_was_shown_covers_nothing() {
    let manifest = small(&[]);
    let text = String::from_utf8(agreed(&manifest).to_bytes()).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value["shown"] = serde_json::json!({});
    let record = Record::from_bytes(value.to_string().as_bytes()).unwrap();
    let world = World::new(manifest, record);
    let verdict = world.decide("usage");
    assert!(matches!(verdict.reasons(), [Reason::AskedAgain(_)]), "{:?}", verdict.reasons());
}
