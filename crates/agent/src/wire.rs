//! A part as it stands in a request, whichever way the request goes.

use std::io::{self, Read as _, Write as _};

use contract::gate::Consent;

use crate::limits::PART_BYTES_MAX;

/// The collector's path for a channel's parts, and the headers beside one.
pub fn place(consent: &Consent<'_>) -> (String, [(&'static str, &'static str); 2]) {
    let path = format!("/v1/{}/{}", consent.manifest().program.id, consent.channel().id);
    (path, [("content-type", "application/json"), ("content-encoding", "zstd")])
}

/// A part's bytes, smaller.
///
/// # Errors
/// If there is no memory for it.
pub fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The reverse, up to the size of a part.
///
/// # Errors
/// If the bytes are not what [`compress`] gives.
pub fn expand(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut expanded = Vec::new();
    let decoder = zstd::Decoder::new(bytes)?;
    decoder.take(PART_BYTES_MAX + 1).read_to_end(&mut expanded)?;
    if expanded.len() as u64 > PART_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(expanded)
}
