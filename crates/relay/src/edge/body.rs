//! Bodies, whole and within a bound.

use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Bytes, Incoming};

/// All of a body; `None` where it is longer. A body of one piece is passed on as it lies. Of
/// several each is copied and let go: it keeps the 8 KiB into which it was read, so whoever sends
/// single bytes would have 8 KiB held for each.
pub(super) async fn whole(
    mut body: Incoming,
    bytes_max: usize,
) -> Result<Option<Bytes>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if bytes.len() + piece.len() > bytes_max {
            return Ok(None);
        }
        if bytes.is_empty() && body.is_end_stream() {
            return Ok(Some(piece));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.into()))
}
