//! Grids on the CPU: each tile is a thread that runs the user's own step.
//!
//! There is one array a field for the whole domain ([`array`](crate::lang)); a tile writes its part. What keeps them in
//! step is counted, never locked: before each operation over cells a tile *meets* its neighbours, which is to say that
//! they have finished what came before ([`tile`]). So a tile is at most one operation ahead of a neighbour, and the
//! results depend neither on the number of threads nor on how the domain is cut.
//!
//! The pieces, from below: [`scratch`] holds what a reduction needs, [`mail`] messages, [`nearby`] those between neighbours,
//! [`shared`] what tiles and host share and when steps may run, [`tile`] what a step reaches, [`groups`] barriers, [`runner`] the thread,
//! [`engine`] the host's side.

mod engine;
mod groups;
mod letters;
mod mail;
mod nearby;
mod runner;
mod scratch;
mod seen;
mod shared;
mod tile;

pub(crate) use engine::GridEngine;
pub(crate) use runner::States;
pub(crate) use scratch::Scratch;
pub(crate) use shared::{FREELY, Shared};
pub(crate) use tile::{Current, TileHandle, with_current};
