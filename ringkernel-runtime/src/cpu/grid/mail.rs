//! Messages to tiles, and from them to the host.
//!
//! Steps are what a grid is fast at; messages come between them, some a millisecond, so a lock a message is enough.

use std::any::TypeId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// A message on its way to a tile.
pub(super) struct Envelope {
    pub(super) tag: u32,
    /// 0 if nobody asked.
    pub(super) question: u64,
    pub(super) payload: Box<[u8]>,
}

/// The messages that wait for a tile.
#[derive(Default)]
pub(super) struct Mailbox {
    waiting: Mutex<VecDeque<Envelope>>,
    /// There may be some; so that a running tile need not lock.
    any: AtomicBool,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailbox {
    pub(super) fn push(&self, envelope: Envelope) {
        lock(&self.waiting).push_back(envelope);
        self.any.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_any(&self) -> bool {
        self.any.load(Ordering::SeqCst)
    }

    /// Puts back what was taken and not handled, before what has come since.
    pub(super) fn give_back(&self, mut taken: VecDeque<Envelope>) {
        let mut waiting = lock(&self.waiting);
        taken.append(&mut waiting);
        *waiting = taken;
        self.any.store(!waiting.is_empty(), Ordering::SeqCst);
    }

    /// All that waits, in order.
    pub(super) fn take(&self) -> VecDeque<Envelope> {
        if !self.has_any() {
            return VecDeque::new();
        }
        let mut waiting = lock(&self.waiting);
        self.any.store(false, Ordering::SeqCst);
        std::mem::take(&mut waiting)
    }
}

/// What tiles told the host, of one type.
pub(super) struct Inbox {
    pub(super) message: TypeId,
    waiting: Mutex<Waiting>,
    depth: usize,
}

#[derive(Default)]
struct Waiting {
    payloads: VecDeque<Box<[u8]>>,
    wakers: Vec<Waker>,
}

impl Inbox {
    pub(super) fn new(message: TypeId, depth: u32) -> Self {
        Self { message, waiting: Mutex::default(), depth: depth as usize }
    }

    /// Appends a message, or gives it back if there is no room.
    pub(super) fn push(&self, payload: Box<[u8]>) -> Result<(), Box<[u8]>> {
        let mut waiting = lock(&self.waiting);
        if waiting.payloads.len() >= self.depth {
            return Err(payload);
        }
        waiting.payloads.push_back(payload);
        waiting.wakers.drain(..).for_each(Waker::wake);
        Ok(())
    }

    pub(super) fn pop(&self) -> Option<Box<[u8]>> {
        lock(&self.waiting).payloads.pop_front()
    }

    /// Wakes once when there is a message; at once if there is one.
    pub(super) fn listen(&self, waker: &Waker) {
        let mut waiting = lock(&self.waiting);
        if waiting.payloads.is_empty() {
            waiting.wakers.push(waker.clone());
        } else {
            waker.wake_by_ref();
        }
    }

    pub(super) fn wake(&self) {
        lock(&self.waiting).wakers.drain(..).for_each(Waker::wake);
    }
}
