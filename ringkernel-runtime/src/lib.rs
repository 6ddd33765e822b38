//! The RingKernel runtime: backends, queues, systems and actor references.

pub mod cuda;
pub mod lang;
