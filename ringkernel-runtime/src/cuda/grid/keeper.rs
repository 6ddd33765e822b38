//! The thread beside a grid's kernel: notices that a tile failed and that the kernel has ended, has it leave and come back, wakes
//! futures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::super::residence::Reins as _;
use super::engine::{Kernel, Shared};
use crate::error::EndError;

/// Looks without a nap while somebody waits for an answer.
const SPINS: u32 = 2_000;
/// The shortest and longest sleep.
const NAPS: (Duration, Duration) = (Duration::from_micros(20), Duration::from_millis(1));
/// How long a kernel stays on a device that kills long ones; they kill after about two seconds.
const LEASE: Duration = Duration::from_millis(400);
/// How long a step may go on after a stop before it is broken off.
const LEAVE_PATIENCE: Duration = Duration::from_millis(1500);

/// Runs until the kernel has ended. Wakers are a user's code: if one panics, the system ends, and nobody waits for it in
/// vain.
pub(super) fn keep(shared: &Shared, kernel: &Arc<Kernel>) {
    let result = catch_unwind(AssertUnwindSafe(|| until_end(shared, kernel)));
    let panicked = || {
        let text = "the thread beside the kernel panicked: look for a panic of a waker or of a subscriber of `tracing`";
        Err(EndError::Backend(text.to_owned()))
    };
    let result = result.unwrap_or_else(|_| panicked());
    shared.bury(kernel);
    shared.end(result);
}

fn until_end(shared: &Shared, kernel: &Kernel) -> Result<(), EndError> {
    let backend = |error: &dyn std::fmt::Display| EndError::Backend(error.to_string());
    let watchdog = kernel.inner.device.info().watchdog;
    let (mut idle, mut nap, mut entered) = (0_u32, NAPS.0, Instant::now());
    let mut leaving: Option<Instant> = None;
    loop {
        let worked = shared.questions.wake_answered(&shared.bell);
        idle = if worked { 0 } else { idle.saturating_add(1) };
        shared.note_failure();
        let (over, stops) = (shared.over.has_failed(), shared.over.stops());
        if kernel.ended().map_err(|error| backend(&error))? {
            shared.note_failure();
            if !stops && !shared.over.has_failed() {
                return Err(EndError::Backend("the kernel ended by itself".to_owned()));
            }
            return kernel.read_back().map_err(|error| backend(&error));
        }
        if stops || over {
            let since = *leaving.get_or_insert_with(|| {
                kernel.lines.leave();
                Instant::now()
            });
            if since.elapsed() > LEAVE_PATIENCE {
                kernel.lines.abandon();
            }
        } else if kernel.wanted_away() || watchdog && entered.elapsed() > LEASE {
            renew(shared, kernel, watchdog)?;
            entered = Instant::now();
        }
        let waiting = shared.bell.waiting.load(Ordering::Acquire) != 0;
        if waiting && idle < SPINS {
            std::hint::spin_loop();
            nap = NAPS.0;
        } else {
            if !shared.bell.is_rung() {
                thread::park_timeout(nap);
            }
            nap = if waiting || leaving.is_some() { NAPS.0 } else { (nap * 2).min(NAPS.1) };
        }
    }
}

/// Leaves the device for a moment: so that its display's watchdog does not kill the kernel, or because another system
/// starts. A stop or a failure meanwhile is left to the caller.
fn renew(shared: &Shared, kernel: &Kernel, watchdog: bool) -> Result<(), EndError> {
    let backend = |error: &dyn std::fmt::Display| EndError::Backend(error.to_string());
    kernel.lines.leave();
    let start = Instant::now();
    while !kernel.ended().map_err(|error| backend(&error))? {
        shared.questions.wake_answered(&shared.bell);
        if watchdog && start.elapsed() > LEASE {
            return Err(EndError::Backend("steps take longer than a device that drives a display allows".to_owned()));
        }
        if shared.over.stops() {
            return Ok(());
        }
        thread::sleep(NAPS.0);
    }
    shared.note_failure();
    if shared.over.has_failed() {
        return Ok(());
    }
    tracing::debug!(target: "ringkernel", "the kernel has left for a moment");
    let back = kernel.enter(|| shared.over.stops());
    back.map_err(|error| EndError::Backend(format!("the kernel could not come back: {error}")))
}
