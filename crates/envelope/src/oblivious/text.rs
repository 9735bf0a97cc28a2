//! Capsules and what belongs to them as texts of hexadecimal digits, for files.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use super::limits::CAPSULE_BYTES_MAX;
use super::sealer::{CapsuleKey, Opener, SealedRequest};
use crate::digest::Digest;

/// The bytes of one sealed request. Only sealing makes one, or the file that one was written to.
#[derive(Clone, PartialEq, Eq)]
pub struct Capsule(Vec<u8>);

impl Capsule {
    /// The bytes as they travel.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Their SHA-256, as `sha256sum` gives it for a capsule that was caught on its way.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl From<SealedRequest> for (Capsule, Opener, CapsuleKey) {
    fn from(sealed: SealedRequest) -> Self {
        (Capsule(sealed.bytes), sealed.opener, sealed.key)
    }
}

impl fmt::Debug for Capsule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Capsule(..)")
    }
}

impl Serialize for Capsule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::hex::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Capsule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = read(deserializer)?;
        let fits = bytes.len() <= CAPSULE_BYTES_MAX;
        if fits { Ok(Self(bytes.to_vec())) } else { Err(de::Error::custom("too long")) }
    }
}

impl Serialize for Opener {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.expose(), serializer)
    }
}

impl<'de> Deserialize<'de> for Opener {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_exposed(&read(deserializer)?).map_err(de::Error::custom)
    }
}

impl Serialize for CapsuleKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.expose(), serializer)
    }
}

impl<'de> Deserialize<'de> for CapsuleKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_exposed(&read(deserializer)?).map_err(de::Error::custom)
    }
}

fn write<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Zeroizing::new(crate::hex::encode(bytes)))
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<Vec<u8>>, D::Error> {
    let text = Zeroizing::new(String::deserialize(deserializer)?);
    let bytes = crate::hex::decode_any(&text).map_err(de::Error::custom)?;
    Ok(Zeroizing::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capsule_comes_back_from_its_text_and_nonsense_does_not() {
        let capsule = Capsule(vec![0, 255, 16]);
        let text = serde_json::to_string(&capsule).unwrap();
        assert_eq!(text, "\"00ff10\"");
        assert_eq!(serde_json::from_str::<Capsule>(&text).unwrap(), capsule);
        for nonsense in ["\"0\"", "\"0G\"", "\"AB\"", "7"] {
            assert!(serde_json::from_str::<Capsule>(nonsense).is_err(), "{nonsense}");
        }
        let long = format!("\"{}\"", "00".repeat(CAPSULE_BYTES_MAX + 1));
        assert!(serde_json::from_str::<Capsule>(&long).is_err());
        assert!(serde_json::from_str::<Opener>("\"00\"").is_err());
        assert!(serde_json::from_str::<CapsuleKey>("\"00\"").is_err());
    }
}
