//! Parts as columns: every part comes back to the letter, and whole columns count as parts do.

use contract::columns::{BLOCK_ROWS_MAX, Block, BlockWriter, Row, check_of};
use contract::definition::Definition;
use contract::manifest::Manifest;
use contract::part::Part;
use contract::tally::Tally;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use crate::crosses::crossed;
use crate::fixture::{manifest, part, week};

const PERIOD: &str = "2026-W47";

fn definition(manifest: &Manifest, part: &str) -> Definition {
    manifest.definitions().into_iter().find(|d| d.part.as_str() == part).unwrap()
}

/// Some of the answers of one part, at least one; as anybody may give them.
fn answers(of: &'static str) -> BoxedStrategy<Value> {
    let label = select(vec!["0", "1-9", "10-99", "100+"]);
    let list = subsequence(vec!["mail", "maps", "other"], 0..=3);
    let ports = prop::collection::btree_map(
        select(vec!["copper", "fibre", "other"]),
        select(vec!["0", "1-9", "10-99", "100+"]),
        0..=3,
    );
    let version = prop_oneof![
        Just("other".to_owned()),
        (0..30_u32, 0..1_000_000_u32).prop_map(|(a, b)| format!("{a}.{b}")),
        (0..3_u32, 0..3_u32).prop_map(|(a, b)| format!("{a}.{b}.0-rc1")),
    ];
    let fields: Vec<(&'static str, BoxedStrategy<Value>)> = match of {
        "platform" => vec![
            (
                "edition",
                select(vec!["community", "business", "other"]).prop_map(Value::from).boxed(),
            ),
            ("https", any::<bool>().prop_map(Value::from).boxed()),
        ],
        "software" => vec![("version", version.prop_map(Value::from).boxed())],
        "sizes" => vec![("devices", label.prop_map(Value::from).boxed())],
        "modules" => vec![
            ("modules", list.prop_map(Value::from).boxed()),
            ("ports", ports.prop_map(|ports| json!(ports)).boxed()),
        ],
        _ => vec![("processor", "[a-c\"é]{1,3}".prop_map(Value::from).boxed())],
    };
    let maps = fields.into_iter().map(|(id, value)| {
        prop::option::weighted(0.8, value).prop_map(move |value| (id.to_owned(), value))
    });
    let given = maps.collect::<Vec<_>>().prop_map(|fields| {
        fields.into_iter().filter_map(|(id, v)| Some((id, v?))).collect::<Map<_, _>>()
    });
    given.prop_filter("an answer", |given| !given.is_empty()).prop_map(Value::Object).boxed()
}

fn parts() -> impl Strategy<Value = (&'static str, Vec<Value>)> {
    select(vec!["platform", "software", "sizes", "modules", "processor"])
        .prop_flat_map(|of| prop::collection::vec(answers(of), 1..40).prop_map(move |v| (of, v)))
}

/// Packs parts into one block, in the order of their tags, and reads the bytes again.
fn block(definition: &Definition, parts: &[Part]) -> Vec<u8> {
    assert!(parts.len() <= BLOCK_ROWS_MAX);
    let mut parts: Vec<_> = parts.iter().collect();
    parts.sort_by_key(|part| part.tag());
    let mut writer = BlockWriter::new(definition.fields.len(), true);
    for part in parts {
        assert!(writer.push(&Row::pack(definition, part)));
    }
    writer.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_part_comes_back_to_the_letter((of, given) in parts()) {
        let manifest = manifest();
        let definition = definition(&manifest, of);
        let parts: Vec<_> =
            (0..).zip(&given).map(|(n, given)| part(&manifest, of, PERIOD, n, given)).collect();
        let bytes = block(&definition, &parts);
        let read = Block::read(&bytes, definition.fields.len(), true).unwrap();
        prop_assert_eq!(read.exact().len(), 0);
        for (row, part) in parts.iter().enumerate() {
            let back = read.part(Some(&definition), part.period(), row).unwrap();
            prop_assert!(back == part.bytes());
            prop_assert_eq!(read.check(row), Some(check_of(&part.digest())));
            prop_assert_eq!(read.rows_of(part.tag().unwrap()), row..row + 1);
        }
    }

    #[test]
    fn whole_columns_count_as_the_parts_do((of, given) in parts(), skipped in 0..40_usize) {
        // Also under a manifest that has changed since: lists and buckets are mapped the same way.
        let crosses = (
            "[[channel.part]]\nid = \"modules\"",
            "[[channel.part.cross]]\nrows = \"devices\"\ncolumns = \"edition\"\n\
             [[channel.part]]\nid = \"modules\"",
        );
        let newer = crossed(&[
            crosses,
            ("choices = [\"mail\", \"maps\"]", "choices = [\"maps\", \"chat\"]"),
            ("buckets = [0, 1, 10, 100]", "buckets = [0, 10, 100]"),
        ]);
        for counting in [&crossed(&[crosses]), &newer] {
            let manifest = manifest();
            let definition = definition(&manifest, of);
            let parts: Vec<_> =
                (0..).zip(&given).map(|(n, given)| part(&manifest, of, PERIOD, n, given)).collect();
            let older = manifest.definitions();
            let tally = || Tally::new(counting, "usage", week(), &older).unwrap();
            let (mut one_by_one, mut at_once) = (tally(), tally());
            for (row, part) in parts.iter().enumerate() {
                if row != skipped {
                    one_by_one.count(part).unwrap();
                }
            }
            let bytes = block(&definition, &parts);
            let read = Block::read(&bytes, definition.fields.len(), true).unwrap();
            let without: Vec<_> = (skipped < parts.len()).then_some(skipped).into_iter().collect();
            let counted =
                at_once.count_block(&definition, parts[0].period(), &read, &without).unwrap();
            prop_assert_eq!(counted, (parts.len() - without.len()) as u64);
            prop_assert!(at_once == one_by_one);
        }
    }
}

#[test]
fn a_definition_is_read_from_its_canonical_bytes_and_from_no_others() {
    for definition in manifest().definitions() {
        let bytes = definition.canonical();
        assert_eq!(Definition::from_canonical(&bytes), Some(definition));
        assert_eq!(Definition::from_canonical(&[&bytes[..], b" "].concat()), None);
    }
}
