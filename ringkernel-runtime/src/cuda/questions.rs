//! The host's questions to a device: their reply cells, and the futures that wait for answers.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::host::{Outcome, Replies};
use super::mapped::Mapped;
use super::pump::Bell;

/// All questions of a system.
#[derive(Debug)]
pub(super) struct Questions {
    replies: Replies<Mapped>,
    askers: Mutex<HashMap<u32, Waker>>,
}

impl Questions {
    pub(super) fn new(replies: Replies<Mapped>) -> Self {
        Self { replies, askers: Mutex::default() }
    }

    fn askers(&self) -> MutexGuard<'_, HashMap<u32, Waker>> {
        self.askers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a new question; `None` if too many are open.
    #[inline]
    pub(super) fn take(&self) -> Option<u32> {
        self.replies.take()
    }

    /// Gives back a number that was not sent.
    #[inline]
    pub(super) fn take_back(&self, id: u32) {
        self.replies.take_back(id);
    }

    /// Reads the answer, if it is there.
    #[inline]
    pub(super) fn poll(&self, id: u32, out: &mut [u8]) -> Option<Outcome> {
        self.replies.poll(id, out)
    }

    /// Has `waker` called when the answer is there.
    pub(super) fn wake_on(&self, id: u32, waker: &Waker, bell: &Bell) {
        if self.askers().insert(id, waker.clone()).is_none() {
            bell.waiting.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Nobody waits for the answer any more.
    pub(super) fn abandon(&self, id: u32, bell: &Bell) {
        if self.askers().remove(&id).is_some() {
            bell.waiting.fetch_sub(1, Ordering::AcqRel);
        }
        self.replies.abandon(id);
    }

    /// Wakes those whose answer has come. Whether there were any.
    pub(super) fn wake_answered(&self, bell: &Bell) -> bool {
        if bell.waiting.load(Ordering::Acquire) == 0 {
            return false;
        }
        let mut woken = Vec::new();
        self.askers().retain(|id, waker| {
            // A question whose asker read the answer before this look is over, and its number never comes again.
            let done = self.replies.answered(*id) || self.replies.over(*id);
            if done {
                woken.push(waker.clone());
            }
            !done
        });
        bell.waiting.fetch_sub(woken.len(), Ordering::AcqRel);
        woken.iter().for_each(Waker::wake_by_ref);
        !woken.is_empty()
    }

    /// Wakes all who wait.
    pub(super) fn wake_all(&self) {
        // Not while locked: a waker is a user's code.
        let all: Vec<_> = self.askers().drain().collect();
        all.into_iter().for_each(|(_, waker)| waker.wake());
    }
}
