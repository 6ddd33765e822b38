//! Who is on a device: the kernels of this process that stay there, and how they make room for each other.
//!
//! Loading a module, allocating and freeing can wait for every kernel of the context to end, and hold the context's lock
//! while they do; beside a kernel that stays they would wait for ever. So a start asks all others to leave, does such
//! calls while it is [`Alone`], and lets them come back. What is given back beside a running kernel is only noted, and
//! freed when none is there. The roster also knows which part of each multiprocessor is taken, so that a system that
//! would not become resident is refused instead of launched. When kernels leave and enter is their pumps' business.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A multiprocessor, all of it.
const WHOLE: u32 = 1 << 16;
/// How often a waiting pump looks whether its system was stopped.
const LOOK: Duration = Duration::from_millis(1);

type Free = Box<dyn FnOnce() + Send>;

/// The kernels of one device.
#[derive(Default)]
pub(crate) struct Roster {
    state: Mutex<State>,
    changed: Condvar,
    /// Somebody wants to be alone, or is: a copy of the state's, to be read without its lock.
    wanted: AtomicBool,
}

#[derive(Default)]
struct State {
    next: u64,
    /// Kernels that are launched and have not ended.
    present: Vec<(u64, Arc<str>)>,
    alone: bool,
    discarded: Vec<Free>,
    /// What is taken of each multiprocessor.
    loads: Vec<u32>,
    tenants: Vec<Tenant>,
}

struct Tenant {
    id: u64,
    name: Arc<str>,
    blocks: u32,
    /// Its part of each multiprocessor.
    loads: Vec<u32>,
}

impl State {
    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Frees what was noted. The lock is held meanwhile, so that no kernel enters.
    fn free_discarded(&mut self) {
        if self.present.is_empty() {
            self.discarded.drain(..).for_each(|free| free());
        }
    }
}

impl Roster {
    pub(crate) fn new(multiprocessors: u32) -> Arc<Self> {
        let roster = Self::default();
        roster.lock().loads = vec![0; multiprocessors as usize];
        Arc::new(roster)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, at_most: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, at_most).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Whether those who are present should leave for a moment.
    pub(super) fn wants_them_to_leave(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// Waits until no kernel is present and keeps it so. Whoever is still there after `patience` is named.
    pub(super) fn alone(self: &Arc<Self>, patience: Duration) -> Result<Alone, Vec<Arc<str>>> {
        let mut state = self.lock();
        // Others who are alone call the driver and nothing else, so they come to an end.
        while state.alone {
            state = self.wait(state, LOOK);
        }
        state.alone = true;
        self.wanted.store(true, Ordering::Release);
        let alone = Alone(Arc::clone(self));
        let start = Instant::now();
        while !state.present.is_empty() {
            let Some(left) = patience.checked_sub(start.elapsed()) else {
                let names = state.present.iter().map(|(_, name)| Arc::clone(name)).collect();
                drop(state);
                return Err(names);
            };
            state = self.wait(state, left);
        }
        state.free_discarded();
        drop(state);
        Ok(alone)
    }

    /// Notes a kernel that is about to be launched, once nobody is alone; `None` if `give_up` says so first.
    pub(super) fn enter(self: &Arc<Self>, name: &Arc<str>, give_up: impl Fn() -> bool) -> Option<Presence> {
        let mut state = self.lock();
        while state.alone {
            if give_up() {
                return None;
            }
            state = self.wait(state, LOOK);
        }
        Some(self.note(&mut state, name))
    }

    fn note(self: &Arc<Self>, state: &mut State, name: &Arc<str>) -> Presence {
        let id = state.id();
        state.present.push((id, Arc::clone(name)));
        Presence { roster: Arc::clone(self), id }
    }

    /// Calls `free` when no kernel is present: at once, or later.
    pub(crate) fn discard(&self, free: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        state.discarded.push(Box::new(free));
        state.free_discarded();
    }

    /// How many blocks still find room, if `per_multiprocessor` fit an empty one.
    pub(super) fn room(&self, per_multiprocessor: u32) -> u32 {
        let share = share(per_multiprocessor);
        self.lock().loads.iter().map(|load| WHOLE.saturating_sub(*load) / share).sum()
    }

    /// Takes the room for so many blocks; they go where most is free, as a device places them.
    pub(super) fn claim(self: &Arc<Self>, name: &Arc<str>, blocks: u32, per_multiprocessor: u32) -> Claim {
        let share = share(per_multiprocessor);
        let mut state = self.lock();
        let mut loads = vec![0; state.loads.len()];
        for _ in 0..blocks {
            if let Some(emptiest) = (0..loads.len()).min_by_key(|&at| state.loads[at] + loads[at]) {
                loads[emptiest] += share;
            }
        }
        state.loads.iter_mut().zip(&loads).for_each(|(all, own)| *all += own);
        let id = state.id();
        state.tenants.push(Tenant { id, name: Arc::clone(name), blocks, loads });
        Claim { roster: Arc::clone(self), id }
    }

    /// Who holds how many blocks, in words.
    pub(super) fn tenants(&self) -> String {
        let told = |tenant: &Tenant| format!("{} blocks by the system of {}", tenant.blocks, tenant.name);
        self.lock().tenants.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Debug for Roster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Roster").field("tenants", &self.tenants()).finish_non_exhaustive()
    }
}

fn share(per_multiprocessor: u32) -> u32 {
    WHOLE / per_multiprocessor.clamp(1, WHOLE)
}

/// No kernel is on the device, and none enters before this is dropped.
pub(super) struct Alone(Arc<Roster>);

impl Alone {
    /// Notes a kernel that ends by itself, launched by whoever is alone.
    pub(super) fn enter(&self, name: &Arc<str>) -> Presence {
        self.0.note(&mut self.0.lock(), name)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.lock().alone = false;
        self.0.wanted.store(false, Ordering::Release);
        self.0.changed.notify_all();
    }
}

/// A kernel is on the device.
pub(super) struct Presence {
    roster: Arc<Roster>,
    id: u64,
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut state = self.roster.lock();
        state.present.retain(|(id, _)| *id != self.id);
        state.free_discarded();
        drop(state);
        self.roster.changed.notify_all();
    }
}

/// Room for a system's blocks.
#[derive(Debug)]
pub(super) struct Claim {
    roster: Arc<Roster>,
    id: u64,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut state = self.roster.lock();
        if let Some(at) = state.tenants.iter().position(|tenant| tenant.id == self.id) {
            let tenant = state.tenants.swap_remove(at);
            state.loads.iter_mut().zip(&tenant.loads).for_each(|(all, own)| *all -= own);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LATE: Duration = Duration::from_secs(20);

    fn name(name: &str) -> Arc<str> {
        Arc::from(name)
    }

    #[test]
    fn whoever_wants_to_be_alone_waits_for_those_who_are_there_and_names_them() {
        let roster = Roster::new(4);
        let there = roster.enter(&name("a"), || false).unwrap();
        assert!(!roster.wants_them_to_leave());
        assert_eq!(roster.alone(SOON).err().unwrap(), [name("a")]);
        assert!(!roster.wants_them_to_leave());
        thread::scope(|scope| {
            scope.spawn(|| {
                while !roster.wants_them_to_leave() {
                    thread::yield_now();
                }
                drop(there);
            });
            let alone = roster.alone(LATE).ok().unwrap();
            assert!(roster.enter(&name("b"), || true).is_none());
            let entered = scope.spawn(|| roster.enter(&name("b"), || false).is_some());
            drop(alone);
            assert!(entered.join().unwrap());
        });
    }

    #[test]
    fn what_is_discarded_beside_a_kernel_is_freed_when_it_has_left() {
        let (roster, freed) = (Roster::new(4), Arc::new(AtomicU32::new(0)));
        let discard = || {
            let freed = Arc::clone(&freed);
            roster.discard(move || {
                freed.fetch_add(1, Ordering::Relaxed);
            });
        };
        discard();
        assert_eq!(freed.load(Ordering::Relaxed), 1);
        let (one, two) = (roster.enter(&name("a"), || false), roster.enter(&name("b"), || false));
        discard();
        drop(one);
        assert_eq!(freed.load(Ordering::Relaxed), 1);
        drop(two);
        assert_eq!(freed.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn room_is_counted_by_the_shares_of_multiprocessors() {
        let roster = Roster::new(4);
        assert_eq!((roster.room(3), roster.room(1)), (12, 4));
        // Two blocks of a third each go to two multiprocessors; a kernel of one block each finds the other two.
        let small = roster.claim(&name("small"), 2, 3);
        assert_eq!((roster.room(3), roster.room(1), roster.room(2)), (10, 2, 6));
        let large = roster.claim(&name("large"), 10, 3);
        assert_eq!((roster.room(3), roster.room(8)), (0, 0));
        assert!(roster.tenants().contains("10 blocks by the system of large"));
        drop(small);
        assert_eq!(roster.room(3), 2);
        drop(large);
        assert_eq!((roster.room(3), roster.tenants()), (12, String::new()));
    }
}
