//! The CUDA backend: one persistent kernel, and the queues between it and the host.
//!
//! `start` opens the device, has the actors compiled and everything allocated, and hands the kernel to its `residence`; `engine`
//! is what the typed API talks to; `pump` is the thread beside it; `roster` says who else is on the device. `host` holds the queues themselves, without CUDA.

#[cfg(not(loom))]
#[doc(hidden)]
pub mod emulate;
pub mod nvrtc;

#[doc(hidden)]
pub mod host;

#[cfg(not(loom))]
mod areas;
#[cfg(not(loom))]
mod driver;
#[cfg(not(loom))]
mod engine;
#[cfg(not(loom))]
mod fill;
#[cfg(not(loom))]
mod footprint;
#[cfg(not(loom))]
mod grid;
#[cfg(not(loom))]
mod inboxes;
#[cfg(not(loom))]
mod mapped;
#[cfg(not(loom))]
mod pump;
#[cfg(not(loom))]
mod questions;
#[cfg(not(loom))]
mod ready;
#[cfg(not(loom))]
mod reports;
#[cfg(not(loom))]
mod residence;
#[cfg(not(loom))]
mod roster;
#[cfg(not(loom))]
mod start;
#[cfg(loom)]
mod unavailable;
#[cfg(not(loom))]
mod uploaded;

#[cfg(not(loom))]
pub(crate) use emulate::patience;
#[cfg(not(loom))]
pub(crate) use engine::CudaEngine;
#[cfg(not(loom))]
pub(crate) use grid::{CudaGrid, start as start_grid};
#[cfg(not(loom))]
pub(crate) use start::start;
#[cfg(loom)]
pub(crate) use unavailable::{CudaEngine, CudaGrid, patience, start, start_grid};
