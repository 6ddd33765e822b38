//! The host's side of the queues it shares with a device.
//!
//! Owns the rings, the reply cells and the outbox as protocols over [`Words`]: memory that a device reads and writes at the
//! same time. Nothing here knows CUDA, so all of it runs under loom and in the simulator. The device's side is in
//! `templates/ingress.cuh`, `context.cuh` and `control.cuh`.

mod outbox;
mod replies;
mod ring;
mod words;

pub(crate) use outbox::{Outbox, Record};
pub(crate) use replies::{Outcome, Replies};
pub(crate) use ring::{Ring, RingHeader};
pub(crate) use words::{Cell, Word, Words};
