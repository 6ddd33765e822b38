//! Messages between tiles that touch.
//!
//! What is sent before a step is done belongs to that step, and is handled when the tiles have met after it. There are two
//! halves, used in turn: who sends for step `n + 2` has met this tile after step `n + 1`, which then has handled what came
//! for step `n`. So nobody waits for a lock here.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ringkernel_codegen::abi::NEIGHBOUR_DEPTH;

use super::mail::{Envelope, lock};
use crate::lang::neighbour::SIDES;

/// What a tile is told by those beside it.
#[derive(Default)]
pub(super) struct Nearby([Half; 2]);

#[derive(Default)]
struct Half {
    /// There may be some; so that a tile need not lock.
    any: AtomicBool,
    /// By the side they come from.
    sides: [Mutex<Vec<Envelope>>; SIDES],
}

impl Nearby {
    /// Adds what comes from one side for a step; `false` if there is no room. `write` makes it if there is.
    pub(super) fn push(&self, step: u64, side: usize, write: impl FnOnce() -> Envelope) -> bool {
        let half = &self.0[(step & 1) as usize];
        let mut waiting = lock(&half.sides[side]);
        if waiting.len() >= NEIGHBOUR_DEPTH as usize {
            return false;
        }
        waiting.push(write());
        // The meeting after the step says it.
        half.any.store(true, Ordering::Relaxed);
        true
    }

    /// All that came for a step, by the side it came from; nothing if nothing did.
    pub(super) fn take(&self, step: u64) -> Option<[Vec<Envelope>; SIDES]> {
        let half = &self.0[(step & 1) as usize];
        if !half.any.load(Ordering::Relaxed) {
            return None;
        }
        half.any.store(false, Ordering::Relaxed);
        Some(std::array::from_fn(|side| std::mem::take(&mut *lock(&half.sides[side]))))
    }
}
