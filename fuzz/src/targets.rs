//! The targets: each a function that must return, whatever the bytes.

use std::ffi::OsString;
use std::sync::OnceLock;

use collector::body::{Coding, unpack};
use contract::calendar::Period;
use contract::columns::Block;
use contract::definition::Definition;
use contract::id::{ChannelId, Choice, FieldId, ProgramId};
use contract::version::Version;
use envelope::oblivious::{
    Configuration, Gateway, GatewayKey, Kem, KeyDocument, Opener, Request, Sealer, TrustedKeys,
};
use envelope::{
    DatedKey, DetachedSignature, Digest, KeyCertificate, Receipt, RootKey, RootPublic, Tag, TagKey,
    Tombstone,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::seeds::{self, TODAY};

/// One entry for what others send.
#[derive(Debug)]
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is read.
    pub what: &'static str,
    /// Reads an input, and returns whatever it is.
    pub call: fn(&[u8]),
    /// Valid inputs of its kind.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($name:ident, $seeds:ident, $what:literal;)*) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name), what: $what, call: $name, seeds: seeds::$seeds,
        }),*];
    };
}

targets! {
    body, bodies, "a body, plain, gzip or zstd";
    part, parts, "a part's bytes against the definitions of two manifests";
    packed_part, bodies, "a body, unpacked and checked, as intake does";
    request_line, texts, "method, path and keys of a request";
    configuration, configurations, "the collector's configuration file";
    record, records, "a record of the collector's log";
    columns, blocks, "a block of a closed period's columns";
    definition, definitions_as_bytes, "a part's definition as it is kept beside its columns";
    deletions, documents, "the list of deletions that a backup is restored with";
    manifest, manifests, "a manifest's text";
    bundle, bundles, "a bundle that was carried by hand";
    policy, policies, "a fleet's policy file";
    release, documents, "a frozen release";
    words, texts, "identifiers, choices, versions, periods, bounds, variables";
    cleaning, texts, "a text that is cleaned, and guarded";
    receipt, documents, "a receipt";
    tombstone, documents, "a tombstone, a certificate, a release's signature";
    key_texts, documents, "keys, tags and digests as text and as files";
    key_documents, documents, "signed sealing keys, and the list of RFC 9458";
    capsule, bodies, "a sealed request at the gateway, and a sealed answer at the agent";
    capsule_inside, bodies, "a request with any method, path, header and body, sealed and opened";
    relay, texts, "what the relay reads: paths, gateways, media types, Retry-After";
}

fn text_of(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

fn body(input: &[u8]) {
    let Some((coding, packed)) = input.split_first() else { return };
    let coding = [Coding::Identity, Coding::Gzip, Coding::Zstd][usize::from(coding % 3)];
    if let Ok(bytes) = unpack(packed.to_vec(), coding) {
        assert!(bytes.len() <= contract::limits::PART_BYTES_MAX);
    }
}

fn part(input: &[u8]) {
    let all = seeds::definitions();
    let find = |hash: &Digest| all.iter().find(|known| known.hash() == *hash);
    for channel in [("candor-demo", "usage"), ("larkspur", "usage"), ("larkspur", "words")] {
        if let Ok((part, definition)) = contract::part::check(input, channel, find, TODAY) {
            // One spelling: what is accepted is what is kept.
            assert_eq!(part.bytes(), input);
            assert_eq!(part.answers().len(), definition.fields.len());
        }
    }
}

fn packed_part(input: &[u8]) {
    let Some((coding, packed)) = input.split_first() else { return };
    let coding = [Coding::Identity, Coding::Gzip, Coding::Zstd][usize::from(coding % 3)];
    if let Ok(bytes) = unpack(packed.to_vec(), coding) {
        assert!(bytes.len() <= contract::limits::PART_BYTES_MAX);
        part(&bytes);
    }
}

fn request_line(input: &[u8]) {
    let headers = input.split(|byte| *byte == b'\n');
    let _ = collector::route::keys(headers);
    let Some(text) = text_of(input) else { return };
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let _ = collector::route::route(method, path);
    let _ = Coding::parse(text);
}

fn configuration(input: &[u8]) {
    let Some(text) = text_of(input) else { return };
    let given = ["candor-collector", "serve"].map(OsString::from);
    let _ = collector::config::file::arguments(text, &given, |_| false);
}

fn record(input: &[u8]) {
    if let collector::record::Found::Whole(record) = collector::record::read(input) {
        let _ = collector::record::Row::read(record.body);
    }
    let _ = collector::record::Row::read(input);
}

fn columns(input: &[u8]) {
    for definition in seeds::definitions() {
        let tagged = definition.identity != contract::calendar::Identity::None;
        let Some(block) = Block::read(input, definition.fields.len(), tagged) else { continue };
        let period = Period::containing(definition.period, TODAY);
        for row in 0..block.rows() {
            let _ = block.row(row);
            let _ = block.part(Some(definition), period, row);
            let _ = block.tag(row).map(|tag| block.rows_of(tag));
        }
        for (column, shape) in block.columns().iter().zip(&definition.fields) {
            let _ = column.answers(&shape.kind);
        }
    }
}

fn definition(input: &[u8]) {
    if let Some(definition) = Definition::from_canonical(input) {
        // One spelling, so that its hash is that of the file.
        assert_eq!(definition.canonical(), input);
    }
}

fn deletions(input: &[u8]) {
    let _ = collector::store::Deletions::read(input);
}

fn manifest(input: &[u8]) {
    let Some(text) = text_of(input) else { return };
    if let Ok(manifest) = contract::manifest::Manifest::parse(text) {
        let _ = (manifest.hash(), manifest.definitions());
    }
}

fn bundle(input: &[u8]) {
    let Some(text) = text_of(input) else { return };
    let body = envelope::bundle::open(text).map_or(text, |(body, _)| body);
    let _ = contract::bundle::read_parts(body).is_ok();
    let _ = contract::bundle::read_receipts(body).is_ok();
}

fn policy(input: &[u8]) {
    let _ = text_of(input).map(contract::policy::PolicyFile::parse);
    let _ = contract::policy::SignedPolicy::open(input, &root()).is_ok();
    let mut signed = contract::policy::SIGNED_BY.as_bytes().to_vec();
    signed.extend(input);
    let _ = contract::policy::SignedPolicy::open(&signed, &root()).is_ok();
}

fn release(input: &[u8]) {
    let _ = contract::release::Release::from_frozen(input);
    let _ = contract::publish::Ledger::from_bytes(input);
}

fn words(input: &[u8]) {
    use contract::kind::{Measure, read_bound};
    let Some(text) = text_of(input) else { return };
    let _ = (ProgramId::parse(text), ChannelId::parse(text), FieldId::parse(text));
    let _ = (Choice::parse(text), text.parse::<Period>());
    for measure in [Measure::Things, Measure::Bytes, Measure::Seconds] {
        let _ = read_bound(text, measure);
    }
    let suffixes: Vec<Choice> = Choice::parse("rc1").into_iter().collect();
    if let Some(version) = Version::parse(text, &suffixes) {
        assert_eq!(version.write(&suffixes), text);
    }
    let _ = Version::extract(text, &suffixes);
    let _ = contract::environment::Word::read(Some(text));
    let _ = contract::destination::check_url(text);
}

fn cleaning(input: &[u8]) {
    let Some(text) = text_of(input) else { return };
    let mut known = contract::clean::Known::default();
    known.add(text.lines().next().unwrap_or_default());
    let cleaned = contract::clean::Cleaner::new(&known).clean(text);
    let _ = cleaned.text.as_deref().map(contract::clean::guard::generic_guard);
    let _ = contract::clean::guard::generic_guard(text);
    let mut guard = contract::clean::guard::LeakGuard::new([text]);
    guard.known("canary-host.example.org");
    let _ = guard.leaks();
}

fn root() -> RootPublic {
    static ROOT: OnceLock<RootPublic> = OnceLock::new();
    *ROOT.get_or_init(|| RootKey::generate(&mut random()).public())
}

/// The same in every run: what is found can be found again.
fn random() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

fn receipt(input: &[u8]) {
    if let Ok(receipt) = serde_json::from_slice::<Receipt>(input) {
        let _ = receipt.verify(&[root()], &receipt.statement.digest);
        let _ = receipt.to_json();
    }
}

fn tombstone(input: &[u8]) {
    if let Ok(tombstone) = serde_json::from_slice::<Tombstone>(input) {
        let _ = tombstone.verify(&[root()], &tombstone.tag);
    }
    if let Ok(signature) = serde_json::from_slice::<DetachedSignature>(input) {
        let _ = signature.verify(&[root()], "larkspur", input);
    }
    if let Ok(certificate) = serde_json::from_slice::<KeyCertificate>(input) {
        let _ = certificate.verify(&[root()], certificate.purpose, "larkspur", TODAY);
    }
}

fn key_texts(input: &[u8]) {
    let Some(text) = text_of(input) else { return };
    let _ = (text.parse::<RootPublic>(), text.parse::<Tag>(), text.parse::<TagKey>());
    let _ = (text.parse::<Digest>(), RootKey::from_file_text(text).is_ok());
    let _ = (DatedKey::from_file_text(text).is_ok(), GatewayKey::from_file_text(text).is_ok());
    let _ = envelope::policy::PolicyKey::from_file_text(text).is_ok();
}

fn key_documents(input: &[u8]) {
    if let Ok(document) = KeyDocument::from_json(input) {
        let _ = document.verify(&[root()], "larkspur", TODAY);
    }
    let _ = KeyDocument::of_program(input, "larkspur").is_ok();
    let _ =
        (TrustedKeys::without_signature(input).is_ok(), Configuration::from_bytes(input).is_ok());
}

/// A gateway with a key of each kind, and who seals to the first.
fn ends() -> &'static (Gateway, Sealer) {
    static ENDS: OnceLock<(Gateway, Sealer)> = OnceLock::new();
    ENDS.get_or_init(|| {
        let mut random = random();
        let keys = [(Kem::X25519, 1), (Kem::XWing, 2)];
        let keys = keys.map(|(kem, id)| GatewayKey::generate(kem, id, TODAY, &mut random));
        let gateway = Gateway::new(keys.into());
        let trusted = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
        (gateway, Sealer::new(&trusted, Kem::X25519).unwrap())
    })
}

fn capsule(input: &[u8]) {
    let (gateway, _) = ends();
    let _ = gateway.open(input, TODAY).is_ok();
    // With the head that a real capsule has, the key is found and the rest is tried.
    let head = [1, 0, 32, 0, 1, 0, 1];
    let _ = gateway.open(&[&head, input].concat(), TODAY).is_ok();
    if let Ok(opener) = Opener::from_exposed(input) {
        let _ = opener.open(input).is_ok();
    }
}

fn capsule_inside(input: &[u8]) {
    let (gateway, sealer) = ends();
    let mut pieces = input.splitn(5, |byte| *byte == b'"');
    let mut text = || String::from_utf8_lossy(pieces.next().unwrap_or_default()).into_owned();
    let (method, path, headers) = (text(), text(), vec![(text(), text())]);
    let body = pieces.next().unwrap_or_default().to_vec();
    let request = Request { method, authority: "c".into(), path, headers, body };
    let Ok(sent) = sealer.seal(&request, &mut random()) else { return };
    if let Ok((opened, _)) = gateway.open(&sent.bytes, TODAY) {
        assert_eq!(opened.body, request.body);
        assert_eq!((opened.method, opened.path), (request.method, request.path));
    }
}

fn relay(input: &[u8]) {
    let _ = relay::pass::retry_after(Some(input));
    let _ = relay::pass::answer(200, Some(input), input.len());
    let _ = relay::pass::essence_is(input, relay::pass::REQUEST);
    let Some(text) = text_of(input) else { return };
    let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
    let _ = relay::route::route(&[None, Some("larkspur".into())], method, path);
    let _ = text.parse::<relay::gateway::Gateway>();
}
