//! What actors tell the host: one inbox a type of message.
//!
//! An inbox is a mailbox whose owner is the host. "Idle" means that a receiver listens: the push that ends it wakes the
//! receivers.

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::mailbox::{List, Mailbox, Push};
use super::node::Node;

/// An inbox.
pub(super) struct HostInbox {
    pub(super) message: TypeId,
    pub(super) path: &'static str,
    mailbox: Mailbox,
    depth: u32,
    taken: Mutex<Taken>,
    wakers: Mutex<Vec<Waker>>,
    /// A sender waits for room.
    awaited: AtomicBool,
    /// It was said that nobody reads.
    pub(super) warned: AtomicBool,
}

struct Taken(List);

// SAFETY: the nodes of a list belong to whoever has it.
unsafe impl Send for Taken {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HostInbox {
    pub(super) fn new(message: TypeId, path: &'static str, depth: u32) -> Self {
        Self {
            message,
            path,
            mailbox: Mailbox::new(),
            depth,
            taken: Mutex::new(Taken(List::new())),
            wakers: Mutex::default(),
            awaited: AtomicBool::new(false),
            warned: AtomicBool::new(false),
        }
    }

    /// Appends a message; `false` if there is no room, and then `node` is still the caller's.
    ///
    /// # Safety
    /// The caller owns `node`.
    pub(super) unsafe fn push(&self, node: *mut Node) -> bool {
        // SAFETY: as the caller promises.
        match unsafe { self.mailbox.push_below(node, u64::from(self.depth)) } {
            Push::Queued | Push::Beyond => true,
            Push::Wake => {
                self.wake();
                true
            }
            Push::Full | Push::Dead => false,
        }
    }

    /// A sender waits for room: the receiver that makes some says so.
    pub(super) fn await_room(&self) {
        self.awaited.store(true, Ordering::SeqCst);
        // The attempt that follows is not seen before this is: one of the two sides sees the other.
        fence(Ordering::SeqCst);
    }

    /// The next message, which is now the caller's; and whether senders wait for the room that was made.
    pub(super) fn pop(&self) -> Option<(*mut Node, bool)> {
        let mut taken = lock(&self.taken);
        let mut room = false;
        if taken.0.is_empty() {
            if !self.mailbox.has_mail() {
                return None;
            }
            taken.0 = self.mailbox.take();
            fence(Ordering::SeqCst);
            room = self.awaited.load(Ordering::SeqCst) && self.awaited.swap(false, Ordering::SeqCst);
        }
        taken.0.pop().map(|node| (node, room))
    }

    /// Wakes once there is a message; at once if there is.
    pub(super) fn listen(&self, waker: &Waker) {
        let taken = lock(&self.taken);
        let mut wakers = lock(&self.wakers);
        // A receiver that waits again and again while nothing comes is there already. Clones are compared with clones: the
        // original may have another table of functions.
        let waker = waker.clone();
        if !wakers.iter().any(|known| known.will_wake(&waker)) {
            wakers.push(waker);
        }
        drop(wakers);
        let there = !taken.0.is_empty() || (!self.mailbox.finish() && self.mailbox.has_mail());
        drop(taken);
        if there {
            self.wake();
        }
    }

    /// Wakes all that listen.
    pub(super) fn wake(&self) {
        let wakers = std::mem::take(&mut *lock(&self.wakers));
        wakers.into_iter().for_each(Waker::wake);
    }
}
