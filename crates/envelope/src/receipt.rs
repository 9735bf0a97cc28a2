//! Receipts: what a collector acknowledges, under one signature for a whole commit batch.
//!
//! In JSON a receipt alone has about 790 bytes: statement 290, certificate 310, signature 130, the
//! rest names. Each doubling of the batch adds a digest of 67 bytes to the path: 1,330 bytes in a
//! batch of 256 (810 with gzip), 1,600 in the largest.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::day;
use crate::digest::Digest;
use crate::hex;
use crate::keys::{DatedKey, KeyCertificate, KeyError, KeyPurpose, RootPublic};
use crate::limits::BATCH_LEAVES_MAX;
use crate::merkle::{self, Tree};
use crate::signature::{SignError, Signature};

const RECEIPT: &[u8] = b"candor/receipt/v1";

/// What a collector says it received. Members are in alphabetical order, so the JSON is canonical.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The channel's id.
    pub channel: String,
    /// The digest of the part's definition.
    pub definition: Digest,
    /// The digest of the part's bytes.
    pub digest: Digest,
    /// The day by which the part is forgotten.
    #[serde(with = "day")]
    pub forget_by: Date,
    /// The part's id.
    pub part: String,
    /// The period of the part, as it stands in the part.
    pub period: String,
    /// The program's id.
    pub program: String,
    /// The day on which the part arrived.
    #[serde(with = "day")]
    pub received: Date,
}

impl Statement {
    fn leaf_hash(&self) -> Digest {
        merkle::leaf_hash(self.to_json().as_bytes())
    }

    /// The canonical JSON: the leaf of the tree.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }
}

impl fmt::Debug for Statement {
    /// Leaves out the digest, by which a part could be found.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Statement")
            .field("program", &self.program)
            .field("channel", &self.channel)
            .field("part", &self.part)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

/// A signed statement. Members are in alphabetical order, so the JSON is canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The statement's place in its batch, from 0.
    pub index: u64,
    /// The key that signed, certified by a root.
    pub key: KeyCertificate,
    /// The neighbours on the way to the root hash.
    pub path: Vec<Digest>,
    /// Over `"candor/receipt/v1" ‖ 0x00 ‖ size (u64, big-endian) ‖ root hash`.
    pub signature: Signature,
    /// The number of statements in the batch.
    pub size: u64,
    /// What is stated.
    pub statement: Statement,
}

/// Why a receipt is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is for other bytes than those that were sent.
    #[error("the receipt is for other bytes")]
    Digest,
    /// Its key may not sign it.
    #[error("the receipt's key is not to be believed")]
    Key(#[source] KeyError),
    /// Its path cannot belong to a tree of its size.
    #[error("the receipt's path does not fit its batch")]
    Path,
    /// The signature does not cover what the path leads to.
    #[error("the receipt's signature does not cover it")]
    Signature,
}

impl Receipt {
    /// Believes the receipt if it is for these bytes and a pinned root stands behind it on the day
    /// received.
    ///
    /// The digest covers program, channel, part, definition and period of the part; whoever reads
    /// them from the statement instead compares them with the part that was sent, and the two days
    /// with today and with the retention that was agreed.
    ///
    /// # Errors
    /// Names the first step that fails: digest, key, path, signature.
    pub fn verify(
        &self,
        roots: &[RootPublic],
        expected: &Digest,
    ) -> Result<&Statement, ReceiptError> {
        let Statement { program, digest, received, .. } = &self.statement;
        if digest != expected {
            return Err(ReceiptError::Digest);
        }
        let key = self.key.verify(roots, KeyPurpose::Receipt, program, *received);
        let key = key.map_err(ReceiptError::Key)?;
        let leaf = self.statement.leaf_hash();
        let root = merkle::root_of(leaf, self.index, self.size, &self.path);
        let root = root.ok_or(ReceiptError::Path)?;
        if key.verifies(&message(self.size, &root), &self.signature) {
            Ok(&self.statement)
        } else {
            Err(ReceiptError::Signature)
        }
    }

    /// The canonical JSON, as it is sent and kept.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }
}

/// Signs statements of one program with one dated key.
#[derive(Debug)]
pub struct ReceiptSigner {
    key: DatedKey,
}

impl ReceiptSigner {
    /// Takes a key that was certified for receipts.
    ///
    /// # Errors
    /// If it was certified for something else.
    pub fn new(key: DatedKey) -> Result<Self, SignError> {
        if key.certificate().purpose == KeyPurpose::Receipt {
            Ok(Self { key })
        } else {
            Err(SignError::Purpose)
        }
    }

    /// The key, which also signs tombstones.
    pub fn key(&self) -> &DatedKey {
        &self.key
    }

    /// Signs a whole commit batch once; the receipts are then taken from it one by one.
    ///
    /// The same statements in the same order give the same bytes.
    ///
    /// # Errors
    /// If a statement is of another program or of a day on which the key is not valid, or if there
    /// are none or too many.
    pub fn batch(&self, statements: Vec<Statement>) -> Result<Batch<'_>, SignError> {
        if statements.is_empty() || statements.len() > BATCH_LEAVES_MAX {
            return Err(SignError::Leaves);
        }
        for statement in &statements {
            let Statement { program, received, .. } = statement;
            self.key.may_sign(KeyPurpose::Receipt, program, *received)?;
        }
        let leaves: Vec<String> = statements.iter().map(Statement::to_json).collect();
        let hashes = leaves.iter().map(|leaf| merkle::leaf_hash(leaf.as_bytes()));
        let tree = Tree::new(hashes.collect());
        let size = statements.len() as u64;
        let signature = self.key.sign(&message(size, &tree.root()));
        let key = self.key.certificate();
        let before_path = format!(r#","key":{},"path":["#, canonical::text(key));
        let after_path = format!(r#"],"signature":"{signature}","size":{size},"statement":"#);
        Ok(Batch { statements, leaves, tree, size, signature, key, before_path, after_path })
    }

    /// Signs a batch and gives all its receipts in order. [`Self::batch`] copies less.
    ///
    /// # Errors
    /// As [`Self::batch`].
    pub fn sign_batch(&self, statements: Vec<Statement>) -> Result<Vec<Receipt>, SignError> {
        let batch = self.batch(statements)?;
        Ok((0..batch.len()).filter_map(|index| batch.receipt(index)).collect())
    }

    /// Signs one statement as a tree of one leaf. A part that arrives again gets the same receipt
    /// if the collector kept the first, or if both were signed this way with the same days.
    ///
    /// # Errors
    /// If the statement is of another program or of a day on which the key is not valid.
    pub fn sign_one(&self, statement: Statement) -> Result<Receipt, SignError> {
        self.key.may_sign(KeyPurpose::Receipt, &statement.program, statement.received)?;
        Ok(Receipt {
            index: 0,
            key: self.key.certificate().clone(),
            path: Vec::new(),
            signature: self.key.sign(&message(1, &statement.leaf_hash())),
            size: 1,
            statement,
        })
    }
}

/// A signed batch: the certificate, the tree and the signature are held once for all receipts.
pub struct Batch<'a> {
    statements: Vec<Statement>,
    /// The canonical JSON of each statement.
    leaves: Vec<String>,
    tree: Tree,
    size: u64,
    signature: Signature,
    key: &'a KeyCertificate,
    /// The JSON that all receipts share, in two pieces.
    before_path: String,
    after_path: String,
}

impl Batch<'_> {
    /// The number of receipts.
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Never: an empty batch is not signed.
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// The key that signed.
    pub fn key(&self) -> &KeyCertificate {
        self.key
    }

    /// The signature of all its receipts.
    pub fn signature(&self) -> Signature {
        self.signature
    }

    /// The neighbours of a place, from 0, on the way to the root hash.
    pub fn path(&self, index: usize) -> Vec<Digest> {
        self.tree.path(index)
    }

    /// The receipt at a place, from 0.
    pub fn receipt(&self, index: usize) -> Option<Receipt> {
        Some(Receipt {
            index: index as u64,
            key: self.key.clone(),
            path: self.tree.path(index),
            signature: self.signature,
            size: self.size,
            statement: self.statements.get(index)?.clone(),
        })
    }

    /// The JSON of the receipt at a place: the bytes of [`Receipt::to_json`].
    ///
    /// It is put together from texts that the batch already has. Written anew from its members, a
    /// receipt of a batch of 256 cost 2.3 µs with its share of the signature; this way 1.2.
    pub fn to_json(&self, index: usize) -> Option<String> {
        let statement = self.leaves.get(index)?;
        let neighbours = self.tree.path(index);
        let mut path = String::with_capacity(67 * neighbours.len());
        for (height, neighbour) in neighbours.iter().enumerate() {
            path.push_str(if height == 0 { "\"" } else { ",\"" });
            hex::push(&mut path, neighbour.as_bytes());
            path.push('"');
        }
        let Self { before_path, after_path, .. } = self;
        let index = index.to_string();
        Some([r#"{"index":"#, &index, before_path, &path, after_path, statement, "}"].concat())
    }
}

impl fmt::Debug for Batch<'_> {
    /// Leaves out the leaves, in which the digests stand.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batch").field("size", &self.size).finish_non_exhaustive()
    }
}

fn message(size: u64, root: &Digest) -> Vec<u8> {
    [RECEIPT, &[0], &size.to_be_bytes(), root.as_bytes()].concat()
}
