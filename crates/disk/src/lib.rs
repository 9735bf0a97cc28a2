//! Files that survive a power failure, behind a trait that a simulation can implement.
