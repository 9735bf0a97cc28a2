//! Every public function that takes text or bytes from outside, and the target that feeds it.
//!
//! `tests/entries.rs` finds such functions in the sources of the crates that others speak to, and
//! fails for one that is not here, and for a line here that has no function any more.

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// This target feeds it.
    Fed(&'static str),
    /// Nobody outside decides what it is given, or it looks up and parses nothing.
    Inside(&'static str),
}

use Entry::{Fed, Inside};

const LOOKUP: Entry = Inside("looks a name up");
const OURS: Entry = Inside("is given what this program made");

/// File below `crates/`, function, what becomes of it.
pub const ENTRIES: &[(&str, &str, Entry)] = &[
    ("collector/src/body.rs", "parse", Fed("request_line")),
    ("collector/src/body.rs", "unpack", Fed("body")),
    ("collector/src/catalogue.rs", "program", LOOKUP),
    ("collector/src/catalogue.rs", "channel", LOOKUP),
    ("collector/src/config/file.rs", "arguments", Fed("configuration")),
    ("collector/src/fleet.rs", "count", LOOKUP),
    ("collector/src/intake.rs", "check", Fed("part")),
    ("collector/src/pages.rs", "lookup", LOOKUP),
    ("collector/src/pages.rs", "render", OURS),
    ("collector/src/record.rs", "read", Fed("record")),
    ("collector/src/route.rs", "route", Fed("request_line")),
    ("collector/src/route.rs", "keys", Fed("request_line")),
    ("collector/src/store/restore.rs", "read", Fed("deletions")),
    ("collector/src/signers.rs", "receipts", LOOKUP),
    ("collector/src/signers.rs", "releases", LOOKUP),
    ("contract/src/answer.rs", "entry_text", LOOKUP),
    ("contract/src/answer.rs", "of", LOOKUP),
    ("contract/src/bundle.rs", "read_parts", Fed("bundle")),
    ("contract/src/bundle.rs", "read_receipts", Fed("bundle")),
    ("contract/src/calendar.rs", "from_str", Fed("words")),
    ("contract/src/clean.rs", "clean", Fed("cleaning")),
    ("contract/src/clean.rs", "sample", Fed("cleaning")),
    ("contract/src/clean/known.rs", "add", Fed("cleaning")),
    ("contract/src/clean/guard.rs", "new", Fed("cleaning")),
    ("contract/src/clean/guard.rs", "known", Fed("cleaning")),
    ("contract/src/clean/guard/generic.rs", "generic_guard", Fed("cleaning")),
    ("contract/src/columns.rs", "exact", Inside("keeps the bytes as they are")),
    ("contract/src/columns/reader.rs", "read", Fed("columns")),
    ("contract/src/definition.rs", "from_canonical", Fed("definition")),
    ("contract/src/definition.rs", "index_of", LOOKUP),
    ("contract/src/destination.rs", "check_url", Fed("words")),
    ("contract/src/destination.rs", "through", LOOKUP),
    ("contract/src/environment.rs", "read", Fed("words")),
    ("contract/src/id.rs", "parse", Fed("words")),
    ("contract/src/id.rs", "from_str", Fed("words")),
    ("contract/src/kind/buckets.rs", "read_bound", Fed("words")),
    ("contract/src/kind/moves.rs", "of", LOOKUP),
    ("contract/src/kind/moves.rs", "read", Fed("part")),
    ("contract/src/manifest.rs", "parse", Fed("manifest")),
    ("contract/src/part.rs", "check", Fed("part")),
    ("contract/src/policy.rs", "parse", Fed("policy")),
    ("contract/src/policy/signed.rs", "open", Fed("policy")),
    ("contract/src/publish/ledger.rs", "from_bytes", Fed("release")),
    ("contract/src/release.rs", "from_frozen", Fed("release")),
    ("contract/src/version.rs", "parse", Fed("words")),
    ("contract/src/version.rs", "extract", Fed("words")),
    ("envelope/src/bundle.rs", "open", Fed("bundle")),
    ("envelope/src/hex.rs", "from_str", Fed("key_texts")),
    ("envelope/src/keys.rs", "from_file_text", Fed("key_texts")),
    ("envelope/src/keys.rs", "from_str", Fed("key_texts")),
    ("envelope/src/keys/certificate.rs", "verify", Fed("tombstone")),
    ("envelope/src/keys/dated.rs", "from_file_text", Fed("key_texts")),
    ("envelope/src/oblivious/configuration.rs", "from_bytes", Fed("key_documents")),
    ("envelope/src/oblivious/document.rs", "from_json", Fed("key_documents")),
    ("envelope/src/oblivious/document.rs", "of_program", Fed("key_documents")),
    ("envelope/src/oblivious/document.rs", "verify", Fed("key_documents")),
    ("envelope/src/oblivious/document.rs", "without_signature", Fed("key_documents")),
    ("envelope/src/oblivious/gateway.rs", "open", Fed("capsule")),
    ("envelope/src/oblivious/gateway_key.rs", "from_file_text", Fed("key_texts")),
    ("envelope/src/oblivious/sealer.rs", "from_exposed", Fed("capsule")),
    ("envelope/src/oblivious/sealer.rs", "open", Fed("capsule")),
    ("envelope/src/oblivious/document.rs", "sign_keys", OURS),
    ("envelope/src/policy.rs", "from_file_text", Fed("key_texts")),
    ("envelope/src/policy.rs", "is_signed", Fed("policy")),
    ("envelope/src/release.rs", "sign_release", OURS),
    ("envelope/src/release.rs", "verify", Fed("tombstone")),
    ("envelope/src/tag.rs", "from_str", Fed("key_texts")),
    ("relay/src/gateway.rs", "from_str", Fed("relay")),
    ("relay/src/pass.rs", "answer", Fed("relay")),
    ("relay/src/pass.rs", "essence_is", Fed("relay")),
    ("relay/src/pass.rs", "retry_after", Fed("relay")),
    ("relay/src/route.rs", "route", Fed("relay")),
];
