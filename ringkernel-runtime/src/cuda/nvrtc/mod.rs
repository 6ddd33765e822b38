//! NVRTC: finding it, compiling the emitted text to a cubin, keeping cubins on disk.
//!
//! Owns everything between the final CUDA text and the bytes that a driver loads. In come a [`Source`] and [`Options`];
//! out comes a [`Cubin`], or an error that says what was searched ([`NotFound`]) or where the text is wrong
//! ([`CompileError`], always our bug). Guarantees that a [`Jit`] answers from its [`Cache`] without loading NVRTC, and that
//! nothing a user's disk can do to that cache is more than a miss. Loading the cubin is left to the driver's module.

mod cache;
mod compile;
mod find;
mod jit;
mod library;
mod options;
mod resources;

pub use cache::{Cache, Key};
pub use compile::{CompileError, Cubin, Place, Source};
pub use find::{Found, NotFound, Search};
pub use jit::{Jit, JitError};
pub use library::{Nvrtc, OpenError};
pub use options::{Arch, Contraction, Options, Version};
pub use resources::Resources;
