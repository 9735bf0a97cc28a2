//! Canonical JSON (RFC 8785) of this crate's own structures, which are signed as these bytes.
//!
//! The structures hold strings, whole numbers and arrays of them, and declare their members in
//! alphabetical order; of such a structure `serde_json` writes the canonical form. Tests compare it
//! with a sorted map.

use serde::Serialize;

/// The canonical text of a structure of this crate.
pub(crate) fn text<T: Serialize>(structure: &T) -> String {
    #[expect(
        clippy::expect_used,
        reason = "fails for a failing Serialize, a map without string keys or a failing writer; \
                  the structures of this crate have none of them"
    )]
    serde_json::to_string(structure).expect("a structure of strings and numbers is JSON")
}

/// `label ‖ 0x00 ‖ canonical JSON`: what is signed.
pub(crate) fn message<T: Serialize>(label: &str, structure: &T) -> Vec<u8> {
    [label.as_bytes(), &[0], text(structure).as_bytes()].concat()
}
