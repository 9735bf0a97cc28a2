//! How a row becomes void in its place: a log is never copied for a deletion, and can be read at
//! every moment of it.
//!
//! Three things are written over the row, each durable before the next begins:
//!
//! 1. its kind, one byte, which a power failure cannot tear. The checksum is that of the row still;
//! 2. its checksum, which is from now on that of the head alone. While it is torn, each of its
//!    bytes is that of the row's checksum or of the new one, and the row is there to compute both;
//! 3. zeros, over the whole body. Whatever of them is there, the checksum of the head is right.
//!
//! Length, batch and place in the batch stay, so what lies behind is found where it was.

use super::{HEAD_BYTES, RecordKind, checksum};

/// The kind of a void record: no bit of it is that of a row, so that no single one makes a row
/// void.
pub(super) const CODE: u8 = !b'R';

/// Where the checksum stands in a record.
pub const CHECKSUM_AT: u64 = 4;
/// Where the kind stands in a record.
pub const KIND_AT: u64 = 8;
/// What is written there.
pub const KIND: [u8; 1] = [CODE];

/// The checksum of a void record with this head, whatever kind the head says.
pub fn checksum_of(head: &[u8; HEAD_BYTES]) -> [u8; 4] {
    let [l0, l1, l2, l3, _, _, _, _, _, rest @ ..] = *head;
    checksum([&[l0, l1, l2, l3], &KIND, &rest]).to_le_bytes()
}

/// Whether these bytes are a void record in any of its states.
pub(super) fn is_one(length: &[u8], content: &[u8], found: u32) -> bool {
    let Some((head, body)) = content.split_first_chunk::<{ HEAD_BYTES - 8 }>() else {
        return false;
    };
    let [_, rest @ ..] = *head;
    let new = checksum([length, &KIND, &rest]);
    if found == new {
        return true;
    }
    let old = checksum([length, &[RecordKind::Row.code()], &rest, body]);
    let both = old.to_le_bytes().into_iter().zip(new.to_le_bytes());
    both.zip(found.to_le_bytes()).all(|((old, new), found)| found == old || found == new)
}
