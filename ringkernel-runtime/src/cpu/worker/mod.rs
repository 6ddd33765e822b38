//! A worker: a thread that runs actors.
//!
//! An actor is in at most one ready queue, or with one worker, or blocked; its mailbox's word says so. A worker takes an
//! actor, runs up to [`BUDGET`] of its messages, and puts it back at the end of its queue if there are more. Sending is
//! a push onto the receiver's mailbox; the push that finds it idle queues the receiver here. A sender that met a full
//! mailbox waits for its next turn. Every message holds a cell; without one it goes to the sender's outbox, and the
//! sender is blocked until that is empty.

mod fail;
mod search;
mod send;
mod unblock;

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_deque::Worker as Queue;
use crossbeam_utils::sync::Parker;

use super::blocked::Outbox;
use super::cells::{ActorHead, Message, Ran, Range};
use super::core::{Core, Counters, count};
use super::inbox::HostInbox;
use super::node::{Node, NodeCache};
use super::panics;
use crate::failure::Failure;

/// Messages of one actor before the next actor's turn.
const BUDGET: u32 = 64;
/// Actors between two looks at what others may have left: the injector, blocked actors, sleepers.
const ROUND: u32 = 64;
/// Blocked actors that are retried at once.
const RETRIES: usize = 64;

thread_local! {
    static CURRENT: Cell<*const Worker> = const { Cell::new(ptr::null()) };
}

/// Does something with the worker that this thread is; nothing on other threads.
pub(crate) fn with_current(f: impl FnOnce(&Worker)) {
    let worker = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
    // SAFETY: set by `Worker::run_all` to the worker it borrows, and reset before that borrow ends.
    if let Some(worker) = unsafe { worker.as_ref() } {
        f(worker);
    }
}

/// What ended the run of an actor.
enum After {
    /// Its mailbox is empty.
    Idle,
    /// It has more messages.
    More,
    /// A handler failed.
    Failed(Failure),
}

/// A worker.
pub(crate) struct Worker {
    core: Arc<Core>,
    index: usize,
    queue: Queue<u32>,
    parker: Parker,
    nodes: NodeCache,
    /// Cells in hand.
    cells: Cell<u64>,
    /// The question of the message that runs, until it is answered or kept; 0 for none.
    question: Cell<u64>,
    /// The message that runs.
    node: Cell<*mut Node>,
    /// The actor that runs has met a full mailbox.
    met_full: Cell<bool>,
    /// What the actor that runs could not deliver.
    outbox: RefCell<Outbox>,
    /// `outbox` is empty.
    clear: Cell<bool>,
    /// This worker is the one that searches.
    searching: Cell<bool>,
    /// How often the host had made room before this worker last retried the blocked.
    room_seen: Cell<u64>,
    /// Questions that the failing handler dropped.
    orphans: RefCell<Vec<u64>>,
    /// Inboxes that were used, by the type's place in memory.
    inboxes: RefCell<Vec<Arc<HostInbox>>>,
}

// SAFETY: a worker is made on one thread and given to another before it runs; its nodes and letters are its own.
unsafe impl Send for Worker {}

impl Worker {
    pub(super) fn new(core: Arc<Core>, index: usize, queue: Queue<u32>, parker: Parker) -> Self {
        Self {
            core,
            index,
            queue,
            parker,
            nodes: NodeCache::new(),
            cells: Cell::new(0),
            question: Cell::new(0),
            node: Cell::new(ptr::null_mut()),
            met_full: Cell::new(false),
            outbox: RefCell::default(),
            clear: Cell::new(true),
            searching: Cell::new(false),
            room_seen: Cell::new(0),
            orphans: RefCell::default(),
            inboxes: RefCell::default(),
        }
    }

    #[inline]
    fn counters(&self) -> &Counters {
        &self.core.counters[self.index]
    }

    /// Runs actors until the system stops.
    pub(super) fn run_all(&self) {
        CURRENT.set(ptr::from_ref(self));
        let mut round = 0_u32;
        while !self.core.stopping.load(Ordering::Relaxed) {
            round += 1;
            let slot = if round.is_multiple_of(ROUND) {
                self.look_around();
                self.steal_injected().or_else(|| self.queue.pop())
            } else {
                self.queue.pop()
            };
            if let Some(slot) = slot.or_else(|| self.steal()).or_else(|| self.without_work()) {
                if self.searching.get() {
                    self.end_search();
                }
                self.run(slot);
            }
        }
        CURRENT.set(ptr::null());
        self.nodes.flush(&self.core.slab);
    }

    fn look_around(&self) {
        if self.core.blocked.count() > 0 {
            self.retry(RETRIES);
        }
        if self.queue.len() > 1 {
            self.core.idle.notify_if_idle();
        }
    }

    /// Runs an actor that is this worker's now.
    fn run(&self, slot: u32) {
        let Some((range, index)) = self.core.place(slot) else { return };
        // SAFETY: `place` gives indices within the range.
        let head = unsafe { range.head(index) };
        let me = Core::address(slot, head);
        self.counters().running.store(me, Ordering::Relaxed);
        self.met_full.set(false);
        panics::set_in_handler(true);
        let run = AssertUnwindSafe(|| {
            // SAFETY: the actor is this worker's.
            unsafe { self.run_messages(range, index, head, me) }
        });
        let after = catch_unwind(run);
        panics::set_in_handler(false);
        let after = after.unwrap_or_else(|_| After::Failed(self.read_failure(slot, me, panics::take_caught())));
        self.counters().running.store(0, Ordering::Relaxed);
        let failed = match after {
            After::Failed(failure) => {
                // SAFETY: the actor is this worker's.
                unsafe { self.fail(range, index, head, me, failure) };
                true
            }
            After::Idle if self.clear.get() => return,
            After::Idle | After::More => false,
        };
        if !self.clear.get() {
            let outbox = self.outbox.take();
            self.clear.set(true);
            // SAFETY: the actor is this worker's until it is blocked.
            unsafe { *head.outbox.get() = Some(Box::new(outbox)) };
            self.core.blocked.add(slot);
        } else if !failed {
            self.queue.push(slot);
        }
    }

    /// # Safety
    /// The actor must be this worker's.
    #[inline]
    unsafe fn run_messages(&self, range: &Range, index: u32, head: &ActorHead, me: u64) -> After {
        // SAFETY: as the caller promises; handlers cannot reach it.
        let taken = unsafe { &mut *head.taken.get() };
        let mut budget = BUDGET;
        loop {
            let Some(node) = taken.pop() else {
                // An actor that is about to be blocked must stay scheduled.
                if self.clear.get() && head.mailbox.finish() {
                    return After::Idle;
                }
                if budget == 0 || !self.clear.get() || self.met_full.get() {
                    return After::More;
                }
                *taken = head.mailbox.take();
                continue;
            };
            if self.searching.get() {
                // An answer said that this worker is about to search; it is not yet.
                self.end_search();
            }
            self.node.set(node);
            // SAFETY: the node was taken from the list, so it is ours.
            let (message, question) = unsafe {
                let (sender, tag) = ((*node).sender, (*node).tag);
                (Message { me, sender, tag, payload: Node::payload(node) }, (*node).question)
            };
            self.question.set(question);
            self.give_cell();
            // SAFETY: the index is in the range and the actor this worker's.
            if let Ran::Corrupt(error) = unsafe { (range.dispatch)(range, index, self, message) } {
                return After::Failed(self.corrupt(range, index, me, error));
            }
            self.node.set(ptr::null_mut());
            count(&self.counters().handled, 1);
            self.consumed(node);
            budget = budget.saturating_sub(1);
            if (budget == 0 || self.met_full.get() || !self.clear.get()) && !taken.is_empty() {
                return After::More;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.core.worker_ended();
    }
}
