//! The RingKernel runtime: backends, queues, systems and actor references.
//!
//! [`lang`] is what user code and the macros' expansions are written against, [`system`] what a host program calls.
//! Below them `backend` is the interface that the CPU backend (`cpu`) and the CUDA backend ([`cuda`]) implement.

#![warn(clippy::unwrap_used)]

mod backend;
mod cpu;
pub mod cuda;
mod cuda_source;
mod device_check;
mod dump;
pub mod error;
pub mod failure;
pub mod lang;
pub mod stats;
mod sync;
pub mod system;
mod tile_groups;
mod tiling;

pub use backend::BackendKind;
pub use cuda_source::cuda_source;
pub use error::{Error, Result};
#[cfg(feature = "half")]
pub use half::{bf16, f16};
