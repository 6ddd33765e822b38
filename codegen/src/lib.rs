//! The RingKernel compiler: from a model of annotated Rust to the CUDA text of a persistent kernel.
//!
//! The stages, each one module that either transforms or reports: `parse` (syn to [`model`], in the macro crate only),
//! then, at start, with the types that rustc inferred ([`desc`]).

#![warn(clippy::unwrap_used)]

pub mod abi;
pub mod codes;
pub mod desc;
pub mod model;
#[cfg(feature = "parse")]
pub mod parse;
