//! The latest failures and dead letters, for the host to read.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many are kept.
const KEPT: usize = 1024;

/// The latest events of one kind.
pub(super) struct Log<T> {
    events: Mutex<VecDeque<T>>,
    any: AtomicBool,
}

impl<T> Log<T> {
    pub(super) const fn new() -> Self {
        Self { events: Mutex::new(VecDeque::new()), any: AtomicBool::new(false) }
    }

    /// Whether nothing was ever added; true once.
    pub(super) fn is_first(&self) -> bool {
        !self.any.swap(true, Ordering::Relaxed)
    }

    pub(super) fn add(&self, event: T) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() == KEPT {
            events.pop_front();
        }
        events.push_back(event);
    }

    pub(super) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.events.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}
