//! The thread beside a running kernel.
//!
//! Empties the host's mailbox into inboxes, logs traces, notes failures, wakes futures, renews a lease on devices that
//! allow only short kernels, and notices how the kernel ends. It spins while there is something to do and sleeps longer
//! and longer while there is not; whoever starts to wait wakes it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use ringkernel_codegen::abi::Params;

use super::emulate::patience;
use super::engine::Shared;
use super::host::{Command, Outbox, Record, Report};
use super::inboxes::Inbox;
use super::mapped::Mapped;
use super::reports::{self, DEAD_LETTER_TAG, FAILURE_TAG, TRACE_TAG};
use super::residence::Residence;
use crate::error::{EndError, Stalled};

/// Messages delivered to an inbox at once.
const BATCH: usize = 256;
/// Rounds without work before the pump sleeps.
const SPINS: u32 = 20_000;
/// Pauses of the processor between two looks at an inbox that is full: a few microseconds.
const HELD_PAUSE: u32 = 100;
/// The shortest and longest sleep.
const NAPS: (Duration, Duration) = (Duration::from_micros(20), Duration::from_millis(1));
/// The longest sleep while somebody waits for a message to the host.
const LISTENED_NAP: Duration = Duration::from_micros(100);
/// How long a kernel stays on a device that kills long ones; they kill after about two seconds.
const LEASE: Duration = Duration::from_millis(400);
/// A stall is reported when it was seen so long.
const STALL: Duration = Duration::from_millis(100);
/// How long handlers may run after a stop before they are killed at their next safe point.
const LEAVE_PATIENCE: Duration = Duration::from_millis(1500);

/// What wakes the pump.
#[derive(Debug, Default)]
pub(super) struct Bell {
    /// Futures and inboxes that wait: then it does not sleep for long.
    pub(super) waiting: AtomicUsize,
    rung: AtomicBool,
}

impl Bell {
    /// Something wants to be looked at.
    pub(super) fn ring(&self, pump: Option<&thread::Thread>) {
        self.rung.store(true, Ordering::Release);
        if let Some(pump) = pump {
            pump.unpark();
        }
    }

    /// Whether something wants to be looked at since the last time.
    pub(super) fn is_rung(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }
}

/// What the pump owns.
pub(super) struct Pump {
    pub(super) outbox: Outbox<Mapped>,
    pub(super) residence: Residence<Params>,
    pub(super) watchdog: bool,
    /// The device knows that an inbox is full.
    pub(super) full: bool,
}

impl Pump {
    /// Runs until the kernel has ended. Wakers and subscribers are a user's code: if one panics, the system ends, and
    /// nobody waits for it in vain.
    pub(super) fn run(self, shared: &Shared) {
        let result = catch_unwind(AssertUnwindSafe(|| self.until_end(shared)));
        shared.end(result.unwrap_or_else(|_| {
            Err(EndError::Backend(
                "the thread beside the kernel panicked: look for a panic of a waker or of a subscriber of `tracing`"
                    .to_owned(),
            ))
        }));
    }

    fn until_end(mut self, shared: &Shared) -> Result<(), EndError> {
        let mut idle = 0u32;
        let mut nap = NAPS.0;
        let mut entered = Instant::now();
        let mut stalled_since = None;
        let mut leaving: Option<(Instant, bool)> = None;
        let mut looked = Instant::now();
        let mut held: Option<Record> = None;
        let result = loop {
            let mut worked = self.empty_outbox(shared, &mut held);
            worked |= shared.questions.wake_answered(&shared.bell);
            idle = if worked { 0 } else { idle.saturating_add(1) };
            // What is not for every round: the kernel's life.
            if idle == 1 || looked.elapsed() > Duration::from_micros(200) {
                looked = Instant::now();
                let stopping = shared.stopping.load(Ordering::Acquire);
                match self.residence.ended() {
                    Err(error) => break Err(EndError::Backend(error.to_string())),
                    Ok(true) if stopping => {
                        if !self.empty_outbox(shared, &mut held) {
                            break Ok(());
                        }
                        continue;
                    }
                    Ok(true) => break Err(EndError::Backend("the kernel ended by itself".to_owned())),
                    Ok(false) => {}
                }
                if stopping {
                    let (since, killed) = leaving.get_or_insert_with(|| {
                        self.residence.lines.command(Command::Leave);
                        (Instant::now(), false)
                    });
                    if since.elapsed() > patience(LEAVE_PATIENCE) && !*killed {
                        self.residence.lines.command(Command::Kill);
                        *killed = true;
                    }
                } else if let report = shared.lines.report()
                    && stall(&report, held.is_some(), &mut stalled_since)
                {
                    let stalled = Stalled { actors: vec![shared.name(report.starved_slot)], count: 1 };
                    *shared.stalled.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(stalled);
                    shared.stopping.store(true, Ordering::Release);
                } else if self.residence.wanted_away() || self.watchdog && entered.elapsed() > LEASE {
                    if let Err(error) = self.renew(shared, &mut held) {
                        break Err(error);
                    }
                    entered = Instant::now();
                }
            }
            if held.is_some() {
                // The receiver is slower than this thread: whoever looks all the time makes it slower still.
                (0..HELD_PAUSE).for_each(|_| std::hint::spin_loop());
            }
            if idle < SPINS {
                std::hint::spin_loop();
                nap = NAPS.0;
            } else {
                if !shared.bell.is_rung() {
                    thread::park_timeout(nap);
                }
                let waiting = shared.bell.waiting.load(Ordering::Acquire) != 0;
                nap = if waiting {
                    NAPS.0
                } else {
                    (nap * 2).min(if shared.inboxes.are_listened_to() { LISTENED_NAP } else { NAPS.1 })
                };
            }
        };
        let result = result.and_then(|()| self.residence.read_back().map_err(|e| EndError::Backend(e.to_string())));
        drop(self.residence);
        result
    }

    /// Leaves the device for a moment: so that its display's watchdog does not kill the kernel, or because another system
    /// starts. A stop meanwhile is left to the caller.
    fn renew(&mut self, shared: &Shared, held: &mut Option<Record>) -> Result<(), EndError> {
        let stopping = || shared.stopping.load(Ordering::Acquire);
        self.residence.lines.command(Command::Leave);
        let start = Instant::now();
        while !self.residence.ended().map_err(|error| EndError::Backend(error.to_string()))? {
            let worked = self.empty_outbox(shared, held) | shared.questions.wake_answered(&shared.bell);
            if self.watchdog && start.elapsed() > LEASE {
                let text = "a handler ran longer than a device that drives a display allows";
                return Err(EndError::Backend(text.to_owned()));
            }
            if stopping() {
                return Ok(());
            }
            if !worked && start.elapsed() > NAPS.1 {
                thread::sleep(NAPS.0);
            }
        }
        tracing::debug!(target: "ringkernel", "the kernel has left for a moment");
        let back = self.residence.enter(stopping);
        back.map_err(|error| EndError::Backend(format!("the kernel could not come back: {error}")))
    }

    /// Delivers what there is, as far as inboxes have room. Whether anything was there.
    fn empty_outbox(&mut self, shared: &Shared, held: &mut Option<Record>) -> bool {
        let mut batch = Vec::new();
        let mut open: Option<(u32, &Inbox, usize, usize)> = None;
        let before = self.outbox.taken();
        let mut delivered = 0;
        while delivered < 4 * BATCH {
            let waited = held.is_some();
            let Some(record) = held.take().or_else(|| self.outbox.poll(|tag| shared.host_size(tag))) else { break };
            match reports::what(record.tag) {
                FAILURE_TAG => shared.note_failure(&record),
                TRACE_TAG => shared.log_trace(&record),
                DEAD_LETTER_TAG => shared.note_dead_letter(&record),
                tag => {
                    if open.as_ref().is_none_or(|(of, _, count, room)| *of != tag || count == room || *count == BATCH) {
                        flush(&mut open, &mut batch);
                        let Some(inbox) = shared.inboxes.get(tag) else { continue };
                        let room = inbox.room();
                        // At the end every place counts.
                        let wanted =
                            if waited && !shared.stopping.load(Ordering::Relaxed) { inbox.worthwhile() } else { 1 };
                        if room < wanted {
                            *held = Some(record);
                            break;
                        }
                        open = Some((tag, inbox, 0, room));
                    }
                    if let Some((_, inbox, count, _)) = &mut open {
                        batch.extend_from_slice(&record.payload[..inbox.size()]);
                        *count += 1;
                    }
                }
            }
            delivered += 1;
        }
        flush(&mut open, &mut batch);
        if self.outbox.taken() != before {
            self.residence.lines.set_taken(self.outbox.taken());
        }
        if self.full != held.is_some() {
            self.full = held.is_some();
            self.residence.lines.set_full(self.full);
        }
        delivered != 0
    }
}

fn flush(open: &mut Option<(u32, &Inbox, usize, usize)>, batch: &mut Vec<u8>) {
    if let Some((_, inbox, count, _)) = open.take()
        && count != 0
    {
        inbox.deliver(batch, count);
    }
    batch.clear();
}

/// Whether the system has made no step for want of spare cells for long enough to say so; `since` is when that was seen first, and
/// what was done then. A slow system may not starve anew before each report. While an inbox is full it waits for the host,
/// which is no stall.
fn stall(report: &Report, inbox_full: bool, since: &mut Option<(Instant, u64)>) -> bool {
    let done = report.handled + report.dead_letters;
    if inbox_full || since.is_some_and(|(_, before)| before != done) {
        *since = None;
    }
    if inbox_full || !report.stalled {
        return false;
    }
    since.get_or_insert_with(|| (Instant::now(), done)).0.elapsed() > patience(STALL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_that_waits_for_a_full_inbox_has_not_stalled() {
        let report = Report { stalled: true, ..Report::default() };
        let mut since = Some((Instant::now().checked_sub(2 * STALL).unwrap(), 0));
        assert!(stall(&report, false, &mut since));
        assert!(!stall(&report, true, &mut since));
        // The host has made room: from now on it counts anew.
        assert!(!stall(&report, false, &mut since));
    }

    #[test]
    fn a_slow_system_may_seem_to_go_on() {
        let (stalled, quiet) = (Report { stalled: true, ..Report::default() }, Report::default());
        let mut since = Some((Instant::now().checked_sub(2 * STALL).unwrap(), 0));
        assert!(!stall(&quiet, false, &mut since));
        assert!(stall(&stalled, false, &mut since));
        // A step was made.
        assert!(!stall(&Report { handled: 1, ..quiet }, false, &mut since));
        assert!(!stall(&Report { handled: 1, ..stalled }, false, &mut since));
    }

    #[test]
    fn a_message_that_found_nobody_was_a_step() {
        let mut since = Some((Instant::now().checked_sub(2 * STALL).unwrap(), 0));
        assert!(!stall(&Report { stalled: true, dead_letters: 1, ..Report::default() }, false, &mut since));
    }
}
