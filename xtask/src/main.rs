//! Commands for developers; the house rules are in `tests/tidy.rs`.
fn main() {}
