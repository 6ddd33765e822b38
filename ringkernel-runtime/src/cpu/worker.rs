//! A worker: a thread that runs actors.
//!
//! An actor is in at most one ready queue, or with one worker, or blocked; its mailbox's word says so. A worker takes an
//! actor, runs up to [`BUDGET`] of its messages, and puts it back at the end of its queue if there are more. Sending is
//! a push onto the receiver's mailbox; the push that finds it idle queues the receiver here. Beyond the mailbox's depth
//! a message holds a spare cell; without one it goes to the sender's outbox, and the sender is blocked until that is
//! empty.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_deque::{Steal, Worker as Queue};
use crossbeam_utils::sync::Parker;

use super::blocked::{Letter, OUTBOX_LIMIT, Outbox, Target};
use super::cells::{ActorHead, Message, Ran, Range};
use super::core::{Core, Counters, count};
use super::inbox::HostInbox;
use super::mailbox::{List, Push, UNLIMITED};
use super::node::{Head, Node, NodeCache, SPILLED};
use super::panics::{self, Caught, Fault};
use crate::error::{AskError, Full};
use crate::failure::{Failure, FailureKind};
use crate::lang::addr::Parts;
use crate::lang::{Actor, AnyAddr, Handles, Message as MessageType};

/// Messages of one actor before the next actor's turn.
const BUDGET: u32 = 64;
/// Actors between two looks at what others may have left: the injector, blocked actors, sleepers.
const ROUND: u32 = 64;
/// Blocked actors that are retried at once.
const RETRIES: usize = 64;
/// How long one worker looks for work before it sleeps; a sleep and a wake cost more than this saves.
const SEARCH: Duration = Duration::from_micros(50);

thread_local! {
    static CURRENT: Cell<*const Worker> = const { Cell::new(ptr::null()) };
}

/// Does something with the worker that this thread is; nothing on other threads.
pub(crate) fn with_current(f: impl FnOnce(&Worker)) {
    let worker = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
    // SAFETY: set by `Worker::run_all` to the worker it borrows, and reset before that borrow ends.
    if let Some(worker) = unsafe { worker.as_ref() } {
        f(worker);
    }
}

/// What ended the run of an actor.
enum After {
    /// Its mailbox is empty.
    Idle,
    /// It has more messages.
    More,
    /// A handler failed.
    Failed(Failure),
}

/// A worker.
pub(crate) struct Worker {
    core: Arc<Core>,
    index: usize,
    queue: Queue<u32>,
    parker: Parker,
    nodes: NodeCache,
    /// Spare cells in hand.
    spare: Cell<u32>,
    /// The question of the message that runs, until it is answered or kept; 0 for none.
    question: Cell<u64>,
    /// The message that runs.
    node: Cell<*mut Node>,
    /// The actor that runs has met a full mailbox.
    met_full: Cell<bool>,
    /// What the actor that runs could not deliver.
    outbox: RefCell<Outbox>,
    /// `outbox` is empty.
    clear: Cell<bool>,
    /// This worker is the one that searches.
    searching: Cell<bool>,
    /// Questions that the failing handler dropped.
    orphans: RefCell<Vec<u64>>,
    /// Inboxes that were used, by the type's place in memory.
    inboxes: RefCell<Vec<Arc<HostInbox>>>,
}

// SAFETY: a worker is made on one thread and given to another before it runs; its nodes and letters are its own.
unsafe impl Send for Worker {}

impl Worker {
    pub(super) fn new(core: Arc<Core>, index: usize, queue: Queue<u32>, parker: Parker) -> Self {
        Self {
            core,
            index,
            queue,
            parker,
            nodes: NodeCache::new(),
            spare: Cell::new(0),
            question: Cell::new(0),
            node: Cell::new(ptr::null_mut()),
            met_full: Cell::new(false),
            outbox: RefCell::default(),
            clear: Cell::new(true),
            searching: Cell::new(false),
            orphans: RefCell::default(),
            inboxes: RefCell::default(),
        }
    }

    #[inline]
    fn counters(&self) -> &Counters {
        &self.core.counters[self.index]
    }

    // What a handler does, through its context.

    pub(crate) fn tell<B: Handles<M>, M: MessageType>(&self, from: u64, to: u64, message: M) {
        let counters = self.counters();
        count(&counters.sent, 1);
        let node = self.write(from, B::TAG, &message);
        let Some((head, slot)) = self.core.find(to, Some(std::any::TypeId::of::<B>())) else {
            return self.dead_letter(to, node);
        };
        if !self.clear.get() {
            return self.keep(Letter { target: Target::Actor(to), node });
        }
        // SAFETY: the node was just taken.
        match unsafe { head.mailbox.push(node, u64::from(self.core.options.mailbox_depth)) } {
            Push::Queued => {}
            Push::Wake => self.queue.push(slot),
            Push::Dead => self.dead_letter(to, node),
            Push::Full => {
                self.met_full.set(true);
                // SAFETY: the node is still ours.
                if !unsafe { self.spill(head, slot, to, node) } {
                    self.keep(Letter { target: Target::Actor(to), node });
                }
            }
        }
    }

    pub(crate) fn try_tell<B: Handles<M>, M: MessageType>(
        &self,
        from: u64,
        to: u64,
        message: M,
    ) -> Result<(), Full<M>> {
        if !self.clear.get() {
            // Something was sent before that has not gone yet; this must not overtake it.
            return Err(Full(message));
        }
        let Some((head, slot)) = self.core.find(to, Some(std::any::TypeId::of::<B>())) else {
            self.tell::<B, M>(from, to, message);
            return Ok(());
        };
        // A look before anything is written; the push decides.
        let depth = u64::from(self.core.options.mailbox_depth);
        if head.mailbox.has_room(depth) {
            count(&self.counters().sent, 1);
            let node = self.write(from, B::TAG, &message);
            // SAFETY: the node was just taken.
            match unsafe { head.mailbox.push(node, depth) } {
                Push::Queued => return Ok(()),
                Push::Wake => {
                    self.queue.push(slot);
                    return Ok(());
                }
                Push::Dead => {
                    self.dead_letter(to, node);
                    return Ok(());
                }
                Push::Full => {
                    // Counted back: nothing was sent. Questions that the message carries were moved out of it.
                    // SAFETY: the node is still ours.
                    let payload = unsafe { Node::payload(node) };
                    let back = M::decode(payload);
                    self.nodes.give(node, &self.core.slab);
                    let sent = &self.counters().sent;
                    sent.store(sent.load(Ordering::Relaxed) - 1, Ordering::Release);
                    return Err(Full(back.unwrap_or(message)));
                }
            }
        }
        Err(Full(message))
    }

    pub(crate) fn tell_host<M: MessageType>(&self, from: u64, message: M) {
        count(&self.counters().sent_to_host, 1);
        let node = self.write(from, 0, &message);
        drop(message);
        let id = std::any::TypeId::of::<M>();
        let mut inboxes = self.inboxes.borrow_mut();
        let at = inboxes.iter().position(|inbox| inbox.message == id).unwrap_or_else(|| {
            inboxes.push(self.core.inbox(id, std::any::type_name::<M>()).1);
            inboxes.len() - 1
        });
        // SAFETY: the node was just taken.
        if !self.clear.get() || !unsafe { inboxes[at].push(node) } {
            self.keep(Letter { target: Target::Host(Arc::clone(&inboxes[at])), node });
        }
    }

    /// The address of the `index`-th actor of type `B`.
    #[track_caller]
    pub(crate) fn nth<B: Actor>(&self, index: u32) -> u64 {
        let id = std::any::TypeId::of::<B>();
        let range = self.core.ranges.iter().find(|range| range.actor == id && index < range.count);
        let Some(range) = range else {
            panic_any(Fault {
                kind: FailureKind::NoSuchActor,
                value: Some(u64::from(index)),
                message: "`ctx.actor(i)`: the builder did not make so many actors of this type",
            });
        };
        // SAFETY: the index is within the range.
        Core::address(range.first + index, unsafe { range.head(index) })
    }

    #[inline]
    pub(crate) fn take_question(&self) -> u64 {
        self.question.take()
    }

    /// Answers what a handler that comes to its end was asked.
    ///
    /// If this worker has nothing else to do it says that it searches before it answers: the asker's next question
    /// then wakes nobody, which would cost more than the whole round trip.
    #[inline]
    pub(crate) fn answer_last(&self, question: u64, len: usize, write: impl FnOnce(&mut [u8])) {
        if self.queue.is_empty() && !self.searching.get() {
            self.searching.set(self.core.idle.begin_search());
        }
        self.answer(question, len, write);
    }

    #[inline]
    pub(crate) fn answer(&self, question: u64, len: usize, write: impl FnOnce(&mut [u8])) {
        self.core.replies.answer(question, len, write);
    }

    /// A `Reply` was dropped: by itself, or because its handler fails.
    pub(crate) fn drop_reply(&self, question: u64) {
        if panics::in_handler() && std::thread::panicking() {
            self.orphans.borrow_mut().push(question);
        } else {
            self.core.replies.fail(question, AskError::Dropped);
        }
    }

    pub(crate) fn trace(&self, me: u64, file: &'static str, line: u32, text: fmt::Arguments<'_>) {
        tracing::info!(target: "ringkernel::trace", actor = self.core.name(Parts::of(me).slot), file, line, "{text}");
    }

    // Sending.

    #[inline]
    fn write<M: MessageType>(&self, sender: u64, tag: u32, message: &M) -> *mut Node {
        let node = self.nodes.take(M::SIZE, &self.core.slab);
        // SAFETY: the node was just taken, for this size.
        unsafe {
            let head = Head { sender, question: 0, tag, flags: 0 };
            Node::fill(node, head, M::SIZE, |out| message.encode(out));
        }
        node
    }

    /// Pushes beyond the depth, with a spare cell; `false` if there is none.
    ///
    /// # Safety
    /// The caller owns `node`, and still does after `false`.
    unsafe fn spill(&self, head: &ActorHead, slot: u32, to: u64, node: *mut Node) -> bool {
        if self.spare.get() == 0 {
            self.spare.set(self.core.spare.take());
            if self.spare.get() == 0 {
                return false;
            }
        }
        self.spare.set(self.spare.get() - 1);
        count(&self.counters().spilled, 1);
        // SAFETY: the node is the caller's.
        unsafe { (*node).flags |= SPILLED };
        // SAFETY: as above.
        match unsafe { head.mailbox.push(node, UNLIMITED) } {
            Push::Wake => self.queue.push(slot),
            Push::Queued | Push::Full => {}
            Push::Dead => self.dead_letter(to, node),
        }
        true
    }

    /// Keeps a message for later, with the actor that runs.
    fn keep(&self, letter: Letter) {
        self.clear.set(false);
        let mut outbox = self.outbox.borrow_mut();
        outbox.push_back(letter);
        if outbox.len() > OUTBOX_LIMIT {
            drop(outbox);
            panic_any(Fault {
                kind: FailureKind::PoolExhausted,
                value: Some(OUTBOX_LIMIT as u64),
                message: "one run of a handler sent more than mailboxes, spare cells and 65536 further messages hold",
            });
        }
    }

    /// Counts a message that found nobody, and frees its node.
    fn dead_letter(&self, to: u64, node: *mut Node) {
        // SAFETY: callers give the node away.
        unsafe { self.core.bury(to, node) };
        self.consumed(node);
        count(&self.counters().dead_letters, 1);
    }

    /// Frees the node of a message that is over, and what it held.
    #[inline]
    fn consumed(&self, node: *mut Node) {
        // SAFETY: callers give the node away.
        let (flags, from_host) = unsafe { ((*node).flags, Core::is_from_host(node)) };
        if flags != 0 {
            if flags & SPILLED != 0 {
                self.spare.set(self.spare.get() + 1);
                if self.spare.get() >= 2 * self.core.spare.portion {
                    self.core.spare.give(self.core.spare.portion);
                    self.spare.set(self.spare.get() - self.core.spare.portion);
                }
            }
            if from_host {
                count(&self.counters().host_done, 1);
            }
        }
        self.nodes.give(node, &self.core.slab);
    }

    // Running.

    /// Runs actors until the system stops.
    pub(super) fn run_all(&self) {
        CURRENT.set(ptr::from_ref(self));
        let mut round = 0_u32;
        while !self.core.stopping.load(Ordering::Relaxed) {
            round += 1;
            let slot = if round.is_multiple_of(ROUND) {
                self.look_around();
                self.steal_injected().or_else(|| self.queue.pop())
            } else {
                self.queue.pop()
            };
            if let Some(slot) = slot.or_else(|| self.steal()).or_else(|| self.without_work()) {
                if self.searching.get() {
                    self.end_search();
                }
                self.run(slot);
            }
        }
        CURRENT.set(ptr::null());
        self.nodes.flush(&self.core.slab);
    }

    fn look_around(&self) {
        if self.core.blocked.count() > 0 {
            self.retry(RETRIES);
        }
        if self.queue.len() > 1 {
            self.core.idle.notify_if_idle();
        }
    }

    /// Runs an actor that is this worker's now.
    fn run(&self, slot: u32) {
        let Some((range, index)) = self.core.place(slot) else { return };
        // SAFETY: `place` gives indices within the range.
        let head = unsafe { range.head(index) };
        let me = Core::address(slot, head);
        self.counters().running.store(me, Ordering::Relaxed);
        self.met_full.set(false);
        panics::set_in_handler(true);
        let run = AssertUnwindSafe(|| {
            // SAFETY: the actor is this worker's.
            unsafe { self.run_messages(range, index, head, me) }
        });
        let after = catch_unwind(run);
        panics::set_in_handler(false);
        let after = after.unwrap_or_else(|_| After::Failed(self.read_failure(slot, me, panics::take_caught())));
        self.counters().running.store(0, Ordering::Relaxed);
        let failed = match after {
            After::Failed(failure) => {
                // SAFETY: the actor is this worker's.
                unsafe { self.fail(range, index, head, me, failure) };
                true
            }
            After::Idle if self.clear.get() => return,
            After::Idle | After::More => false,
        };
        if !self.clear.get() {
            let outbox = self.outbox.take();
            self.clear.set(true);
            // SAFETY: the actor is this worker's until it is blocked.
            unsafe { *head.outbox.get() = Some(Box::new(outbox)) };
            self.core.blocked.add(slot);
        } else if !failed {
            self.queue.push(slot);
        }
    }

    /// # Safety
    /// The actor must be this worker's.
    #[inline]
    unsafe fn run_messages(&self, range: &Range, index: u32, head: &ActorHead, me: u64) -> After {
        // SAFETY: as the caller promises; handlers cannot reach it.
        let taken = unsafe { &mut *head.taken.get() };
        let mut budget = BUDGET;
        loop {
            let Some(node) = taken.pop() else {
                // An actor that is about to be blocked must stay scheduled.
                if self.clear.get() && head.mailbox.finish() {
                    return After::Idle;
                }
                if budget == 0 || !self.clear.get() || self.met_full.get() {
                    return After::More;
                }
                *taken = head.mailbox.take();
                continue;
            };
            self.node.set(node);
            // SAFETY: the node was taken from the list, so it is ours.
            let (message, question) = unsafe {
                let (sender, tag) = ((*node).sender, (*node).tag);
                (Message { me, sender, tag, payload: Node::payload(node) }, (*node).question)
            };
            self.question.set(question);
            // SAFETY: the index is in the range and the actor this worker's.
            if let Ran::Corrupt(error) = unsafe { (range.dispatch)(range, index, self, message) } {
                return After::Failed(self.corrupt(range, index, me, error));
            }
            self.node.set(ptr::null_mut());
            count(&self.counters().handled, 1);
            self.consumed(node);
            budget = budget.saturating_sub(1);
            if (budget == 0 || self.met_full.get() || !self.clear.get()) && !taken.is_empty() {
                return After::More;
            }
        }
    }

    // Failing.

    fn read_failure(&self, slot: u32, me: u64, caught: Option<Caught>) -> Failure {
        let caught = caught.unwrap_or(Caught {
            kind: FailureKind::Panic,
            value: None,
            file: String::new(),
            line: 0,
            message: "a panic that was already under way".to_owned(),
        });
        Failure {
            actor: AnyAddr::from_raw(me),
            name: self.core.name(slot).into(),
            kind: caught.kind,
            file: caught.file.into(),
            line: caught.line,
            value: caught.value,
            message: caught.message.into(),
        }
    }

    fn corrupt(&self, range: &Range, index: u32, me: u64, error: String) -> Failure {
        Failure {
            actor: AnyAddr::from_raw(me),
            name: self.core.name(range.first + index).into(),
            kind: FailureKind::Corrupt,
            file: "".into(),
            line: 0,
            value: None,
            message: error.into(),
        }
    }

    /// An actor has failed: its message is consumed, its askers are told, its mail is dead.
    ///
    /// # Safety
    /// The actor must be this worker's.
    unsafe fn fail(&self, range: &Range, index: u32, head: &ActorHead, me: u64, failure: Failure) {
        tracing::warn!(%failure, "an actor failed");
        let error = AskError::Failed(Box::new(failure.clone()));
        let mut tell = |question| self.core.replies.fail(question, error.clone());
        let question = self.question.take();
        if question != 0 {
            tell(question);
        }
        self.orphans.take().into_iter().for_each(&mut tell);
        // SAFETY: as the caller promises.
        unsafe { (range.kept_questions)(range, index, &mut tell) };
        self.core.failures.add(failure);
        let node = self.node.replace(ptr::null_mut());
        if !node.is_null() {
            self.consumed(node);
        }
        // SAFETY: as the caller promises.
        let mut taken = std::mem::replace(unsafe { &mut *head.taken.get() }, List::new());
        let mut rest = head.mailbox.kill();
        while let Some(node) = taken.pop().or_else(|| rest.pop()) {
            self.dead_letter(me, node);
        }
        count(&self.counters().failures, 1);
        // Last, so that whoever waits for nothing to be in flight finds all of the above done.
        if !node.is_null() {
            count(&self.counters().handled, 1);
        }
    }

    // Blocked actors.

    /// Tries to deliver what up to `limit` blocked actors have in their outboxes. Whether anything was delivered, and
    /// whether some wait for the host.
    fn retry(&self, limit: usize) -> (bool, bool) {
        let (mut delivered, mut for_host) = (false, false);
        for slot in self.core.blocked.take(limit) {
            let Some((range, index)) = self.core.place(slot) else { continue };
            // SAFETY: `place` gives indices within the range.
            let head = unsafe { range.head(index) };
            // SAFETY: a blocked actor belongs to who took it from the list.
            let outbox = unsafe { &mut *head.outbox.get() };
            let left = outbox.as_mut().map_or(0, |outbox| self.flush(outbox, &mut delivered, &mut for_host));
            if left > 0 {
                self.core.blocked.again(slot);
                continue;
            }
            *outbox = None;
            self.core.blocked.remove();
            if !head.mailbox.is_dead() {
                self.queue.push(slot);
            }
        }
        (delivered, for_host)
    }

    /// Delivers what can be, in order for each receiver; gives how much is left.
    fn flush(&self, outbox: &mut Outbox, delivered: &mut bool, for_host: &mut bool) -> usize {
        let mut full: Vec<u64> = Vec::new();
        for _ in 0..outbox.len() {
            let Some(letter) = outbox.pop_front() else { break };
            let key = match &letter.target {
                Target::Actor(to) => *to,
                Target::Host(inbox) => Arc::as_ptr(inbox) as u64 | 1 << 63,
            };
            if !full.contains(&key) && self.deliver(&letter, for_host) {
                *delivered = true;
                continue;
            }
            full.push(key);
            outbox.push_back(letter);
        }
        outbox.len()
    }

    fn deliver(&self, letter: &Letter, for_host: &mut bool) -> bool {
        match &letter.target {
            Target::Host(inbox) => {
                // Said before the last attempt, so that the receiver that makes room after it knows.
                inbox.await_room();
                // SAFETY: letters own their nodes.
                let delivered = unsafe { inbox.push(letter.node) };
                if !delivered {
                    *for_host = true;
                    if !inbox.warned.swap(true, Ordering::Relaxed) {
                        tracing::warn!(
                            message = inbox.path,
                            "an inbox is full: actors that send to it wait until the host receives"
                        );
                    }
                }
                delivered
            }
            Target::Actor(to) => {
                let Some((head, slot)) = self.core.find(*to, None) else {
                    self.dead_letter(*to, letter.node);
                    return true;
                };
                // SAFETY: letters own their nodes.
                match unsafe { head.mailbox.push(letter.node, u64::from(self.core.options.mailbox_depth)) } {
                    Push::Queued => true,
                    Push::Wake => {
                        self.queue.push(slot);
                        true
                    }
                    Push::Dead => {
                        self.dead_letter(*to, letter.node);
                        true
                    }
                    // SAFETY: as above.
                    Push::Full => unsafe { self.spill(head, slot, *to, letter.node) },
                }
            }
        }
    }

    // Finding work, and waiting for it.

    fn steal_injected(&self) -> Option<u32> {
        loop {
            match self.core.injector.steal_batch_and_pop(&self.queue) {
                Steal::Success(slot) => return Some(slot),
                Steal::Empty => return None,
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    fn steal(&self) -> Option<u32> {
        if let Some(slot) = self.steal_injected() {
            return Some(slot);
        }
        let others = self.core.stealers.len();
        for other in (self.index + 1..others).chain(0..self.index) {
            loop {
                match self.core.stealers[other].steal_batch_and_pop(&self.queue) {
                    Steal::Success(slot) => return Some(slot),
                    Steal::Empty => break,
                    Steal::Retry => std::hint::spin_loop(),
                }
            }
        }
        None
    }

    fn there_is_work(&self) -> bool {
        !self.core.injector.is_empty()
            || self.core.room.load(Ordering::SeqCst)
            || self.core.stopping.load(Ordering::SeqCst)
            || self.core.stealers.iter().any(|stealer| !stealer.is_empty())
    }

    /// Stops searching; wakes a sleeper if there is more than what was found.
    fn end_search(&self) {
        self.searching.set(false);
        self.core.idle.end_search();
        // Who queued work while this worker searched woke nobody.
        if self.there_is_work() {
            self.core.idle.notify_if_idle();
        }
    }

    /// Waits for work; gives an actor, or nothing if it is worth looking again.
    fn without_work(&self) -> Option<u32> {
        let core = &*self.core;
        core.room.store(false, Ordering::SeqCst);
        if core.blocked.count() > 0 {
            self.retry(RETRIES);
            if !self.queue.is_empty() {
                return None;
            }
        }
        if self.searching.get() || core.idle.begin_search() {
            self.searching.set(true);
            let start = Instant::now();
            while start.elapsed() < SEARCH {
                for _ in 0..32 {
                    if self.there_is_work() {
                        return self.steal();
                    }
                    std::hint::spin_loop();
                }
            }
            self.searching.set(false);
            core.idle.end_search();
        }
        self.give_spare_back();
        let asleep = core.idle.register(self.index);
        if self.there_is_work() {
            core.idle.deregister(self.index, &self.parker);
        } else if asleep == core.stealers.len() && core.blocked.count() > 0 {
            core.idle.deregister(self.index, &self.parker);
            self.last_awake();
        } else {
            self.parker.park();
        }
        None
    }

    fn give_spare_back(&self) {
        if self.spare.get() > 0 {
            self.core.spare.give(self.spare.take());
        }
    }

    /// All others sleep, having given their spare cells back, and actors are blocked: either some can go on, or they
    /// wait for the host, or the system has stalled for good.
    fn last_awake(&self) {
        let core = &*self.core;
        let before = core.idle.census();
        if before.0 + 1 != core.stealers.len() {
            return;
        }
        let (delivered, for_host) = self.retry(usize::MAX);
        self.give_spare_back();
        if delivered || !self.queue.is_empty() || core.blocked.count() == 0 {
            return;
        }
        if for_host {
            core.idle.register(self.index);
            if self.there_is_work() {
                core.idle.deregister(self.index, &self.parker);
            } else {
                self.parker.park();
            }
        } else if core.idle.census() == before && core.injector.is_empty() {
            core.stalled();
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.core.worker_ended();
    }
}
