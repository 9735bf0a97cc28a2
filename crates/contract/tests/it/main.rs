//! What the contract promises, through its public interface.

mod manifest;
