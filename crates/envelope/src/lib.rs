//! Tags, keys and receipts: the only crate that touches cryptography.
