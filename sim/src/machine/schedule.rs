//! Who runs next, and who waits.

use std::cmp::Reverse;

use super::{Machine, State};
use crate::access::Access;

impl Machine {
    pub(super) fn wake(&mut self, fiber: u32) {
        let (warp, lane) = (self.fibers[fiber as usize].warp, self.fibers[fiber as usize].lane);
        self.fibers[fiber as usize].state = State::Ready;
        let entry = &mut self.warps[warp as usize];
        entry.ready |= 1 << lane;
        if entry.awake_at.is_none() {
            entry.awake_at = Some(self.awake.len() as u32);
            self.awake.push(warp);
        }
    }

    pub(super) fn park(&mut self, fiber: u32, state: State) {
        let (warp, lane) = (self.fibers[fiber as usize].warp, self.fibers[fiber as usize].lane);
        self.fibers[fiber as usize].state = state;
        let entry = &mut self.warps[warp as usize];
        entry.ready &= !(1 << lane);
        if state != State::Asleep && entry.path.lane == Some(lane) {
            entry.path.leave();
        }
        if entry.ready == 0
            && let Some(at) = entry.awake_at.take()
        {
            self.awake.swap_remove(at as usize);
            if let Some(moved) = self.awake.get(at as usize) {
                self.warps[*moved as usize].awake_at = Some(at);
            }
        }
    }

    pub(super) fn sleep(&mut self, fiber: u32, steps: u64) {
        self.park(fiber, State::Asleep);
        self.sleepers.push(Reverse((self.step + steps.max(1), fiber)));
    }

    /// For how long a lane freezes after an operation, if it does.
    pub(super) fn is_late_after(&mut self, access: Access) -> Option<u64> {
        let (one_in, steps) = (self.strategy.tardy_one_in, self.strategy.freeze_steps);
        if one_in == 0 || !access.is_atomic() || !self.random.one_in(one_in) {
            return None;
        }
        Some(u64::from(self.random.below(steps)))
    }

    fn rouse(&mut self) {
        while let Some(Reverse((until, fiber))) = self.sleepers.peek().copied() {
            if until > self.step && !self.awake.is_empty() {
                break;
            }
            self.step = self.step.max(until);
            self.sleepers.pop();
            self.wake(fiber);
        }
    }

    /// The fiber that runs next; none when nothing can.
    pub(super) fn pick(&mut self) -> Option<u32> {
        self.rouse();
        if self.awake.is_empty() {
            return None;
        }
        let here = &self.fibers[self.current as usize];
        let mut draw = self.random.next();
        if here.state == State::Ready && (draw as u32 & 255) < self.strategy.stay_lane {
            return Some(self.current);
        }
        let stay = here.warp;
        let mut attempts = 0;
        let (warp, lane) = loop {
            let warp = if self.warps[stay as usize].ready != 0 && (draw >> 8) as u32 & 255 < self.strategy.stay_warp {
                stay
            } else {
                self.pick_warp()
            };
            if let Some(lane) = self.pick_lane(warp, draw) {
                break (warp, lane);
            }
            attempts += 1;
            if attempts == 8 {
                // Warps whose only running lane sleeps: time passes until one wakes.
                let Reverse((until, _)) = *self.sleepers.peek()?;
                self.step = self.step.max(until);
                return self.pick();
            }
            draw = self.random.next();
        };
        let fiber = self.warps[warp as usize].first_fiber + lane;
        if self.strategy.freeze_one_in != 0 && self.awake.len() > 1 && self.random.one_in(self.strategy.freeze_one_in) {
            let steps = u64::from(self.random.below(self.strategy.freeze_steps));
            self.sleep(fiber, steps);
            return self.pick();
        }
        Some(fiber)
    }

    fn pick_warp(&mut self) -> u32 {
        let mut warp = self.awake[self.random.below(self.awake.len() as u32) as usize];
        for _ in 0..6 {
            let skip = self.strategy.skip[warp as usize];
            if skip == 0 || self.random.below(256) >= skip {
                break;
            }
            warp = self.awake[self.random.below(self.awake.len() as u32) as usize];
        }
        warp
    }

    /// A lane of a warp that is awake; none if the warp runs one lane at a time and that one sleeps.
    fn pick_lane(&mut self, warp: u32, draw: u64) -> Option<u32> {
        let entry = &mut self.warps[warp as usize];
        let mut ready = entry.ready;
        if self.strategy.one_path
            && let Some(lane) = entry.path.lane
        {
            if ready >> lane & 1 == 0 {
                return None;
            }
            if !entry.path.is_over() || ready == 1 << lane {
                return Some(lane);
            }
            // The others may be what it waits for: now it is their turn, one by one.
            entry.path.suspect(entry.first_fiber + lane, self.trace.operations().rev());
            ready &= !(1 << lane);
            let later = ready & (u32::MAX << lane);
            ready = if later != 0 { later & later.wrapping_neg() } else { ready & ready.wrapping_neg() };
        }
        let lane = if self.strategy.in_step {
            ready.trailing_zeros()
        } else {
            let mut left = ((draw >> 32) * u64::from(ready.count_ones())) >> 32;
            while left > 0 {
                ready &= ready - 1;
                left -= 1;
            }
            ready.trailing_zeros()
        };
        if self.strategy.one_path {
            entry.path.enter(lane);
        }
        Some(lane)
    }
}
