//! Every bound of the envelope, with its reason.

/// Statements under one signature. A group commit takes what came in during one fsync: at 60,000
/// parts a second and 2 ms that is 120; 4,096 leave room for a slow disk, at 12 hashes of path.
pub const BATCH_LEAVES_MAX: usize = 4_096;

/// Bytes of a receipt's JSON: 12 hashes of path need 804, statement and certificate about 850, and
/// four identifiers may have 40 bytes each. A reader cuts off what is longer.
pub const RECEIPT_BYTES_MAX: usize = 4_096;
