//! The only place here that touches the world: it lists and reads the repository's files.

pub mod tree;
