//! The operating system's randomness.

use rand_core::UnwrapErr;

/// A generator fit for keys and noise. It stops the process where the system has no randomness to
/// give: there is nothing safe to do then.
pub fn system() -> UnwrapErr<getrandom::SysRng> {
    UnwrapErr(getrandom::SysRng)
}
