//! Receives, counts, forgets and publishes.
