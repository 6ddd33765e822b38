//! Finding work, and waiting for it: the queues of others, sleep, and who notices that nothing can go on.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_deque::Steal;

use super::{RETRIES, Worker};

/// How long one worker looks for work before it sleeps; a sleep and a wake cost more than this saves.
const SEARCH: Duration = Duration::from_micros(50);

/// How long of that it does not let others have the processor, which may be the ones it waits for.
const KEEP: Duration = Duration::from_micros(3);

impl Worker {
    pub(super) fn steal_injected(&self) -> Option<u32> {
        loop {
            match self.core.injector.steal_batch_and_pop(&self.queue) {
                Steal::Success(slot) => return Some(slot),
                Steal::Empty => return None,
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    pub(super) fn steal(&self) -> Option<u32> {
        if let Some(slot) = self.steal_injected() {
            return Some(slot);
        }
        let others = self.core.stealers.len();
        for other in (self.index + 1..others).chain(0..self.index) {
            loop {
                match self.core.stealers[other].steal_batch_and_pop(&self.queue) {
                    Steal::Success(slot) => return Some(slot),
                    Steal::Empty => break,
                    Steal::Retry => std::hint::spin_loop(),
                }
            }
        }
        None
    }

    fn there_is_work(&self) -> bool {
        !self.core.injector.is_empty()
            || self.core.room.load(Ordering::SeqCst) != self.room_seen.get()
            || self.core.stopping.load(Ordering::SeqCst)
            || self.core.stealers.iter().any(|stealer| !stealer.is_empty())
    }

    /// Stops searching; wakes a sleeper if there is more than what was found.
    pub(super) fn end_search(&self) {
        self.searching.set(false);
        self.core.idle.end_search();
        // Who queued work while this worker searched woke nobody.
        if self.there_is_work() {
            self.core.idle.notify_if_idle();
        }
    }

    /// Waits for work; gives an actor, or nothing if it is worth looking again.
    pub(super) fn without_work(&self) -> Option<u32> {
        let core = &*self.core;
        self.room_seen.set(core.room.load(Ordering::SeqCst));
        if core.blocked.count() > 0 {
            self.retry(RETRIES);
            if !self.queue.is_empty() {
                return None;
            }
        }
        if self.searching.get() || core.idle.begin_search() {
            self.searching.set(true);
            let start = Instant::now();
            loop {
                for _ in 0..32 {
                    if self.there_is_work() {
                        return self.steal();
                    }
                    std::hint::spin_loop();
                }
                let searched = start.elapsed();
                if searched >= SEARCH {
                    break;
                }
                if searched >= KEEP {
                    std::thread::yield_now();
                }
            }
            self.searching.set(false);
            core.idle.end_search();
        }
        self.give_cells_back();
        let asleep = core.idle.register(self.index);
        if self.there_is_work() {
            core.idle.deregister(self.index, &self.parker);
        } else if asleep == core.stealers.len() && core.blocked.count() > 0 {
            core.idle.deregister(self.index, &self.parker);
            self.last_awake();
        } else {
            self.parker.park();
        }
        None
    }

    fn give_cells_back(&self) {
        if self.cells.get() > 0 {
            self.core.cells.give(self.cells.take());
        }
    }

    /// All others sleep, having given their cells back, and actors are blocked: either some can go on, or they
    /// wait for the host, or the system has stalled for good.
    fn last_awake(&self) {
        let core = &*self.core;
        let before = core.idle.census();
        if before.0 + 1 != core.stealers.len() {
            return;
        }
        self.room_seen.set(core.room.load(Ordering::SeqCst));
        let (delivered, for_host) = self.retry(usize::MAX);
        self.give_cells_back();
        if delivered || !self.queue.is_empty() || core.blocked.count() == 0 {
            return;
        }
        if for_host {
            core.idle.register(self.index);
            if self.there_is_work() {
                core.idle.deregister(self.index, &self.parker);
            } else {
                self.parker.park();
            }
        } else if core.idle.census() == before && core.injector.is_empty() {
            core.stalled();
        }
    }
}
