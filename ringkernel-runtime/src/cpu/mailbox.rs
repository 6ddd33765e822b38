//! A mailbox: a list that many push to and one takes from, in one atomic word that also says who has to run its owner.
//!
//! Pushing is that of a Treiber stack; the owner takes the whole list at once and reverses it, so that per sender the
//! order is kept and there is no ABA: only the owner removes. The word: in its low 48 bits a node's address, or one of
//! the states below; in its high 16 bits how many nodes the list has, at most 65,535 counted.
//!
//! - `IDLE`: the list is empty and nobody is about to run the owner. Whoever pushes next has to.
//! - `SCHEDULED`: the list is empty and the owner is queued or running.
//! - a node: the list is not empty and the owner is queued or running.
//! - `DEAD`: nothing can be pushed any more.

use std::ptr;

use super::node::{ALIGN, Node};
use crate::sync::atomic::{AtomicU64, Ordering};

const IDLE: u64 = 0;
const SCHEDULED: u64 = 1;
const DEAD: u64 = 2;
const ADDRESS: u64 = (1 << 48) - 1;
const COUNT_SHIFT: u32 = 48;

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Push {
    /// In the list; the owner is queued or running.
    Queued,
    /// The same, and the list had its depth already.
    Beyond,
    /// In the list, and the caller has to queue the owner.
    Wake,
    /// Not pushed: the list has as many as the limit.
    Full,
    /// Not pushed: the owner is dead.
    Dead,
}

/// The word described above.
pub(super) struct Mailbox(AtomicU64);

impl Mailbox {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(IDLE))
    }

    /// Appends a node, whether or not the list has `depth` already; never gives `Full`.
    ///
    /// # Safety
    /// The caller owns `node`, which becomes the mailbox's unless it is dead; it is a node of the system's slab.
    #[inline]
    pub(super) unsafe fn push(&self, node: *mut Node, depth: u64) -> Push {
        // SAFETY: as the caller promises.
        unsafe { self.push_if(node, depth, |_| true) }
    }

    /// Appends a node unless the list has `depth` already.
    ///
    /// # Safety
    /// As for [`push`](Self::push); with `Full` the node stays the caller's.
    #[inline]
    pub(super) unsafe fn push_below(&self, node: *mut Node, depth: u64) -> Push {
        // SAFETY: as the caller promises.
        unsafe { self.push_if(node, depth, |count| count < depth) }
    }

    #[inline]
    unsafe fn push_if(&self, node: *mut Node, depth: u64, room: impl Fn(u64) -> bool) -> Push {
        debug_assert!((node as usize).is_multiple_of(ALIGN));
        let mut old = self.0.load(Ordering::Relaxed);
        loop {
            let (first, count) = (old & ADDRESS, old >> COUNT_SHIFT);
            if first == DEAD {
                return Push::Dead;
            }
            if !room(count) {
                return Push::Full;
            }
            // SAFETY: the node is still the caller's.
            unsafe { (*node).next = if first <= DEAD { ptr::null_mut() } else { first as *mut Node } };
            let new = node as u64 | (count + 1).min(0xffff) << COUNT_SHIFT;
            // Release: the node's contents. Acquire: who finds IDLE goes on after the owner's last run.
            match self.0.compare_exchange_weak(old, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if first == IDLE => return Push::Wake,
                Ok(_) if count >= depth => return Push::Beyond,
                Ok(_) => return Push::Queued,
                Err(now) => old = now,
            }
        }
    }

    /// Whether there is something to take.
    #[inline]
    pub(super) fn has_mail(&self) -> bool {
        self.0.load(Ordering::Acquire) & ADDRESS > DEAD
    }

    /// Whether a push with this limit would have room now.
    #[inline]
    pub(super) fn has_room(&self, limit: u64) -> bool {
        self.0.load(Ordering::Relaxed) >> COUNT_SHIFT < limit
    }

    /// Whether the owner is dead.
    pub(super) fn is_dead(&self) -> bool {
        self.0.load(Ordering::Relaxed) & ADDRESS == DEAD
    }

    /// Takes all nodes, in the order they were pushed. Only for who runs the owner, which stays scheduled.
    #[inline]
    pub(super) fn take(&self) -> List {
        let old = self.0.swap(SCHEDULED, Ordering::AcqRel);
        List::reversed(old)
    }

    /// Goes idle, unless there is mail. Only for who runs the owner, which it must not do any more after `true`.
    #[inline]
    pub(super) fn finish(&self) -> bool {
        self.0.compare_exchange(SCHEDULED, IDLE, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Refuses mail from now on; what had come is returned.
    pub(super) fn kill(&self) -> List {
        let old = self.0.swap(DEAD, Ordering::AcqRel);
        List::reversed(old)
    }
}

/// Nodes that were taken, in order.
pub(super) struct List(*mut Node);

impl List {
    pub(super) const fn new() -> Self {
        Self(ptr::null_mut())
    }

    fn reversed(word: u64) -> Self {
        let first = word & ADDRESS;
        let mut node = if first <= DEAD { ptr::null_mut() } else { first as *mut Node };
        let mut list = ptr::null_mut();
        while !node.is_null() {
            // SAFETY: the list was taken from its mailbox as a whole, so its nodes are ours.
            let next = unsafe { (*node).next };
            // SAFETY: as above.
            unsafe { (*node).next = list };
            list = node;
            node = next;
        }
        Self(list)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_null()
    }

    /// The first node, which is now the caller's.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<*mut Node> {
        if self.0.is_null() {
            return None;
        }
        let node = self.0;
        // SAFETY: the nodes of the list are ours.
        self.0 = unsafe { (*node).next };
        Some(node)
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::super::node::{Head, NodeCache, Slab};
    use super::*;
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread;

    /// Three preemptions find what there is to find, in seconds.
    fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    struct Fixture {
        slab: Slab,
        mailbox: Mailbox,
        /// Times the owner was handed to a runner and not yet given back: never more than one.
        scheduled: AtomicUsize,
    }

    // SAFETY: for the tests; nodes are handed over through the mailbox.
    unsafe impl Sync for Fixture {}
    // SAFETY: as above.
    unsafe impl Send for Fixture {}

    fn send(it: &Fixture, sender: u64, number: u32) {
        let cache = NodeCache::new();
        let node = cache.take(0, &it.slab);
        // SAFETY: the node was just taken.
        unsafe {
            Node::fill(node, Head { sender, question: 0, tag: number, flags: 0 }, 0, |_| {});
            if it.mailbox.push(node, 1) == Push::Wake {
                assert_eq!(it.scheduled.fetch_add(1, Ordering::AcqRel), 0, "queued twice");
            }
        }
    }

    /// Runs the owner as a worker would, until it is idle.
    fn run(it: &Fixture, got: &mut Vec<(u64, u32)>) {
        loop {
            let mut list = it.mailbox.take();
            while let Some(node) = list.pop() {
                // SAFETY: taken.
                got.push(unsafe { ((*node).sender, (*node).tag) });
            }
            it.scheduled.fetch_sub(1, Ordering::AcqRel);
            if it.mailbox.finish() {
                return;
            }
            it.scheduled.fetch_add(1, Ordering::AcqRel);
        }
    }

    #[test]
    fn nothing_is_lost_or_reordered_and_the_owner_is_queued_once() {
        model(|| {
            let it = Arc::new(Fixture { slab: Slab::new(), mailbox: Mailbox::new(), scheduled: AtomicUsize::new(0) });
            let senders: Vec<_> = (1..=2)
                .map(|sender| {
                    let it = it.clone();
                    thread::spawn(move || {
                        send(&it, sender, 1);
                        if sender == 1 {
                            send(&it, sender, 2);
                        }
                    })
                })
                .collect();
            let mut got = Vec::new();
            if it.scheduled.load(Ordering::Acquire) == 1 {
                run(&it, &mut got);
            }
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            if it.scheduled.load(Ordering::Acquire) == 1 {
                run(&it, &mut got);
            }
            assert_eq!(got.len(), 3, "{got:?}");
            for sender in 1..=2 {
                let of: Vec<_> = got.iter().filter(|(from, _)| *from == sender).map(|(_, number)| *number).collect();
                assert_eq!(of, [1, 2][..3 - sender as usize]);
            }
        });
    }

    #[test]
    fn a_dead_mailbox_keeps_nothing() {
        model(|| {
            let it = Arc::new(Fixture { slab: Slab::new(), mailbox: Mailbox::new(), scheduled: AtomicUsize::new(0) });
            let sender = {
                let it = it.clone();
                thread::spawn(move || {
                    let cache = NodeCache::new();
                    // SAFETY: a node that was just taken.
                    unsafe { it.mailbox.push(cache.take(0, &it.slab), 1) == Push::Dead }
                })
            };
            let mut list = it.mailbox.kill();
            let got = std::iter::from_fn(|| list.pop()).count();
            let refused = sender.join().unwrap();
            assert_eq!(got + usize::from(refused), 1);
        });
    }
}
