//! How workers without work wait: one of them looks for work, spinning; the others sleep.
//!
//! What must not happen is that work is queued and all sleep. Who queues does so, then fences, then looks whether
//! somebody searches or sleeps; who goes to sleep registers, then fences, then looks for work once more. One of the two
//! sees the other. A searcher that gives up goes through the same steps.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Mutex, PoisonError};

use crossbeam_utils::CachePadded;
use crossbeam_utils::sync::{Parker, Unparker};

/// The workers that sleep, or are about to.
struct Sleepers {
    workers: Vec<usize>,
    /// How often one of them stopped to.
    left: u64,
}

/// Who searches and who sleeps.
pub(super) struct Idle {
    searching: CachePadded<AtomicBool>,
    sleeping: CachePadded<AtomicUsize>,
    sleepers: Mutex<Sleepers>,
    unparkers: Vec<Unparker>,
}

impl Idle {
    /// For as many workers as there are parkers.
    pub(super) fn new(parkers: &[Parker]) -> Self {
        Self {
            searching: CachePadded::new(AtomicBool::new(false)),
            sleeping: CachePadded::new(AtomicUsize::new(0)),
            sleepers: Mutex::new(Sleepers { workers: Vec::with_capacity(parkers.len()), left: 0 }),
            unparkers: parkers.iter().map(|parker| parker.unparker().clone()).collect(),
        }
    }

    fn sleepers(&self) -> std::sync::MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work was queued: wakes a sleeper unless somebody searches.
    #[inline]
    pub(super) fn notify(&self) {
        fence(Ordering::SeqCst);
        self.notify_if_idle();
    }

    /// The same for who will take the work itself if nobody else does.
    #[inline]
    pub(super) fn notify_if_idle(&self) {
        if self.sleeping.load(Ordering::Relaxed) > 0 && !self.searching.load(Ordering::Relaxed) {
            self.wake_one();
        }
    }

    #[cold]
    fn wake_one(&self) {
        let sleeper = {
            let mut sleepers = self.sleepers();
            let sleeper = sleepers.workers.pop();
            sleepers.left += u64::from(sleeper.is_some());
            self.sleeping.store(sleepers.workers.len(), Ordering::Relaxed);
            sleeper
        };
        if let Some(sleeper) = sleeper {
            self.unparkers[sleeper].unpark();
        }
    }

    /// Wakes all, for the end.
    pub(super) fn wake_all(&self) {
        self.sleepers().workers.clear();
        self.sleeping.store(0, Ordering::Relaxed);
        self.unparkers.iter().for_each(Unparker::unpark);
    }

    /// Becomes the one that searches, if nobody is.
    pub(super) fn begin_search(&self) -> bool {
        !self.searching.swap(true, Ordering::SeqCst)
    }

    /// Stops searching.
    pub(super) fn end_search(&self) {
        self.searching.store(false, Ordering::SeqCst);
    }

    /// Registers a sleeper; gives how many there are now.
    pub(super) fn register(&self, worker: usize) -> usize {
        let count = {
            let mut sleepers = self.sleepers();
            sleepers.workers.push(worker);
            self.sleeping.store(sleepers.workers.len(), Ordering::Relaxed);
            sleepers.workers.len()
        };
        fence(Ordering::SeqCst);
        count
    }

    /// How many sleep, and how often one stopped to: unchanged twice in a row, nobody else did anything in between.
    pub(super) fn census(&self) -> (usize, u64) {
        let sleepers = self.sleepers();
        (sleepers.workers.len(), sleepers.left)
    }

    /// Takes a registration back; if a wake was sent already, it is consumed.
    pub(super) fn deregister(&self, worker: usize, parker: &Parker) {
        let registered = {
            let mut sleepers = self.sleepers();
            let at = sleepers.workers.iter().position(|sleeper| *sleeper == worker);
            if let Some(at) = at {
                sleepers.workers.swap_remove(at);
                sleepers.left += 1;
            }
            self.sleeping.store(sleepers.workers.len(), Ordering::Relaxed);
            at.is_some()
        };
        if !registered {
            parker.park();
        }
    }
}
