//! The CUDA backend: one persistent kernel, and the queues between it and the host.

pub mod nvrtc;

#[cfg(not(loom))]
#[allow(dead_code)] // until the engine lands
mod driver;
#[allow(dead_code, unused_imports)]
mod host;
#[cfg(not(loom))]
#[allow(dead_code)]
mod mapped;
mod unavailable;

pub(crate) use unavailable::{CudaEngine, start};
