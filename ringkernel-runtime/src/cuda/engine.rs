//! A running system on a GPU, as the typed API uses it.
//!
//! Owns the host's side of every queue, and what the pump and the callers share. Sending writes one slot of a mapped ring;
//! asking also takes a reply cell, and polling an answer reads that cell: neither takes a lock nor calls the driver.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use ringkernel_codegen::desc::HandlerDesc;
use ringkernel_codegen::site::{Site, TraceSite};

use super::emulate::patience;
use super::footprint::RINGS;
use super::host::{Outcome, Record, Ring, RingHeader};
use super::inboxes::Inboxes;
use super::mapped::{Lines, Mapped};
use super::pump::Bell;
use super::questions::Questions;
use super::reports;
use super::uploaded::Uploaded;
use crate::backend::{Description, Engine, HostType, InboxId, Ticket};
use crate::error::{AskError, EndError, RecvError, Stalled, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::lang::addr::Parts;
use crate::lang::{AnyAddr, MAX_PAYLOAD};
use crate::stats::Stats;

/// Failures and dead letters that are kept for whoever asks for them.
const KEPT: usize = 1024;
/// How long to wait for the record of a failure that was counted.
const RECORD_PATIENCE: Duration = Duration::from_millis(50);
/// How long a drop waits for the kernel: longer than the pump takes to kill it.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// The actors of one type.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) name: &'static str,
    pub(super) first_slot: u32,
    pub(super) count: u32,
    pub(super) handlers: &'static [HandlerDesc],
}

/// What callers and the pump share.
pub(super) struct Shared {
    pub(super) description: Description,
    pub(super) rings: [Ring<Mapped>; RINGS as usize],
    pub(super) questions: Questions,
    pub(super) lines: Arc<Lines>,
    pub(super) inboxes: Inboxes,
    pub(super) members: Vec<Members>,
    pub(super) uploaded: Uploaded,
    pub(super) sites: Vec<Site>,
    pub(super) traces: Vec<TraceSite>,
    /// Bytes of a message to the host, by tag.
    pub(super) host_sizes: Vec<usize>,
    /// Bytes of a trace's record, by its number.
    pub(super) trace_sizes: Vec<usize>,
    pub(super) bell: Bell,
    pub(super) stopping: AtomicBool,
    /// Nothing comes from the device any more.
    pub(super) ended: AtomicBool,
    pub(super) end: Mutex<Option<Result<(), EndError>>>,
    pub(super) end_seen: Condvar,
    pub(super) stalled: Mutex<Option<Stalled>>,
    pub(super) failures: Mutex<VecDeque<Failure>>,
    pub(super) failures_noted: AtomicU64,
    pub(super) dead_letters: Mutex<VecDeque<DeadLetter>>,
    pub(super) dead_letter_logged: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep<T>(list: &Mutex<VecDeque<T>>, item: T) {
    let mut list = lock(list);
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(item);
}

impl Shared {
    /// Bytes of a record by its tag.
    pub(super) fn host_size(&self, tag: u32) -> usize {
        reports::bytes(tag, &self.host_sizes, &self.trace_sizes)
    }

    /// The name of an actor: its type and its index in it.
    pub(super) fn name(&self, slot: u32) -> String {
        self.members
            .iter()
            .find(|members| slot.wrapping_sub(members.first_slot) < members.count)
            .map_or_else(|| format!("#{slot}"), |members| format!("{}#{}", members.name, slot - members.first_slot))
    }

    pub(super) fn note_failure(&self, record: &Record) {
        let failure = reports::failure(record, &self.sites, self.name(Parts::of(record.sender).slot));
        tracing::warn!(target: "ringkernel", actor = %failure.name, "{failure}");
        keep(&self.failures, failure);
        self.failures_noted.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn note_dead_letter(&self, record: &Record) {
        let letter = reports::dead_letter(record);
        if !self.dead_letter_logged.swap(true, Ordering::Relaxed) {
            let slot = Parts::of(letter.to.raw()).slot;
            let of = |members: &&Members| slot.wrapping_sub(members.first_slot) < members.count;
            let handlers = self.members.iter().find(of).map_or(&[][..], |members| members.handlers);
            letter.log(&self.name(slot), handlers);
        }
        keep(&self.dead_letters, letter);
    }

    pub(super) fn log_trace(&self, record: &Record) {
        if let Some((trace, text)) = reports::trace_text(record, &self.traces) {
            let actor = self.name(Parts::of(record.sender).slot);
            tracing::info!(target: "ringkernel::trace", actor, file = trace.file, line = trace.line, "{text}");
        }
    }

    /// The kernel has ended: everybody who waits learns of it.
    pub(super) fn end(&self, result: Result<(), EndError>) {
        let result = match lock(&self.stalled).take() {
            Some(stalled) if result.is_ok() => Err(EndError::Stalled(stalled)),
            _ => result,
        };
        self.stopping.store(true, Ordering::Release);
        self.ended.store(true, Ordering::Release);
        *lock(&self.end) = Some(result);
        self.end_seen.notify_all();
        self.questions.wake_all();
        for inbox in self.inboxes.all() {
            inbox.wake();
        }
    }

    /// The ring of a receiver: always the same one, so that order is kept.
    #[inline]
    fn ring(&self, slot: u32) -> &Ring<Mapped> {
        &self.rings[slot as usize % RINGS as usize]
    }

    #[inline]
    fn send(&self, to: u64, tag: u32, reply: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err(Unsent::Stopped);
        }
        let Parts { slot, generation, device } = Parts::of(to);
        if generation == 0 || device != 0 {
            return Err(Unsent::NoSuchActor);
        }
        let header = RingHeader { slot, generation, tag, reply };
        if self.uploaded.watches() {
            return self.send_watched(header, len, write);
        }
        if self.ring(slot).push(header, len, write) { Ok(()) } else { Err(Unsent::Full) }
    }
}

impl Shared {
    /// Sends after a look at the shared data that the message names.
    fn send_watched(&self, header: RingHeader, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        let mut bytes = [0; MAX_PAYLOAD];
        write(&mut bytes[..len]);
        let of = |members: &Members| header.slot.wrapping_sub(members.first_slot) < members.count;
        let actor = self.members.iter().position(of).unwrap_or(usize::MAX);
        if !self.uploaded.has_all_of(actor, header.tag, &bytes[..len]) {
            return Err(Unsent::NotUploaded);
        }
        let copy = |out: &mut [u8]| out.copy_from_slice(&bytes[..len]);
        if self.ring(header.slot).push(header, len, copy) { Ok(()) } else { Err(Unsent::Full) }
    }
}

/// A running system on a GPU.
pub(crate) struct CudaEngine {
    pub(super) shared: Arc<Shared>,
    pub(super) pump: Option<JoinHandle<()>>,
}

impl CudaEngine {
    fn pump(&self) -> Option<&Thread> {
        self.pump.as_ref().map(JoinHandle::thread)
    }
}

impl Engine for CudaEngine {
    fn description(&self) -> &Description {
        &self.shared.description
    }

    #[inline]
    fn tell(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        self.shared.send(to, tag, 0, len, write)
    }

    #[inline]
    fn ask(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent> {
        let Some(id) = self.shared.questions.take() else { return Err(Unsent::Full) };
        match self.shared.send(to, tag, id, len, write) {
            // The upper half remembers whom was asked, for the failure's name.
            Ok(()) => Ok(Ticket(u64::from(Parts::of(to).slot) << 32 | u64::from(id))),
            Err(unsent) => {
                self.shared.questions.take_back(id);
                Err(unsent)
            }
        }
    }

    #[inline]
    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>> {
        let id = ticket.0 as u32;
        // Read first: an answer that came before the end is then seen.
        let ended = self.shared.ended.load(Ordering::Acquire);
        match self.shared.questions.poll(id, out) {
            None if ended => Some(Err(AskError::Stopped)),
            None => None,
            Some(Outcome::Value) => Some(Ok(())),
            Some(Outcome::Dead) => Some(Err(AskError::Dead { actor: self.shared.name((ticket.0 >> 32) as u32) })),
            Some(Outcome::Dropped) => Some(Err(AskError::Dropped)),
            Some(Outcome::Failed { site, value }) => {
                let slot = (ticket.0 >> 32) as u32;
                let actor = AnyAddr::from_raw(Parts { device: 0, slot, generation: 1 }.raw());
                let failure = reports::failure_at(actor, self.shared.name(slot), site, value, &self.shared.sites);
                Some(Err(AskError::Failed(Box::new(failure))))
            }
        }
    }

    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker) {
        let id = ticket.0 as u32;
        self.shared.questions.wake_on(id, waker, &self.shared.bell);
        self.shared.bell.ring(self.pump());
        if self.shared.ended.load(Ordering::Acquire) {
            waker.wake_by_ref();
        }
    }

    fn abandon(&self, ticket: Ticket) {
        self.shared.questions.abandon(ticket.0 as u32, &self.shared.bell);
    }

    fn inbox(&self, message: HostType) -> InboxId {
        InboxId(self.shared.inboxes.open(message.path, message.size))
    }

    #[inline]
    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>> {
        let ended = self.shared.ended.load(Ordering::Acquire);
        match self.shared.inboxes.get(inbox.0) {
            Some(inbox) if inbox.poll(out) => Some(Ok(())),
            _ => ended.then_some(Err(RecvError::Stopped)),
        }
    }

    fn wake_on_message(&self, inbox: InboxId, waker: &Waker) {
        if let Some(inbox) = self.shared.inboxes.get(inbox.0) {
            inbox.listen(waker);
        }
        self.shared.bell.ring(self.pump());
        if self.shared.ended.load(Ordering::Acquire) {
            waker.wake_by_ref();
        }
    }

    fn stats(&self) -> Stats {
        let report = self.shared.lines.report();
        let sent_by_host = self.shared.rings.iter().map(Ring::sent).sum::<u64>();
        let sent = sent_by_host + report.sent;
        // Counters of a busy moment do not fit together: then at least one message counts as under way.
        let most = if report.quiet { u64::MAX } else { sent.saturating_sub(report.dead_letters + 1) };
        Stats {
            sent_by_host,
            sent_by_actors: report.sent,
            sent_to_host: report.to_host,
            handled: report.handled.min(most),
            dead_letters: report.dead_letters,
            spilled: report.spilled,
            failures: report.failed,
        }
    }

    fn take_failures(&self) -> Vec<Failure> {
        // A failure is counted a moment before its record is read: whoever saw the count wants the record too.
        let start = Instant::now();
        while self.shared.failures_noted.load(Ordering::Acquire) < self.shared.lines.report().failed
            && start.elapsed() < patience(RECORD_PATIENCE)
        {
            self.shared.bell.ring(self.pump());
            thread::yield_now();
        }
        lock(&self.shared.failures).drain(..).collect()
    }

    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        lock(&self.shared.dead_letters).drain(..).collect()
    }

    fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.bell.ring(self.pump());
    }

    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        let start = Instant::now();
        let mut end = lock(&self.shared.end);
        loop {
            if let Some(result) = &*end {
                return Some(result.clone());
            }
            end = match timeout {
                None => self.shared.end_seen.wait(end).unwrap_or_else(PoisonError::into_inner),
                Some(timeout) => {
                    let left = timeout.checked_sub(start.elapsed())?;
                    let waited = self.shared.end_seen.wait_timeout(end, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn busy(&self) -> String {
        format!("the kernel still runs; {} blocks of it are alive", self.shared.lines.blocks_alive())
    }
}

impl Drop for CudaEngine {
    fn drop(&mut self) {
        self.stop();
        let Some(pump) = self.pump.take() else { return };
        // A waker that the pump calls may hold the last reference to the system. And a kernel that does not come to an
        // end keeps its pump, which gives the memory back if it does later.
        if pump.thread().id() != thread::current().id() && self.wait_end(Some(patience(END_PATIENCE))).is_some() {
            let _ = pump.join();
        }
    }
}
