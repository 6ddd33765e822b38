//! Grids on a GPU: a kernel of its own, a block a tile, and control that speaks with the host.
//!
//! [`plan`] cuts the domain, [`areas`] lays out memory, [`upload`] fills it, [`start`] is the order of events. [`lines`] are
//! what host and control write to each other, [`steps`] the commands over them, [`mail`] the messages to tiles, [`told`] what these say, [`over`]
//! how it ends. [`autotune`] measures ways to cut the domain on the device itself.
//! [`engine`] is what the API calls, [`keeper`] the thread beside the kernel.

mod areas;
mod autotune;
mod chip;
mod describe;
mod engine;
mod keeper;
mod lines;
mod mail;
mod memory;
mod over;
mod pause;
mod plan;
mod shared;
mod start;
mod steps;
mod text;
mod told;
mod upload;

pub(crate) use engine::CudaGrid;
pub(crate) use start::start;
