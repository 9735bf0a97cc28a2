//! Valid inputs of every kind, from which all others are made.

use std::io::Write as _;
use std::sync::OnceLock;

use contract::columns::{BlockWriter, Row};
use contract::definition::Definition;
use contract::kind::Kind;
use contract::manifest::Manifest;
use jiff::civil::{Date, date};
use serde_json::{Map, Value, json};

/// The day on which everything happens.
pub(crate) const TODAY: Date = date(2026, 11, 20);

const DEMO: &str = include_str!("../../manifests/candor-demo.toml");
/// Fields of every kind.
const KINDS: &str = concat!(
    include_str!("../../crates/contract/tests/publish/manifest.toml"),
    include_str!("../../crates/contract/tests/publish/visits.toml")
);
const VECTORS: [&str; 6] = [
    include_str!("../../crates/envelope/tests/vectors/certificate.json"),
    include_str!("../../crates/envelope/tests/vectors/moments.json"),
    include_str!("../../crates/envelope/tests/vectors/receipts.json"),
    include_str!("../../crates/envelope/tests/vectors/release.json"),
    include_str!("../../crates/envelope/tests/vectors/tags.json"),
    include_str!("../../crates/envelope/tests/vectors/tombstone.json"),
];

/// The definitions of both manifests.
pub(crate) fn definitions() -> &'static [Definition] {
    static ALL: OnceLock<Vec<Definition>> = OnceLock::new();
    ALL.get_or_init(|| {
        let manifests = [DEMO, KINDS].into_iter().filter_map(|text| Manifest::parse(text).ok());
        manifests.flat_map(|manifest| manifest.definitions()).collect()
    })
}

/// A part of each definition, in two ways.
pub(crate) fn parts() -> Vec<Vec<u8>> {
    let parts = definitions().iter().flat_map(|definition| [0, 1].map(|way| part(definition, way)));
    parts.collect()
}

fn part(definition: &Definition, way: usize) -> Vec<u8> {
    let fields = definition.fields.iter();
    let answers: Map<String, Value> =
        fields.map(|shape| (shape.id.to_string(), answer(&shape.kind, way))).collect();
    let period = contract::calendar::Period::containing(definition.period, TODAY);
    let mut part = json!({
        "answers": answers,
        "channel": definition.channel.as_str(),
        "definition": definition.hash().to_string(),
        "part": definition.part.as_str(),
        "period": period.to_string(),
        "program": definition.program.as_str(),
    });
    if definition.identity != contract::calendar::Identity::None {
        part["tag"] = "0123456789abcdef0123456789abcdef".into();
    }
    contract::canonical::to_bytes(&part).unwrap_or_default()
}

fn answer(kind: &Kind, way: usize) -> Value {
    let label = || Value::from(kind.bucket_label(way).unwrap_or_default());
    let choice = || kind.choices().and_then(|choices| choices.get(way));
    let choice = || choice().map_or("other", |choice| choice.as_str());
    match kind {
        Kind::Flag => (way == 0).into(),
        Kind::Choice { .. } => choice().into(),
        Kind::Version { .. } => ["26.10.1", "other"][way].into(),
        Kind::Set { .. } => json!([choice()]),
        Kind::Counts { .. } => json!({choice(): label()}),
        Kind::Flow { .. } => json!({format!("{}>other", choice()): label()}),
        Kind::Sample { buckets: None, .. } => ["LX-4", "größer \"2\""][way].into(),
        Kind::Sample { .. } => json!({"count": label(), "value": "LX-4"}),
        _ => label(),
    }
}

/// Parts of each definition as a block of columns.
pub(crate) fn blocks() -> Vec<Vec<u8>> {
    let blocks = definitions().iter().map(|definition| {
        let tagged = definition.identity != contract::calendar::Identity::None;
        let mut block = BlockWriter::new(definition.fields.len(), tagged);
        let channel = (definition.program.as_str(), definition.channel.as_str());
        for bytes in [0, 1].map(|way| part(definition, way)) {
            let find =
                |hash: &envelope::Digest| definitions().iter().find(|known| known.hash() == *hash);
            if let Ok((part, definition)) = contract::part::check(&bytes, channel, find, TODAY) {
                block.push(&Row::pack(definition, &part));
                block.push(&Row::exact(part.tag(), part.bytes()));
            }
        }
        block.finish()
    });
    blocks.collect()
}

/// The definitions as they are kept.
pub(crate) fn definitions_as_bytes() -> Vec<Vec<u8>> {
    definitions().iter().map(Definition::canonical).collect()
}

/// Bodies as they travel.
pub(crate) fn bodies() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for part in parts().into_iter().step_by(3).chain([vec![0; 20_000], Vec::new()]) {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&part).unwrap_or_default();
        for (coding, packed) in [
            (0, part.clone()),
            (1, gzip.finish().unwrap_or_default()),
            (2, zstd::bulk::compress(&part, 3).unwrap_or_default()),
        ] {
            bodies.push([&[coding][..], &packed].concat());
        }
    }
    bodies
}

/// Everything in the vectors of `envelope`, and each thing within, as JSON.
pub(crate) fn documents() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for text in VECTORS {
        collect(&serde_json::from_str(text).unwrap_or_default(), &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(map) => {
            found.push(serde_json::to_vec(value).unwrap_or_default());
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        Value::String(text) => found.push(text.clone().into_bytes()),
        _ => {}
    }
}

pub(crate) fn manifests() -> Vec<Vec<u8>> {
    [DEMO, KINDS].map(|text| text.as_bytes().to_vec()).into()
}

/// Short texts: names, paths, addresses, versions, periods, rules.
pub(crate) fn texts() -> Vec<Vec<u8>> {
    let texts = [
        "larkspur",
        "debian",
        "26.10.1-rc1",
        "2026-11-20",
        "2026-W47",
        "1GiB",
        "10-49",
        "other",
        "POST /v1/larkspur/usage",
        "GET /v1/larkspur/usage/held",
        "GET /ohttp-keys/signed",
        "GET /larkspur/usage/",
        "https://collector.example:8443/ohttp",
        "a=https://[2001:db8::1]",
        "alice@mail.example.org",
        "192.168.17.4",
        "00:16:3e:5f:2a:01",
        "Cisco IOS 15.2(4)E10",
        "d41d8cd98f00b204e9800998ecf8427e",
        "-----BEGIN RSA PRIVATE KEY-----",
        "yes",
        "off",
        "120",
        "message/ohttp-res; x=y",
        "C:\\Users\\alice\\x",
        "sn: FOX1234A5B6",
        "gzip",
        "zstd, gzip",
        "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

/// Bundles of parts and of receipts, as they are and signed.
pub(crate) fn bundles() -> Vec<Vec<u8>> {
    let Ok(program) = contract::id::ProgramId::parse("larkspur") else { return Vec::new() };
    let parts: Vec<String> =
        parts().into_iter().filter_map(|part| String::from_utf8(part).ok()).collect();
    let parts = contract::bundle::parts(&program, "https://collector.example", TODAY, &parts);
    let receipts = contract::bundle::receipts(&program, TODAY, &[]);
    let signed = [&parts, &receipts].map(|body| envelope::bundle::seal(&[7; 32].into(), body).0);
    [parts, receipts].into_iter().chain(signed).map(String::into_bytes).collect()
}

pub(crate) fn policies() -> Vec<Vec<u8>> {
    let texts = [
        "policy = 1\n\n[larkspur]\nusage = \"no\"\n",
        "policy = 1\nothers = \"no\"\n[larkspur]\nusage = { tier = \"basic\" }\n",
        "[program.larkspur.channel.usage]\nmay = \"yes\"\ntier = \"full\"\n",
    ];
    texts.map(|text| text.as_bytes().to_vec()).into()
}

pub(crate) fn configurations() -> Vec<Vec<u8>> {
    let example = include_str!("../../packaging/collector.toml");
    let bare: String =
        example.lines().flat_map(|line| [line.trim_start_matches("# "), "\n"]).collect();
    vec![example.as_bytes().to_vec(), bare.into_bytes(), b"[serve]\nlisten = \"x\"\n".to_vec()]
}

/// Records of the collector's log around receipts of the vectors.
pub(crate) fn records() -> Vec<Vec<u8>> {
    use collector::record::{RecordKind, push};
    let bodies = documents().into_iter().take(20).chain([vec![1; 200]]);
    let records = bodies.map(|body| {
        let mut out = Vec::new();
        push(&mut out, RecordKind::Key, 1, 0, &body);
        out
    });
    records.collect()
}
