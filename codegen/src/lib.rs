//! The RingKernel compiler: from a model of annotated Rust to the CUDA text of a persistent kernel.
//!
//! The stages, each one module that either transforms or reports: `parse` (syn to [`model`], in the macro crate only),
//! then, at start, with the types that rustc inferred ([`desc`]), [`compile()`]: resolve, layout, lower, analyse, emit.

#![warn(clippy::unwrap_used)]

pub mod abi;
mod analyse;
pub mod codes;
pub mod compile;
mod derived;
pub mod desc;
pub mod diagnostic;
mod emit;
pub mod exchange;
pub mod halo;
mod intrinsics;
mod ir;
pub mod layout;
mod lower;
pub mod memory;
pub mod model;
mod names;
#[cfg(feature = "parse")]
pub mod parse;
mod reach;
mod resolve;
pub mod site;
pub mod templates;
pub mod tiling;
mod ty;

pub use compile::{Compiled, CompiledActor, CompiledGrid, Options, Program, check, compile, compile_grid};
pub use diagnostic::Diagnostic;
pub use reach::reach;
