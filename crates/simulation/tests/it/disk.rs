//! The simulated disk: it behaves as the real one does, and loses what a real one may lose.

mod conformance;
mod log;
mod log_trials;
mod power;
