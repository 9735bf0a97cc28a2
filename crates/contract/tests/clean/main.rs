//! Cleaning and the leak guard, through the public interface. All texts are invented.

mod guard;
mod known;
mod lines;
mod properties;
mod rules;
