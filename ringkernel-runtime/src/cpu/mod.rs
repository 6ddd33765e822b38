//! The CPU backend: actors on worker threads, natively.
//!
//! The pieces, from below: [`node`] is where messages lie, [`mailbox`] a list of them that also says who runs its
//! owner, [`cells`] the actors of one type, [`replies`] the host's questions, [`inbox`] what the host receives,
//! [`idle`] how workers sleep, [`blocked`] actors that wait for room, [`core`] all of it together, [`worker`] a thread
//! that runs actors, [`engine`] the host's side. Handlers are the user's own Rust functions; a panic in one fails its
//! actor ([`panics`]). Grids, whose tiles run in step, are apart in [`grid`].

mod blocked;
mod cells;
mod core;
mod engine;
pub(crate) mod grid;
mod idle;
mod inbox;
mod log;
mod mailbox;
mod node;
mod panics;
mod replies;
pub(crate) mod worker;

#[cfg(not(loom))]
pub(crate) use cells::available_memory;
pub(crate) use cells::{Arena, Cells};
pub(crate) use engine::CpuEngine;
#[cfg(feature = "record")]
pub(crate) use panics::recorded;
pub(crate) use panics::{Fault, text_of as panic_text};
