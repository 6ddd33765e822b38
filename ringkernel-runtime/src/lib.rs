//! The RingKernel runtime: backends, queues, systems and actor references.

#![warn(clippy::unwrap_used)]

pub mod cuda;
pub mod lang;

mod sync;
