//! What each handler did in a run of emitted text: its message, its state before and after, and what it sent, in order.
//!
//! `device/traced.cuh` tells most of it; an answer is what is stored into a reply cell. `conform.rs` compares it with the
//! native handler.

use std::collections::HashMap;

use crate::access::Access;

/// One thing that a handler did. Messages are as C++ has them, so their padding may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// Sent a message.
    Tell {
        /// The receiver's address.
        to: u64,
        /// The index of its handler.
        tag: u32,
        /// It asked for room first, and whether there was some.
        room: Option<bool>,
        /// The message.
        message: Vec<u8>,
    },
    /// Told the host a message, whose type has this number in the program.
    TellHost(u32, Vec<u8>),
    /// Traced, with the number of the trace in the program.
    Trace(u32),
    /// Stored an answer into a reply cell.
    Answer {
        /// The question.
        question: u32,
        /// How `context.cuh` fills a cell: a value, a failure, a dead actor, a dropped question.
        outcome: u32,
        /// The value, in whole words.
        value: Vec<u8>,
    },
    /// Changed or read an element of a shared array of atomics, all of which lie in regions named [`ARRAY`].
    Atomic {
        /// Its address.
        at: u64,
        /// How.
        access: Access,
        /// What it was.
        found: u64,
        /// What it was afterwards.
        left: u64,
    },
}

/// What a scenario calls the regions of shared arrays.
pub const ARRAY: &str = "array";

/// One run of a handler.
#[derive(Clone, Debug, Default)]
pub struct Handled {
    /// The type's number in the program.
    pub actor: u32,
    /// The index of the handler.
    pub tag: u32,
    /// The actor's address.
    pub me: u64,
    /// The sender's; 0 for the host.
    pub sender: u64,
    /// The host's question; 0 without one.
    pub question: u64,
    /// The message, and what follows it in its slot.
    pub payload: Vec<u8>,
    /// The state before.
    pub before: Vec<u8>,
    /// The state after.
    pub after: Vec<u8>,
    /// How it ended: `OK`, `FAILED` or `KILLED` of `context.cuh`.
    pub status: u32,
    /// Where it failed.
    pub site: u32,
    /// What it did.
    pub did: Vec<Did>,
}

/// What handlers do in a run.
#[derive(Default)]
pub(crate) struct Records {
    /// By fiber.
    open: HashMap<u32, Handled>,
    done: Vec<Handled>,
}

impl Records {
    pub(crate) fn enter(&mut self, fiber: u32, handled: Handled) {
        self.open.insert(fiber, handled);
    }

    pub(crate) fn leave(&mut self, fiber: u32, status: u32, site: u32, after: Vec<u8>) {
        if let Some(handled) = self.open.remove(&fiber) {
            self.done.push(Handled { after, status, site, ..handled });
        }
    }

    /// Kinds as `device/traced.cuh` numbers them.
    pub(crate) fn did(&mut self, fiber: u32, kind: u32, to: u64, tag: u32, message: Vec<u8>) {
        let Some(handled) = self.open.get_mut(&fiber) else { return };
        handled.did.push(match kind {
            0 => Did::Tell { to, tag, room: None, message },
            1 => Did::Tell { to, tag, room: Some(true), message },
            2 => Did::Tell { to, tag, room: Some(false), message },
            3 => Did::TellHost(tag, message),
            _ => Did::Trace(tag),
        });
    }

    /// A word is stored into a reply cell: its header, or twelve bytes of the value.
    pub(crate) fn stores_answer(&mut self, fiber: u32, first: bool, word: u128) {
        let Some(handled) = self.open.get_mut(&fiber) else { return };
        if first {
            let (question, outcome) = (word as u32, (word >> 32) as u32);
            handled.did.push(Did::Answer { question, outcome, value: Vec::new() });
        } else if let Some(Did::Answer { value, .. }) = handled.did.last_mut() {
            value.extend_from_slice(&word.to_le_bytes()[4..]);
        }
    }

    pub(crate) fn accesses(&mut self, fiber: u32, at: u64, access: Access, found: u64, left: u64) {
        if let Some(handled) = self.open.get_mut(&fiber) {
            handled.did.push(Did::Atomic { at, access, found, left });
        }
    }

    /// The handlers that came to their end.
    pub(crate) fn finish(self) -> Vec<Handled> {
        self.done
    }
}
