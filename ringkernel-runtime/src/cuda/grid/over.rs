//! Whether a grid is over, and why: asked by everybody who waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::emulate::patience;
use crate::error::{EndError, GridError};
use crate::failure::Failure;

/// How long to wait for a kernel that was told to leave, before its memory is read all the same.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a grid ends.
#[derive(Debug, Default)]
pub(super) struct Over {
    stopping: AtomicBool,
    has_failed: AtomicBool,
    has_ended: AtomicBool,
    failure: Mutex<Option<Failure>>,
    end: Mutex<Option<Result<(), EndError>>>,
    ended: Condvar,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Over {
    /// A stop was asked for.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn stops(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// A tile has failed. The first failure counts.
    pub(super) fn fail(&self, failure: Failure) {
        lock(&self.failure).get_or_insert(failure);
        self.has_failed.store(true, Ordering::Release);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    pub(super) fn failure(&self) -> Option<Failure> {
        lock(&self.failure).clone()
    }

    /// No kernel runs any more.
    pub(super) fn end(&self, result: Result<(), EndError>) {
        let result = match self.failure() {
            Some(failure) => Err(EndError::GridFailed(Box::new(failure))),
            None => result,
        };
        let mut end = lock(&self.end);
        self.has_ended.store(true, Ordering::Release);
        *end = Some(result);
        self.ended.notify_all();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    /// An error if nobody does steps any more.
    pub(super) fn check(&self) -> Result<(), GridError> {
        if self.has_failed()
            && let Some(failure) = self.failure()
        {
            return Err(GridError::Failed(Box::new(failure)));
        }
        if !self.stops() && !self.has_ended() {
            return Ok(());
        }
        match &*lock(&self.end) {
            Some(Err(EndError::GridFailed(failure))) => Err(GridError::Failed(failure.clone())),
            Some(Err(error)) => Err(GridError::Device(error.to_string())),
            _ => Err(GridError::Stopped),
        }
    }

    /// Waits for the end; nothing if it did not come in time.
    pub(super) fn wait(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        let start = Instant::now();
        let mut end = lock(&self.end);
        loop {
            if let Some(result) = &*end {
                return Some(result.clone());
            }
            end = match timeout {
                None => self.ended.wait(end).unwrap_or_else(PoisonError::into_inner),
                Some(timeout) => {
                    let left = timeout.checked_sub(start.elapsed()).filter(|left| !left.is_zero())?;
                    self.ended.wait_timeout(end, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits until a kernel that is to leave has.
    pub(super) fn wait_for_the_end(&self) {
        let _ = self.wait(Some(patience(PATIENCE)));
    }
}
