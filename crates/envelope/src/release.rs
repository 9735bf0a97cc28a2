//! The detached signature of a release: a file beside the file that it signs.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::day;
use crate::digest::Digest;
use crate::keys::{DatedKey, KeyCertificate, KeyError, KeyPurpose, RootPublic};
use crate::signature::{SignError, Signature};

const RELEASE: &str = "candor/release/v1";

/// A signature over the digest of some bytes and the day on which they were signed. Members are in
/// alphabetical order, so the JSON is canonical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetachedSignature {
    /// The digest of the signed bytes.
    pub digest: Digest,
    /// The key that signed, certified by a root.
    pub key: KeyCertificate,
    /// Over `"candor/release/v1" ‖ 0x00 ‖` the canonical JSON of digest and day.
    pub signature: Signature,
    /// The day of signing, so that the key can be checked for that day long after.
    #[serde(with = "day")]
    pub signed_on: Date,
}

/// Why a release is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// The signature is for other bytes.
    #[error("the signature is for other bytes")]
    Digest,
    /// Its key may not sign it.
    #[error("the release's key is not to be believed")]
    Key(#[source] KeyError),
    /// The signature does not cover digest and day.
    #[error("the release's signature does not cover it")]
    Signature,
}

/// Signs the bytes of a release.
///
/// # Errors
/// If the key is not certified for releases, or not valid on that day.
pub fn sign_release(
    key: &DatedKey,
    bytes: &[u8],
    signed_on: Date,
) -> Result<DetachedSignature, SignError> {
    let certificate = key.certificate();
    key.may_sign(KeyPurpose::Release, &certificate.program, signed_on)?;
    let digest = Digest::of(bytes);
    let signature = key.sign(&message(digest, signed_on));
    Ok(DetachedSignature { digest, key: certificate.clone(), signature, signed_on })
}

impl DetachedSignature {
    /// Believes the bytes if a pinned root stands behind them on the day of signing.
    ///
    /// # Errors
    /// Names the first step that fails: digest, key, signature.
    pub fn verify(
        &self,
        roots: &[RootPublic],
        program: &str,
        bytes: &[u8],
    ) -> Result<(), ReleaseError> {
        if Digest::of(bytes) != self.digest {
            return Err(ReleaseError::Digest);
        }
        let key = self.key.verify(roots, KeyPurpose::Release, program, self.signed_on);
        let key = key.map_err(ReleaseError::Key)?;
        if key.verifies(&message(self.digest, self.signed_on), &self.signature) {
            Ok(())
        } else {
            Err(ReleaseError::Signature)
        }
    }

    /// The canonical JSON, as it is published.
    pub fn to_json(&self) -> String {
        canonical::text(self)
    }
}

#[derive(Serialize)]
struct Signed {
    digest: Digest,
    #[serde(with = "day")]
    signed_on: Date,
}

fn message(digest: Digest, signed_on: Date) -> Vec<u8> {
    canonical::message(RELEASE, &Signed { digest, signed_on })
}
