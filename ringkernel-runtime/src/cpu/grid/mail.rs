//! Messages to tiles, and from them to the host.
//!
//! Steps are what a grid is fast at; messages come between them, some a millisecond, so a lock a message is enough.

use std::any::TypeId;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

/// A message on its way to a tile.
pub(super) struct Envelope {
    pub(super) tag: u32,
    /// 0 if nobody asked.
    pub(super) question: u64,
    /// Steps that the tile is to have done.
    pub(super) after: u64,
    pub(super) payload: Box<[u8]>,
}

/// No message waits.
const NONE: u64 = u64::MAX;
/// As [`Mailbox::take`] has it: however many steps a message waits for.
pub(super) const ALL: u64 = NONE - 1;

/// The messages that wait for a tile.
pub(super) struct Mailbox {
    waiting: Mutex<VecDeque<Envelope>>,
    /// Steps that the first waits for; so that a running tile need not lock.
    first: AtomicU64,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { waiting: Mutex::default(), first: NONE.into() }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailbox {
    pub(super) fn push(&self, envelope: Envelope) {
        let mut waiting = lock(&self.waiting);
        waiting.push_back(envelope);
        self.note_first(&waiting);
    }

    fn note_first(&self, waiting: &VecDeque<Envelope>) {
        let first = waiting.front().map_or(NONE, |envelope| envelope.after.min(ALL));
        self.first.store(first, Ordering::SeqCst);
    }

    /// Whether there is one for a tile that has done so many steps.
    pub(super) fn has_any(&self, steps: u64) -> bool {
        self.first.load(Ordering::SeqCst) <= steps
    }

    /// Whether one waits for a step.
    pub(super) fn has_timed(&self) -> bool {
        lock(&self.waiting).iter().any(|envelope| envelope.after != 0)
    }

    /// Puts back what was taken and not handled, before what has come since.
    pub(super) fn give_back(&self, mut taken: VecDeque<Envelope>) {
        let mut waiting = lock(&self.waiting);
        taken.append(&mut waiting);
        *waiting = taken;
        self.note_first(&waiting);
    }

    /// All that waits for no more steps than these, in order, up to one that does.
    pub(super) fn take(&self, steps: u64) -> VecDeque<Envelope> {
        if !self.has_any(steps) {
            return VecDeque::new();
        }
        let mut waiting = lock(&self.waiting);
        let due = waiting.iter().take_while(|envelope| envelope.after.min(ALL) <= steps).count();
        let rest = waiting.split_off(due);
        let taken = std::mem::replace(&mut *waiting, rest);
        self.note_first(&waiting);
        taken
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
