//! Releases made into pages.
