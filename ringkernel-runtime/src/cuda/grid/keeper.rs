//! The thread beside a grid's kernel: takes what tiles tell the host, notices that one failed and that the kernel has ended, has it leave
//! and come back, wakes futures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use super::super::emulate::patience;
use super::super::host::Outbox;
use super::super::mapped::Mapped;
use super::super::residence::Reins as _;
use super::shared::{Kernel, Shared};
use crate::error::EndError;

/// Looks without a nap while somebody waits for an answer.
const SPINS: u32 = 2_000;
/// The shortest and longest sleep.
const NAPS: (Duration, Duration) = (Duration::from_micros(20), Duration::from_millis(1));
/// The longest sleep while somebody waits for a message of the tiles.
const LISTENED_NAP: Duration = Duration::from_micros(100);
/// How long a kernel stays on a device that kills long ones; they kill after about two seconds.
const LEASE: Duration = Duration::from_millis(400);
/// How long a step may go on after a stop before it is broken off.
const LEAVE_PATIENCE: Duration = Duration::from_millis(1500);

/// Runs until the kernel has ended. Wakers are a user's code: if one panics, the system ends, and nobody waits for it in
/// vain.
pub(super) fn keep(shared: &Shared, kernel: &Arc<Kernel>, outbox: Option<Outbox<Mapped>>) {
    let mut keeper = Keeper { shared, kernel, outbox };
    let result = catch_unwind(AssertUnwindSafe(|| keeper.until_end()));
    let panicked = || {
        let text = "the thread beside the kernel panicked: look for a panic of a waker or of a subscriber of `tracing`";
        Err(EndError::Backend(text.to_owned()))
    };
    let result = result.unwrap_or_else(|_| panicked());
    shared.bury(kernel);
    shared.end(result);
}

struct Keeper<'a> {
    shared: &'a Shared,
    kernel: &'a Kernel,
    /// What tiles tell; nothing once an inbox was too full for it.
    outbox: Option<Outbox<Mapped>>,
}

fn backend(error: &dyn std::fmt::Display) -> EndError {
    EndError::Backend(error.to_string())
}

impl Keeper<'_> {
    /// What is for every round. Whether there was anything.
    fn work(&mut self) -> bool {
        let Self { shared, kernel, outbox } = self;
        let mut worked = shared.questions.wake_answered(&shared.bell);
        if let Some(ring) = outbox {
            match shared.told.take(ring, &kernel.lines, shared.name) {
                Ok(some) => worked |= some,
                Err(full) => {
                    *outbox = None;
                    shared.note_full(full);
                    // Tiles may wait for room, and others for those.
                    kernel.lines.abandon();
                }
            }
        }
        shared.note_failure();
        worked
    }

    fn until_end(&mut self) -> Result<(), EndError> {
        let (shared, kernel) = (self.shared, self.kernel);
        let watchdog = kernel.inner.device.info().watchdog;
        let (mut idle, mut nap, mut entered) = (0_u32, NAPS.0, Instant::now());
        let mut leaving: Option<Instant> = None;
        loop {
            let worked = self.work();
            idle = if worked { 0 } else { idle.saturating_add(1) };
            let (failed, stops) = (shared.over.has_failed(), shared.over.stops());
            if kernel.ended().map_err(|error| backend(&error))? {
                while self.work() {}
                if !stops && !shared.over.has_failed() {
                    return Err(EndError::Backend("the kernel ended by itself".to_owned()));
                }
                return kernel.read_back().map_err(|error| backend(&error));
            }
            if stops || failed {
                let since = *leaving.get_or_insert_with(|| {
                    if !failed {
                        kernel.lines.leave();
                    }
                    Instant::now()
                });
                if since.elapsed() > patience(LEAVE_PATIENCE) {
                    kernel.lines.abandon();
                }
            } else if kernel.wanted_away() || watchdog && entered.elapsed() > LEASE {
                self.renew(watchdog)?;
                entered = Instant::now();
            }
            let waiting = shared.bell.waiting.load(Ordering::Acquire) != 0;
            if idle < SPINS {
                std::hint::spin_loop();
                nap = NAPS.0;
                continue;
            }
            if !shared.bell.is_rung() {
                thread::park_timeout(nap);
            }
            let longest = if shared.told.inboxes.are_listened_to() { LISTENED_NAP } else { NAPS.1 };
            nap = if waiting || leaving.is_some() { NAPS.0 } else { (nap * 2).min(longest) };
        }
    }

    /// Leaves the device for a moment: so that its display's watchdog does not kill the kernel, or because another system
    /// starts. A stop or a failure meanwhile is left to the caller.
    fn renew(&mut self, watchdog: bool) -> Result<(), EndError> {
        let (shared, kernel) = (self.shared, self.kernel);
        kernel.lines.leave();
        let start = Instant::now();
        while !kernel.ended().map_err(|error| backend(&error))? {
            let worked = self.work();
            if watchdog && start.elapsed() > LEASE {
                let text = "steps take longer than a device that drives a display allows";
                return Err(EndError::Backend(text.to_owned()));
            }
            if shared.over.stops() {
                return Ok(());
            }
            if !worked {
                thread::sleep(NAPS.0);
            }
        }
        self.work();
        if shared.over.has_failed() {
            return Ok(());
        }
        tracing::debug!(target: "ringkernel", "the kernel has left for a moment");
        let back = kernel.enter(|| shared.over.stops());
        back.map_err(|error| EndError::Backend(format!("the kernel could not come back: {error}")))
    }
}
