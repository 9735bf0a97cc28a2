//! Agents, collector, clock, network and disks under one seed. Tests only.

pub mod collector;
pub mod disk;
pub mod history;
pub mod larkspur;
pub mod linkability;
pub mod network;
pub mod relay;
pub mod world;
