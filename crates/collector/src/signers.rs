//! The keys that sign today: for each program one for receipts, for releases, and for what is
//! sealed to.

use std::collections::BTreeMap;

use contract::id::ProgramId;
use envelope::{
    DatedKey, Deletion, KeyPurpose, ReceiptSigner, RootPublic, SignError, Statement, Tombstone,
};
use jiff::civil::Date;

/// The keys of all programs on one day.
#[derive(Debug, Default)]
pub struct Signers {
    receipts: BTreeMap<ProgramId, ReceiptSigner>,
    releases: BTreeMap<ProgramId, DatedKey>,
    ohttp: BTreeMap<ProgramId, DatedKey>,
}

impl Signers {
    /// Takes for each program the keys that one of its pinned roots certified for today; where
    /// there are several, the one that lasts longest.
    pub fn choose<'a>(
        programs: impl IntoIterator<Item = (&'a ProgramId, &'a [RootPublic])>,
        keys: Vec<DatedKey>,
        today: Date,
    ) -> Self {
        let roots: BTreeMap<&ProgramId, &[RootPublic]> = programs.into_iter().collect();
        let mut chosen = Self::default();
        let mut keys = keys;
        keys.sort_by_key(|key| key.certificate().last_day);
        for key in keys {
            let certificate = key.certificate();
            let (purpose, name) = (certificate.purpose, certificate.program.as_str());
            let Some((program, roots)) = roots.iter().find(|(id, _)| id.as_str() == name) else {
                continue;
            };
            if certificate.verify(roots, purpose, name, today).is_err() {
                continue;
            }
            match purpose {
                KeyPurpose::Receipt => {
                    let signer = ReceiptSigner::new(key).ok();
                    chosen.receipts.extend(signer.map(|signer| ((*program).clone(), signer)));
                }
                KeyPurpose::Release => drop(chosen.releases.insert((*program).clone(), key)),
                KeyPurpose::Ohttp => drop(chosen.ohttp.insert((*program).clone(), key)),
            }
        }
        chosen
    }

    /// The signer of a program's receipts, if it has a key today.
    pub fn receipts(&self, program: &str) -> Option<&ReceiptSigner> {
        self.receipts.get(program)
    }

    /// The key for a program's releases, if it has one today.
    pub fn releases(&self, program: &str) -> Option<&DatedKey> {
        self.releases.get(program)
    }

    /// The keys that sign what senders may seal to, one for each program that is sent to blindly.
    pub fn ohttp(&self) -> impl Iterator<Item = &DatedKey> {
        self.ohttp.values()
    }

    /// Signs what was deleted; `None` where the program has no key that may. A key that was made
    /// after the deletion states what holds today: that the files do not hold the rows.
    pub fn tombstone(&self, deletion: Deletion<'_>, today: Date) -> Option<Tombstone> {
        let signer = self.receipts(deletion.program)?;
        let dated = Tombstone::sign(signer, deletion);
        dated.or_else(|_| Tombstone::sign(signer, Deletion { deleted_on: today, ..deletion })).ok()
    }

    /// Signs one batch of one program.
    pub(crate) fn batch(
        &self,
        program: &str,
        statements: Vec<Statement>,
    ) -> Result<envelope::Batch<'_>, SignError> {
        self.receipts(program).ok_or(SignError::Program)?.batch(statements)
    }
}
