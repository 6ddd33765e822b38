//! Runs RingKernel's device code on the CPU under a seeded deterministic scheduler.
//!
//! The emitted CUDA text and the templates are compiled by g++ with `device/memory.cuh` in place of the device's; every
//! lane is a fiber, every memory operation a switch point. A run is a function of its seed. docs/simulation.md tells
//! how to write a test.

// A tool for tests: what it cannot do it says by a panic or a text.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)]

pub mod access;
pub mod audit;
mod calls;
pub mod client;
mod collective;
pub mod conform;
pub mod host;
pub mod kernel;
pub mod live;
mod machine;
pub mod memory;
pub mod mutation;
mod race;
pub mod random;
pub mod record;
pub mod residency;
pub mod run;
pub mod scenario;
pub mod states;
pub mod strategy;
pub mod trace;
mod weak;
pub mod words;
pub mod world;

pub use machine::{Fault, Grid};
