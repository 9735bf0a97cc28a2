//! The gateway's keys: made, told and destroyed as their days pass.

use std::sync::{Arc, PoisonError, RwLock};

use disk::{Disk, DiskError, path::join};
use envelope::KeyFileError;
use envelope::oblivious::{self, GatewayKey, Kem, KeyDocument, rotation, sign_keys};
use hyper::body::Bytes;
use jiff::civil::Date;

use super::random;
use crate::failure::with_causes;
use crate::limits::KEY_FILE_BYTES_MAX;
use crate::signers::Signers;

const FOLDER: &str = "gateway";
const SUFFIX: &str = ".json";

/// What opens capsules now. Without a key that may sign what is sealed to, nothing does.
#[derive(Default)]
pub(super) struct Gateway(RwLock<Arc<Live>>);

/// Keys of one day, and what is told of them: to everybody the same bytes.
#[derive(Default)]
pub(super) struct Live {
    pub(super) keys: oblivious::Gateway,
    pub(super) list: Bytes,
    pub(super) signed: Bytes,
}

/// Why keys are as they were.
#[derive(Debug, thiserror::Error)]
enum RenewError {
    #[error("the data folder cannot be used")]
    Disk(#[from] DiskError),
    #[error("{path} holds no key of a gateway")]
    File { path: String, source: KeyFileError },
}

impl Gateway {
    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Does what is due today. What fails is logged; keys whose days are over open nothing even
    /// then.
    pub(super) fn renew(&self, disk: &dyn Disk, signers: &Signers, today: Date) {
        match renewed(disk, signers, today) {
            Ok(live) => *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(live),
            Err(error) => {
                tracing::error!(
                    error = with_causes(&error),
                    "the gateway's keys stay as they were"
                );
            }
        }
    }
}

fn renewed(disk: &dyn Disk, signers: &Signers, today: Date) -> Result<Live, RenewError> {
    let is_wanted = signers.ohttp().next().is_some();
    let mut keys = read_all(disk)?;
    for kem in [Kem::X25519, Kem::XWing] {
        let due = rotation(&keys, kem, today);
        for id in due.destroy {
            disk.remove(&file(id))?;
            keys.retain(|key| key.id() != id);
        }
        if let Some(id) = due.make.filter(|_| is_wanted) {
            let key = GatewayKey::generate(kem, id, today, &mut random::system());
            disk.create_folder(FOLDER)?;
            disk.replace(&file(id), key.to_file_text().as_bytes())?;
            keys.push(key);
        }
    }
    if !is_wanted {
        return Ok(Live::default());
    }
    let last_day = keys.iter().map(GatewayKey::last_offered_day).max().unwrap_or(today);
    let keys = oblivious::Gateway::new(keys);
    let list = keys.configurations(today);
    let documents: Vec<KeyDocument> =
        signers.ohttp().filter_map(|key| sign_keys(key, &list, (today, last_day)).ok()).collect();
    let signed = Bytes::from(KeyDocument::list_to_json(&documents));
    Ok(Live { keys, list: Bytes::from(list), signed })
}

fn read_all(disk: &dyn Disk) -> Result<Vec<GatewayKey>, RenewError> {
    let mut keys = Vec::new();
    if !disk.list("")?.iter().any(|entry| entry.name == FOLDER) {
        return Ok(keys);
    }
    for entry in disk.list(FOLDER)?.iter().filter(|entry| entry.name.ends_with(SUFFIX)) {
        let path = join(FOLDER, &entry.name);
        let bytes =
            zeroize::Zeroizing::new(disk.read(&path, KEY_FILE_BYTES_MAX)?.unwrap_or_default());
        let text = str::from_utf8(&bytes).unwrap_or_default();
        let key = GatewayKey::from_file_text(text);
        keys.push(key.map_err(|source| RenewError::File { path, source })?);
    }
    Ok(keys)
}

fn file(id: u8) -> String {
    join(FOLDER, &format!("{id:03}{SUFFIX}"))
}
