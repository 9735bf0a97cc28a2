//! Bodies as they travel: at most so many bytes, packed or unpacked, and never one more.

use std::io::Read as _;

use contract::limits::PART_BYTES_MAX;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

/// Why a body could not be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnpackError {
    /// It has more bytes than a part may have.
    #[error("the body has more than {PART_BYTES_MAX} bytes when unpacked")]
    TooLarge,
    /// It is not packed as it says, or something follows it.
    #[error("the body is not packed as it says")]
    Broken,
}

impl UnpackError {
    /// The same as a sentence.
    pub(crate) fn sentence(self) -> String {
        let text = self.to_string();
        let mut characters = text.chars();
        let first = characters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(characters).chain(['.']).collect()
    }
}

impl Coding {
    /// What a `Content-Encoding` names; `None` for what is not known here.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        let known = [
            ("identity", Self::Identity),
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("zstd", Self::Zstd),
        ];
        known
            .into_iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map(|(_, coding)| coding)
    }
}

/// Unpacks a body into at most [`PART_BYTES_MAX`] bytes. A packed bomb costs no more than that.
///
/// # Errors
/// If it has more bytes, or is not packed so.
pub fn unpack(body: Vec<u8>, coding: Coding) -> Result<Vec<u8>, UnpackError> {
    match coding {
        Coding::Identity if body.len() > PART_BYTES_MAX => Err(UnpackError::TooLarge),
        Coding::Identity => Ok(body),
        Coding::Gzip => gunzip(&body),
        Coding::Zstd => unzstd(&body),
    }
}

fn gunzip(body: &[u8]) -> Result<Vec<u8>, UnpackError> {
    let mut decoder = flate2::bufread::GzDecoder::new(body);
    let mut bytes = Vec::new();
    let limit = PART_BYTES_MAX as u64 + 1;
    decoder.by_ref().take(limit).read_to_end(&mut bytes).map_err(|_| UnpackError::Broken)?;
    if bytes.len() > PART_BYTES_MAX {
        return Err(UnpackError::TooLarge);
    }
    // One part is one member: what follows would be read by some and not by others.
    if decoder.into_inner().is_empty() { Ok(bytes) } else { Err(UnpackError::Broken) }
}

fn unzstd(body: &[u8]) -> Result<Vec<u8>, UnpackError> {
    // In one call into a buffer of the bound: no window is allocated, whatever the frame asks for.
    let mut bytes = vec![0; PART_BYTES_MAX];
    match zstd::bulk::decompress_to_buffer(body, bytes.as_mut_slice()) {
        Ok(length) => {
            bytes.truncate(length);
            Ok(bytes)
        }
        // The library tells the two apart by its message alone.
        Err(error) if error.to_string().contains("too small") => Err(UnpackError::TooLarge),
        Err(_) => Err(UnpackError::Broken),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(bytes, 19).unwrap()
    }

    fn both(bytes: &[u8]) -> [(Vec<u8>, Coding); 2] {
        [(gzip(bytes), Coding::Gzip), (zstd(bytes), Coding::Zstd)]
    }

    #[test]
    fn the_bound_is_exact() {
        for (packed, coding) in both(&vec![b' '; PART_BYTES_MAX]) {
            assert_eq!(unpack(packed, coding).map(|bytes| bytes.len()), Ok(PART_BYTES_MAX));
        }
        for (packed, coding) in both(&vec![b' '; PART_BYTES_MAX + 1]) {
            assert_eq!(unpack(packed, coding), Err(UnpackError::TooLarge), "{coding:?}");
        }
    }

    #[test]
    fn bombs_are_refused() {
        for (packed, coding) in both(&vec![0; 64 << 20]) {
            assert_eq!(unpack(packed, coding), Err(UnpackError::TooLarge), "{coding:?}");
        }
    }

    #[test]
    fn what_follows_is_refused_and_so_is_what_ends_early() {
        for (packed, coding) in both(b"{}") {
            let followed = [packed.as_slice(), b"x"].concat();
            assert_eq!(unpack(followed, coding), Err(UnpackError::Broken), "{coding:?}");
            let cut = packed.get(..packed.len() - 1).unwrap().to_vec();
            assert_eq!(unpack(cut, coding), Err(UnpackError::Broken), "{coding:?}");
            assert_eq!(unpack(b"{}".to_vec(), coding), Err(UnpackError::Broken), "{coding:?}");
        }
    }
}
