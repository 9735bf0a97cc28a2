//! The only place here that touches the world: files of this repository, and cargo.

pub mod measure;
pub mod sabotage;
pub mod tree;
