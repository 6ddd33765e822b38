//! The host's side of the CPU backend.

use std::cell::{Cell, RefCell};
use std::num::NonZero;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use crossbeam_deque::Worker as Queue;
use crossbeam_utils::sync::Parker;

use super::core::{Core, Pieces};
use super::idle::Idle;
use super::mailbox::Push;
use super::node::{FROM_HOST, Head, Node, NodeCache};
use super::panics;
use super::worker::Worker;
use crate::backend::{BackendKind, Description, Engine, HostType, InboxId, Plan, Ticket};
use crate::error::{AskError, EndError, RecvError, StartError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::stats::Stats;

/// A running system on worker threads.
pub(crate) struct CpuEngine {
    core: Arc<Core>,
    description: Description,
}

/// Free nodes of a host thread, for the system it used last.
struct HostCache {
    core: Weak<Core>,
    id: u64,
    nodes: NodeCache,
    /// Cells in hand.
    cells: Cell<u64>,
}

impl HostCache {
    const fn new() -> Self {
        Self { core: Weak::new(), id: 0, nodes: NodeCache::new(), cells: Cell::new(0) }
    }

    /// Makes this the cache for a system.
    #[cold]
    fn turn_to(&mut self, core: &Arc<Core>) {
        self.leave();
        (self.core, self.id) = (Arc::downgrade(core), core.id);
    }

    /// Gives all nodes back, if their system still lives.
    fn leave(&mut self) {
        let nodes = std::mem::replace(&mut self.nodes, NodeCache::new());
        if let Some(core) = self.core.upgrade() {
            nodes.flush(&core.slab);
            core.cells.give(self.cells.get());
        }
        self.cells.set(0);
    }

    /// A cell for a message; `false` if the host gets none now.
    #[inline]
    fn take_cell(&self, core: &Core) -> bool {
        if self.cells.get() == 0 {
            self.cells.set(core.cells.take_for_host());
            if self.cells.get() == 0 {
                return false;
            }
        }
        self.cells.set(self.cells.get() - 1);
        true
    }
}

impl Drop for HostCache {
    fn drop(&mut self) {
        self.leave();
    }
}

thread_local! {
    static CACHE: RefCell<HostCache> = const { RefCell::new(HostCache::new()) };
}

impl CpuEngine {
    /// Makes the actors and starts the threads.
    pub(crate) fn start(plan: Plan) -> Result<Self, StartError> {
        panics::install_hook();
        let arenas = plan.groups.into_iter().map(|group| group.build()).collect::<Result<Vec<_>, _>>()?;
        let workers = plan
            .options
            .workers
            .unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get) as u32)
            .max(1);
        let queues: Vec<_> = (0..workers).map(|_| Queue::new_fifo()).collect();
        let parkers: Vec<_> = (0..workers).map(|_| Parker::new()).collect();
        let core = Arc::new(Core::new(Pieces {
            arenas,
            stealers: queues.iter().map(Queue::stealer).collect(),
            idle: Idle::new(&parkers),
            options: plan.options,
        }));
        let mut failed = None;
        for (index, (queue, parker)) in queues.into_iter().zip(parkers).enumerate() {
            let worker = Worker::new(Arc::clone(&core), index, queue, parker);
            // A worker that gets no thread is dropped, which counts as its end.
            let thread = thread::Builder::new().name(format!("ringkernel-{index}"));
            if let Err(error) = thread.spawn(move || worker.run_all()) {
                failed = Some(StartError::Threads(error.to_string()));
            }
        }
        if let Some(error) = failed {
            core.stop();
            return Err(error);
        }
        let device = format!("{workers} {}", if workers == 1 { "thread" } else { "threads" });
        Ok(Self { core, description: Description { kind: BackendKind::Cpu, device } })
    }

    #[inline]
    fn with_cache<T>(&self, f: impl FnOnce(&HostCache) -> T) -> T {
        // While the thread ends its cache may be gone; a new one then does for one message.
        let mut f = Some(f);
        let done = CACHE.try_with(|cache| {
            let mut cache = cache.try_borrow_mut().ok()?;
            if cache.id != self.core.id {
                cache.turn_to(&self.core);
            }
            f.take().map(|f| f(&cache))
        });
        match (done, f) {
            (Ok(Some(done)), _) => done,
            (_, Some(f)) => {
                let mut cache = HostCache::new();
                cache.turn_to(&self.core);
                f(&cache)
            }
            (_, None) => unreachable!("the closure was called, so there is what it gave"),
        }
    }

    #[inline]
    fn send(&self, to: u64, tag: u32, question: u64, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        if self.core.stopping.load(Ordering::Relaxed) {
            return Err(Unsent::Stopped);
        }
        self.with_cache(|cache| {
            if !cache.take_cell(&self.core) {
                return Err(Unsent::Full);
            }
            let give_cell_back = || cache.cells.set(cache.cells.get() + 1);
            if !self.core.host_sends() {
                give_cell_back();
                return Err(Unsent::Full);
            }
            let node = cache.nodes.take(len, &self.core.slab);
            // SAFETY: the node was just taken, for this length.
            unsafe { Node::fill(node, Head { sender: 0, question, tag, flags: FROM_HOST }, len, write) };
            let pushed = self.core.find(to, None).map_or(Push::Dead, |(head, slot)| {
                // SAFETY: the node is ours.
                let pushed = unsafe { head.mailbox.push(node, u64::MAX) };
                if pushed == Push::Wake {
                    self.core.inject(slot);
                }
                pushed
            });
            if pushed == Push::Dead {
                give_cell_back();
                // SAFETY: the node is still ours.
                unsafe { self.core.host_dead_letter(to, node) };
                cache.nodes.give(node, &self.core.slab);
            }
            Ok(())
        })
    }
}

impl Engine for CpuEngine {
    fn description(&self) -> &Description {
        &self.description
    }

    #[inline]
    fn tell(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        self.send(to, tag, 0, len, write)
    }

    #[inline]
    fn ask(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent> {
        let question = self.core.replies.open().ok_or(Unsent::Full)?;
        if let Err(error) = self.send(to, tag, question, len, write) {
            self.core.replies.abandon(question);
            self.core.replies.fail(question, AskError::Stopped);
            return Err(error);
        }
        Ok(Ticket(question))
    }

    #[inline]
    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>> {
        self.core.replies.poll(ticket.0, out).or_else(|| {
            if !self.core.has_ended() {
                return None;
            }
            // No worker runs: an answer is there already, or never will be.
            self.core.replies.poll(ticket.0, out).or_else(|| {
                self.core.replies.fail(ticket.0, AskError::Stopped);
                self.core.replies.poll(ticket.0, out)
            })
        })
    }

    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker) {
        self.core.replies.listen(ticket.0, waker);
        if self.core.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn abandon(&self, ticket: Ticket) {
        self.core.replies.abandon(ticket.0);
    }

    fn inbox(&self, message: HostType) -> InboxId {
        InboxId(self.core.open_inbox(message))
    }

    #[inline]
    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>> {
        let ended = self.core.has_ended();
        let popped = self.core.with_inbox(inbox.0, super::inbox::HostInbox::pop).flatten();
        let Some((node, room)) = popped else { return ended.then_some(Err(RecvError::Stopped)) };
        if room {
            self.core.host_made_room();
        }
        // SAFETY: the node was taken from the inbox, so it is ours.
        let payload = unsafe { Node::payload(node) };
        let len = payload.len().min(out.len());
        out[..len].copy_from_slice(&payload[..len]);
        self.with_cache(|cache| cache.nodes.give(node, &self.core.slab));
        Some(Ok(()))
    }

    fn wake_on_message(&self, inbox: InboxId, waker: &Waker) {
        self.core.with_inbox(inbox.0, |inbox| inbox.listen(waker));
        if self.core.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn stats(&self) -> Stats {
        self.core.stats()
    }

    fn take_failures(&self) -> Vec<Failure> {
        self.core.failures.take()
    }

    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        self.core.dead_letters.take()
    }

    fn stop(&self) {
        self.core.stop();
    }

    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        self.core.wait_end(timeout)
    }

    fn busy(&self) -> String {
        self.core.busy()
    }
}

impl Drop for CpuEngine {
    fn drop(&mut self) {
        // For a system that is dropped by its last reference or inbox, after a failed start.
        self.core.stop();
    }
}
