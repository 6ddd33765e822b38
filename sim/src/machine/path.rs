//! Warps that run one path at a time: a lane goes on until it meets the others, and no other lane of its warp runs meanwhile.
//!
//! Hardware may do so, and where it does, a lane that waits for what only a lane of its own warp does waits without end.
//! After some time the others are let run after all; if one of them then changes what the lane was looking at, that is the
//! proof.

use crate::trace::{Operation, What};

/// Operations that a lane is let run alone. A handler may well need more: that alone is no fault.
const PATIENCE: u32 = 100;
/// Last operations of a lane that show whether it waits.
const LOOKED_AT: usize = 24;

/// What is known of one warp.
#[derive(Default)]
pub(super) struct Path {
    /// The lane that runs.
    pub(super) lane: Option<u32>,
    steps: u32,
    /// The fiber that waited when its time was up, and the places that it looked at.
    waiter: Option<(u32, Vec<(u64, u8)>)>,
}

impl Path {
    /// The lane has met the others or ended: any may run.
    pub(super) fn leave(&mut self) {
        self.lane = None;
        self.steps = 0;
    }

    /// A lane begins to run.
    pub(super) fn enter(&mut self, lane: u32) {
        *self = Self { lane: Some(lane), steps: 0, waiter: self.waiter.take() };
    }

    /// The lane does one more operation; true when its time is up.
    pub(super) fn is_over(&mut self) -> bool {
        self.steps += 1;
        self.steps > PATIENCE
    }

    /// Notes where a fiber waits, if it does: its last operations only read, and few places.
    pub(super) fn suspect<'a>(&mut self, fiber: u32, newest_first: impl Iterator<Item = &'a Operation>) {
        let last = newest_first.filter(|o| o.fiber == fiber).take(LOOKED_AT).map(place);
        let Some(mut places) = last.collect::<Option<Vec<_>>>().filter(|all| all.len() == LOOKED_AT) else { return };
        places.sort_unstable();
        places.dedup();
        if places.len() <= LOOKED_AT / 4 {
            self.waiter = Some((fiber, places));
        }
    }

    /// Hears every operation of the warp. The fiber that waited for this change, if another lane of its warp made it.
    pub(super) fn hear(&mut self, operation: &Operation) -> Option<u32> {
        let (waiter, places) = self.waiter.as_ref()?;
        if *waiter == operation.fiber {
            if place(operation).is_none_or(|here| !places.contains(&here)) {
                self.waiter = None;
            }
            return None;
        }
        let What::Access(access) = operation.what else { return None };
        let changed = access.writes() && operation.old != operation.new;
        let end = operation.address + u64::from(access.bytes);
        let meets = |(at, bytes): &(u64, u8)| operation.address < at + u64::from(*bytes) && *at < end;
        (changed && places.iter().any(meets)).then_some(*waiter)
    }
}

/// Where an operation only reads.
fn place(operation: &Operation) -> Option<(u64, u8)> {
    match operation.what {
        What::Access(access) if !access.writes() => Some((operation.address, access.bytes)),
        _ => None,
    }
}
