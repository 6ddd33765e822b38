//! Actors that sent what nobody has room for: they wait here with those messages and are not run before these are
//! delivered. The bounded pool of cells, too.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossbeam_utils::CachePadded;

use super::inbox::HostInbox;
use super::node::Node;

/// The most messages that one run of a handler can leave undelivered. One that sends more has no end in sight.
pub(super) const OUTBOX_LIMIT: usize = 1 << 16;

/// Where a message goes.
pub(super) enum Target {
    /// To an actor.
    Actor(u64),
    /// To the host.
    Host(Arc<HostInbox>),
}

/// A message and where it goes.
pub(super) struct Letter {
    pub(super) target: Target,
    pub(super) node: *mut Node,
}

/// Undelivered messages of one actor, in order.
pub(super) type Outbox = VecDeque<Letter>;

/// The waiting actors, by slot.
#[derive(Default)]
pub(super) struct Blocked {
    slots: Mutex<VecDeque<u32>>,
    count: CachePadded<AtomicUsize>,
}

impl Blocked {
    /// How many wait, those just being retried included.
    #[inline]
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Lets an actor wait.
    pub(super) fn add(&self, slot: u32) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.again(slot);
    }

    /// Lets an actor that was retried wait again.
    pub(super) fn again(&self, slot: u32) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).push_back(slot);
    }

    /// An actor that was retried waits no more.
    pub(super) fn remove(&self) {
        self.count.fetch_sub(1, Ordering::SeqCst);
    }

    /// Takes up to `limit` actors to retry; each is then added `again`, or removed.
    pub(super) fn take(&self, limit: usize) -> Vec<u32> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let count = slots.len().min(limit);
        slots.drain(..count).collect()
    }

    /// Up to `limit` of the waiting.
    pub(super) fn peek(&self, limit: usize) -> Vec<u32> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().take(limit).collect()
    }
}

/// Cells: every message under way to an actor holds one. A handler that starts gets the cell of its message, so one that
/// sends no more than it receives never has to wait, however full the system is.
///
/// Workers and host threads take and give them in portions; what a worker has in hand it gives back before it sleeps.
pub(super) struct Cells {
    left: CachePadded<AtomicU64>,
    /// How many are taken at once.
    pub(super) portion: u64,
    /// What is left for actors when the host gets no more.
    reserve: u64,
}

impl Cells {
    /// So many cells for so many threads.
    pub(super) fn new(cells: u64, threads: u64) -> Self {
        Self {
            left: CachePadded::new(AtomicU64::new(cells)),
            portion: (cells / (threads * 8)).clamp(1, 64),
            reserve: cells / 4,
        }
    }

    fn take_above(&self, reserve: u64) -> u64 {
        let portion = |left: u64| left.saturating_sub(reserve).min(self.portion);
        self.left
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |left| Some(left - portion(left)))
            .map_or(0, portion)
    }

    /// Takes a portion, or what is left, for an actor.
    pub(super) fn take(&self) -> u64 {
        self.take_above(0)
    }

    /// Takes a portion, or less, for the host.
    pub(super) fn take_for_host(&self) -> u64 {
        self.take_above(self.reserve)
    }

    /// Gives some back.
    pub(super) fn give(&self, cells: u64) {
        self.left.fetch_add(cells, Ordering::AcqRel);
    }
}
