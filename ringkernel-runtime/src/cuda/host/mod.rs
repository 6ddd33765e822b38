//! The host's side of the queues it shares with a device.
//!
//! Owns the rings, the reply cells, the outbox and the lines of commands and reports as protocols over [`Words`]: memory that
//! a device reads and writes at the same time. Nothing here knows CUDA, so all of it runs under loom and in the simulator,
//! for which it is public. The device's side is in `templates/ingress.cuh`, `context.cuh`, `forward.cuh` and
//! `control.cuh`.

mod lines;
mod outbox;
mod replies;
mod ring;
mod words;

pub use lines::{Command, Lines, Report};
pub use outbox::{Outbox, Record};
pub use replies::{Outcome, Replies};
pub use ring::{Ring, RingHeader};
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use words::Cell;
pub use words::{Half, Word, Words};
