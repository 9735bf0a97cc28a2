//! Agents, relay, collector, policy host, clock, network and disks under one seed. Tests only.

pub mod collector;
pub mod disk;
mod gateway;
pub mod history;
pub mod larkspur;
pub mod linkability;
pub mod network;
pub mod relay;
pub mod system;
pub mod vendor;
pub mod world;
