//! Agents, collector, clock, network and disks under one seed. Tests only.

pub mod collector;
pub mod disk;
pub mod history;
pub mod larkspur;
pub mod network;
pub mod world;
