//! Tags, keys, receipts and capsules: the only crate that touches cryptography.
//!
//! It deals in bytes, digests, tags, keys, receipts, tombstones, signatures and sealed requests
//! ([`oblivious`]), and knows no manifest.
//!
//! # What it promises
//!
//! * A tag names one installation in one part and epoch, and joins nothing else: each comes from
//!   the whole 32-byte secret and from every member of its scope, each with its length.
//! * Who shows the key of a tag shows the right to list and to delete; a tag tells nothing of its
//!   key, and a key tells nothing of the secret. Without the secret no old tag can be made again.
//! * A receipt, a tombstone and a release are believed only under a key that a pinned root signed
//!   for this purpose, this program and this day.
//! * A signature made for one thing is never a signature for another (the table below).
//! * The same input gives the same bytes: Ed25519 as in RFC 8032 draws nothing.
//! * No secret appears in `Debug`, in an error or in an ordinary string; secrets are wiped from
//!   memory when they are dropped.
//!
//! # Domains
//!
//! Every use of a secret or a signing key begins with its own label. None begins with another, so
//! no two messages can be the same bytes.
//!
//! | label | what follows | made into |
//! |---|---|---|
//! | `candor/tag-key/v1` | program, channel, part, epoch, sample | key of a tag, by HKDF-SHA256 |
//! | `candor/moment/v1` | label, parts | 64-bit draw, by HKDF-SHA256 |
//! | `candor/tag/v1` | key of a tag | tag, by SHA-256, first 16 bytes |
//! | `deleted` | tag | marker of a deleted tag, by SHA-256 |
//! | `candor/certificate/v1` | 0x00, canonical JSON of what is certified | signature by a root |
//! | `candor/receipt/v1` | 0x00, leaves (u64), root hash | signature by a `receipt` key |
//! | `candor/tombstone/v1` | 0x00, canonical JSON of the deletion | signature by a `receipt` key |
//! | `candor/release/v1` | 0x00, canonical JSON of digest and day | signature by a `release` key |
//! | `candor/ohttp-keys/v1` | 0x00, canonical JSON of keys and days | signature by an `ohttp` key |
//! | `candor/policy/v1` | 0x00, the policy's text | signature by a fleet's policy key |
//! | `Candor bundle 1` | what is carried by hand, readable | signature by a key of its own |
//! | 0x00 | canonical JSON of a statement | leaf (RFC 9162), by SHA-256 |
//! | 0x01 | left hash, right hash | node (RFC 9162), by SHA-256 |
//!
//! What goes into HKDF follows its length, a `u32`; integers are big-endian. Canonical JSON is
//! RFC 8785. Plain digests (of a part, a definition, a release) have no label, so that `sha256sum`
//! checks them.
//! `tests/vectors/` holds fixed inputs with every value in between, for other languages.
//!
//! # What is absent
//!
//! No clock (days are arguments), no randomness of its own (a generator is an argument, and only
//! key generation and sealing take one), no network, no files.

pub mod bundle;
mod canonical;
pub mod day;
pub mod digest;
mod hex;
pub mod keys;
pub mod limits;
pub mod login;
mod merkle;
pub mod oblivious;
pub mod policy;
pub mod receipt;
pub mod release;
pub mod secret;
pub mod signature;
pub mod tag;
pub mod tombstone;

pub use digest::{Digest, Hasher};
pub use hex::HexError;
pub use keys::{
    DatedKey, KeyCertificate, KeyError, KeyFileError, KeyPurpose, PublicKey, RootKey, RootPublic,
    VerifiedKey,
};
pub use receipt::{Batch, Receipt, ReceiptError, ReceiptSigner, Statement};
pub use release::{DetachedSignature, ReleaseError, sign_release};
pub use secret::{Secret, TagScope};
pub use signature::{SignError, Signature};
pub use tag::{Tag, TagKey};
pub use tombstone::{Deletion, Tombstone, TombstoneError};
