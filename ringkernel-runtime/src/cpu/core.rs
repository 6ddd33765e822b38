//! What the workers and the host share.

use std::any::TypeId;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crossbeam_deque::{Injector, Stealer};
use crossbeam_utils::CachePadded;

use super::blocked::{Blocked, Cells};
use super::cells::{ActorHead, Arena, Range};
use super::idle::Idle;
use super::inbox::HostInbox;
use super::log::Log;
use super::node::{FROM_HOST, Node, Slab};
use super::replies::Replies;
use crate::backend::HostType;
use crate::error::{AskError, EndError, Stalled};
use crate::failure::{DeadLetter, Failure};
use crate::lang::AnyAddr;
use crate::lang::addr::Parts;
use crate::lang::reply::{each_reply, holds_replies};
use crate::stats::Stats;
use crate::system::Options;

/// The host's undelivered messages, if the builder was not told: so few that they stay in a processor's own cache. With
/// 65,536 the bank made half as many transfers a second.
const HOST_WINDOW: u32 = 1 << 14;

/// Counters of one worker: written by it alone, read by anybody.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) sent_to_host: AtomicU64,
    pub(super) handled: AtomicU64,
    pub(super) dead_letters: AtomicU64,
    pub(super) spilled: AtomicU64,
    pub(super) failures: AtomicU64,
    /// Messages of the host that are not undelivered any more.
    pub(super) host_done: AtomicU64,
    /// The address of the actor that runs, 0 for none.
    pub(super) running: AtomicU64,
}

/// Adds to a counter that only the caller writes.
#[inline]
pub(super) fn count(counter: &AtomicU64, by: u64) {
    // Release: who sees a message counted as handled sees what its handler sent counted as sent.
    counter.store(counter.load(Ordering::Relaxed) + by, Ordering::Release);
}

/// Counters of the host, which has many threads.
#[derive(Default)]
pub(super) struct HostCounters {
    pub(super) sent: CachePadded<AtomicU64>,
    /// A recent sum of `host_done`.
    done: CachePadded<AtomicU64>,
    dead_letters: AtomicU64,
}

/// How a system ended, once it has.
type Ended = Option<Result<(), EndError>>;

/// What the workers and the host share.
pub(super) struct Core {
    /// Tells systems apart, for caches of host threads.
    pub(super) id: u64,
    pub(super) slab: Slab,
    pub(super) ranges: Vec<Range>,
    /// Actors that the host made ready.
    pub(super) injector: Injector<u32>,
    pub(super) stealers: Vec<Stealer<u32>>,
    pub(super) idle: Idle,
    pub(super) replies: Replies,
    pub(super) blocked: Blocked,
    pub(super) cells: Cells,
    pub(super) counters: Vec<CachePadded<Counters>>,
    pub(super) host: HostCounters,
    pub(super) failures: Log<Failure>,
    pub(super) dead_letters: Log<DeadLetter>,
    pub(super) options: Options,
    host_window: u64,
    /// How often the host made room for blocked actors.
    pub(super) room: AtomicU64,
    pub(super) stopping: AtomicBool,
    ended: AtomicBool,
    alive: AtomicUsize,
    end: Mutex<Ended>,
    ended_too: Condvar,
    inboxes: RwLock<Vec<Arc<HostInbox>>>,
    /// Owns what `ranges` refers to; dropped after everything that may hold a node.
    _arenas: Vec<Box<dyn Arena>>,
}

pub(super) struct Pieces {
    pub(super) arenas: Vec<Box<dyn Arena>>,
    pub(super) stealers: Vec<Stealer<u32>>,
    pub(super) idle: Idle,
    pub(super) options: Options,
}

impl Core {
    pub(super) fn new(pieces: Pieces) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let workers = pieces.stealers.len();
        let ranges: Vec<_> = pieces.arenas.iter().map(|arena| arena.range()).collect();
        let actors: u64 = ranges.iter().map(|range| u64::from(range.count)).sum();
        let cells = actors * u64::from(pieces.options.mailbox_depth) + u64::from(pieces.options.spare_cells);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            slab: Slab::new(),
            ranges,
            injector: Injector::new(),
            stealers: pieces.stealers,
            idle: pieces.idle,
            replies: Replies::new(),
            blocked: Blocked::default(),
            cells: Cells::new(cells, workers as u64 + 1),
            counters: (0..workers).map(|_| CachePadded::default()).collect(),
            host: HostCounters::default(),
            failures: Log::new(),
            dead_letters: Log::new(),
            options: pieces.options,
            host_window: u64::from(pieces.options.host_window.unwrap_or(HOST_WINDOW)),
            room: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            alive: AtomicUsize::new(workers),
            end: Mutex::new(None),
            ended_too: Condvar::new(),
            inboxes: RwLock::default(),
            _arenas: pieces.arenas,
        }
    }

    /// The range and index of a slot.
    #[inline]
    pub(super) fn place(&self, slot: u32) -> Option<(&Range, u32)> {
        self.ranges
            .iter()
            .map(|range| (range, slot.wrapping_sub(range.first)))
            .find(|(range, index)| *index < range.count)
    }

    /// The actor at an address, if there is one, and if it is of type `actor`.
    #[inline]
    pub(super) fn find(&self, raw: u64, actor: Option<TypeId>) -> Option<(&ActorHead, u32)> {
        let parts = Parts::of(raw);
        if parts.device != 0 {
            return None;
        }
        let (range, index) = self.place(parts.slot)?;
        if actor.is_some_and(|actor| actor != range.actor) {
            return None;
        }
        // SAFETY: `place` gives indices within the range.
        let head = unsafe { range.head(index) };
        (head.generation() == parts.generation).then_some((head, parts.slot))
    }

    /// The address of the actor in a slot.
    #[inline]
    pub(super) fn address(slot: u32, head: &ActorHead) -> u64 {
        Parts { device: 0, slot, generation: head.generation() }.raw()
    }

    /// `Account#42`.
    pub(super) fn name(&self, slot: u32) -> String {
        self.place(slot).map_or_else(|| format!("slot {slot}"), |(range, index)| format!("{}#{index}", range.name))
    }

    /// Whether the host may have one more undelivered message; if so, it is counted.
    #[inline]
    pub(super) fn host_sends(&self) -> bool {
        let window = self.host_window;
        let sent = self.host.sent.fetch_add(1, Ordering::AcqRel);
        if sent.saturating_sub(self.host.done.load(Ordering::Relaxed)) < window {
            return true;
        }
        let done = self.host.dead_letters.load(Ordering::Acquire)
            + self.counters.iter().map(|it| it.host_done.load(Ordering::Acquire)).sum::<u64>();
        self.host.done.fetch_max(done, Ordering::Relaxed);
        if sent.saturating_sub(done) < window {
            return true;
        }
        self.host.sent.fetch_sub(1, Ordering::AcqRel);
        false
    }

    /// A message of the host that found nobody. Its node stays the caller's.
    ///
    /// # Safety
    /// The caller owns `node`.
    pub(super) unsafe fn host_dead_letter(&self, to: u64, node: *mut Node) {
        self.host.dead_letters.fetch_add(1, Ordering::AcqRel);
        // SAFETY: as the caller promises.
        unsafe { self.bury(to, node) };
    }

    /// Notes a message that found nobody, and tells whoever asked with it. Its node stays the caller's.
    ///
    /// # Safety
    /// The caller owns `node`.
    pub(super) unsafe fn bury(&self, to: u64, node: *mut Node) {
        // SAFETY: the node is the caller's.
        let (question, from, tag) = unsafe { ((*node).question, (*node).sender, (*node).tag) };
        if question != 0 {
            self.replies.fail(question, AskError::Dead { actor: self.name(Parts::of(to).slot) });
        }
        // Questions that the message carries, too.
        let handlers = self.place(Parts::of(to).slot).map_or(&[][..], |(range, _)| range.handlers);
        if let Some(handler) = handlers.get(tag as usize)
            && holds_replies(&handler.message)
        {
            // SAFETY: as above.
            let payload = unsafe { Node::payload(node) };
            each_reply(&handler.message, payload, &mut |raw| self.replies.fail(raw, AskError::Dropped));
        }
        let letter = DeadLetter { to: AnyAddr::from_raw(to), from: AnyAddr::from_raw(from), tag };
        if self.dead_letters.is_first() {
            letter.log(&self.name(Parts::of(to).slot), handlers);
        }
        self.dead_letters.add(letter);
    }

    /// Whether a message is one of the host's.
    ///
    /// # Safety
    /// The caller owns `node`.
    pub(super) unsafe fn is_from_host(node: *mut Node) -> bool {
        // SAFETY: as the caller promises.
        unsafe { (*node).flags & FROM_HOST != 0 }
    }

    /// Queues an actor that the host made ready.
    #[inline]
    pub(super) fn inject(&self, slot: u32) {
        self.injector.push(slot);
        self.idle.notify();
    }

    /// Says that the host made room for those who wait.
    pub(super) fn host_made_room(&self) {
        self.room.fetch_add(1, Ordering::SeqCst);
        self.idle.notify();
    }

    /// The inbox for a type of message, and its number.
    pub(super) fn inbox(&self, message: TypeId, path: &'static str) -> (u32, Arc<HostInbox>) {
        let find = |inboxes: &[Arc<HostInbox>]| {
            let at = inboxes.iter().position(|inbox| inbox.message == message)?;
            Some((at as u32, Arc::clone(&inboxes[at])))
        };
        if let Some(found) = find(&self.inboxes.read().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let mut inboxes = self.inboxes.write().unwrap_or_else(PoisonError::into_inner);
        find(&inboxes).unwrap_or_else(|| {
            let inbox = Arc::new(HostInbox::new(message, path, self.options.inbox_depth));
            inboxes.push(Arc::clone(&inbox));
            (inboxes.len() as u32 - 1, inbox)
        })
    }

    /// The inbox for what the host asked.
    pub(super) fn open_inbox(&self, message: HostType) -> u32 {
        self.inbox(message.id, message.path).0
    }

    /// Does something with an inbox.
    #[inline]
    pub(super) fn with_inbox<T>(&self, number: u32, f: impl FnOnce(&HostInbox) -> T) -> Option<T> {
        let inboxes = self.inboxes.read().unwrap_or_else(PoisonError::into_inner);
        inboxes.get(number as usize).map(|inbox| f(inbox))
    }

    pub(super) fn stats(&self) -> Stats {
        let sum = |of: fn(&Counters) -> &AtomicU64| -> u64 {
            self.counters.iter().map(|counters| of(counters).load(Ordering::Acquire)).sum()
        };
        let handled = sum(|it| &it.handled);
        let dead_letters = sum(|it| &it.dead_letters) + self.host.dead_letters.load(Ordering::Acquire);
        fence(Ordering::SeqCst);
        Stats {
            handled,
            dead_letters,
            sent_by_actors: sum(|it| &it.sent),
            sent_to_host: sum(|it| &it.sent_to_host),
            spilled: sum(|it| &it.spilled),
            failures: sum(|it| &it.failures),
            sent_by_host: self.host.sent.load(Ordering::Acquire),
        }
    }

    /// Asks all workers to end.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.idle.wake_all();
    }

    /// The system ends because nothing can run.
    pub(super) fn stalled(&self) {
        let actors = self.blocked.peek(8).into_iter().map(|slot| self.name(slot)).collect();
        let stalled = Stalled { actors, count: self.blocked.count() as u64 };
        tracing::error!(target: "ringkernel", %stalled, "the system ends");
        *self.end() = Some(Err(stalled.into()));
        self.stop();
    }

    /// A worker has ended; the last one ends the system.
    pub(super) fn worker_ended(&self) {
        if self.alive.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        {
            let mut end = self.end();
            end.get_or_insert(Ok(()));
            self.ended.store(true, Ordering::SeqCst);
        }
        self.replies.fail_all(&AskError::Stopped);
        for inbox in self.inboxes.read().unwrap_or_else(PoisonError::into_inner).iter() {
            inbox.wake();
        }
        self.ended_too.notify_all();
    }

    /// Whether no worker runs any more.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    fn end(&self) -> MutexGuard<'_, Ended> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the end.
    pub(super) fn wait_end(&self, timeout: Option<Duration>) -> Ended {
        let start = Instant::now();
        let mut end = self.end();
        while !self.has_ended() {
            end = match timeout {
                None => self.ended_too.wait(end).unwrap_or_else(PoisonError::into_inner),
                Some(timeout) => {
                    let rest = timeout.checked_sub(start.elapsed()).filter(|rest| !rest.is_zero())?;
                    self.ended_too.wait_timeout(end, rest).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        end.clone()
    }

    /// The actors that run, in words.
    pub(super) fn busy(&self) -> String {
        let running: Vec<_> = self
            .counters
            .iter()
            .map(|counters| counters.running.load(Ordering::Relaxed))
            .filter(|raw| *raw != 0)
            .map(|raw| format!("a handler of {} has not come back", self.name(Parts::of(raw).slot)))
            .collect();
        if running.is_empty() { "workers are about to end".to_owned() } else { running.join(", ") }
    }
}
