//! Every bound of the envelope, with its reason.

/// Statements under one signature. A group commit takes what came in during one fsync: at 60,000
/// parts a second and 2 ms that is 120; 4,096 leave room for a slow disk, at 12 hashes of path.
pub const BATCH_LEAVES_MAX: usize = 4_096;

/// Bytes of a receipt's JSON: 790 without a path, 804 for 12 hashes, 160 for four identifiers of
/// the greatest length. The rest is room for a later member; a reader cuts off what is longer.
pub const RECEIPT_BYTES_MAX: usize = 4_096;
