//! Agents, collector, clock, network and disks under one seed. Tests only.

pub mod disk;
