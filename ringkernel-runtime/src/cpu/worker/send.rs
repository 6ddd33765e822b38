//! Sending: what a handler does through its context, and what becomes of a message.
//!
//! A push that finds its receiver idle queues it here. A message for which there is no cell waits in the sender's outbox;
//! delivering from there is left to [`super::unblock`].

use std::fmt;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::blocked::{Letter, OUTBOX_LIMIT, Target};
use super::super::cells::ActorHead;
use super::super::core::{Core, count};
use super::super::mailbox::Push;
use super::super::node::{Head, Node};
use super::super::panics::{self, Fault};
use super::Worker;
use crate::error::{AskError, Full};
use crate::failure::FailureKind;
use crate::lang::addr::Parts;
use crate::lang::{Actor, Message as MessageType, SentTo};

impl Worker {
    #[track_caller]
    pub(crate) fn tell<B: Actor, M: SentTo<B>>(&self, from: u64, to: u64, message: M) {
        let counters = self.counters();
        count(&counters.sent, 1);
        let node = self.write(from, M::TAG, &message);
        let Some((head, slot)) = self.core.find(to, Some(std::any::TypeId::of::<B>())) else {
            return self.dead_letter(to, node);
        };
        if !self.clear.get() || !self.take_cell() {
            return self.keep(Letter { target: Target::Actor(to), node });
        }
        // SAFETY: the node was just taken.
        unsafe { self.push(head, slot, to, node) };
    }

    /// Pushes a message that has a cell.
    ///
    /// # Safety
    /// The caller owns `node` and gives it away.
    #[inline]
    pub(super) unsafe fn push(&self, head: &ActorHead, slot: u32, to: u64, node: *mut Node) {
        // SAFETY: as the caller promises.
        match unsafe { head.mailbox.push(node, u64::from(self.core.options.mailbox_depth)) } {
            Push::Queued | Push::Full => {}
            Push::Wake => self.queue.push(slot),
            Push::Beyond => {
                self.met_full.set(true);
                count(&self.counters().spilled, 1);
            }
            Push::Dead => {
                self.give_cell();
                self.dead_letter(to, node);
            }
        }
    }

    /// A cell for a message; `false` if there is none.
    #[inline]
    pub(super) fn take_cell(&self) -> bool {
        if self.cells.get() == 0 {
            self.cells.set(self.core.cells.take());
            if self.cells.get() == 0 {
                return false;
            }
        }
        self.cells.set(self.cells.get() - 1);
        true
    }

    /// Gives the cell of a message back.
    #[inline]
    pub(super) fn give_cell(&self) {
        let (cells, portion) = (self.cells.get() + 1, self.core.cells.portion);
        self.cells.set(cells);
        if cells > 2 * portion {
            self.core.cells.give(portion);
            self.cells.set(cells - portion);
        }
    }

    pub(crate) fn try_tell<B: Actor, M: SentTo<B>>(&self, from: u64, to: u64, message: M) -> Result<(), Full<M>> {
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
        if head.mailbox.has_room(depth) && self.take_cell() {
            count(&self.counters().sent, 1);
            let node = self.write(from, M::TAG, &message);
            // SAFETY: the node was just taken.
            match unsafe { head.mailbox.push_below(node, depth) } {
                Push::Queued | Push::Beyond => return Ok(()),
                Push::Wake => {
                    self.queue.push(slot);
                    return Ok(());
                }
                Push::Dead => {
                    self.give_cell();
                    self.dead_letter(to, node);
                    return Ok(());
                }
                Push::Full => {
                    self.give_cell();
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

    #[track_caller]
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

    /// Keeps a message for later, with the actor that runs.
    #[track_caller]
    fn keep(&self, letter: Letter) {
        self.clear.set(false);
        let mut outbox = self.outbox.borrow_mut();
        outbox.push_back(letter);
        if outbox.len() > OUTBOX_LIMIT {
            drop(outbox);
            panic_any(Fault {
                kind: FailureKind::PoolExhausted,
                value: Some(OUTBOX_LIMIT as u64),
                message: "one run of a handler sent 65536 messages more than there is room for",
            });
        }
    }

    /// Counts a message that found nobody, and frees its node.
    pub(super) fn dead_letter(&self, to: u64, node: *mut Node) {
        // SAFETY: callers give the node away.
        unsafe { self.core.bury(to, node) };
        self.consumed(node);
        count(&self.counters().dead_letters, 1);
    }

    /// Frees the node of a message that is over, and what it held.
    #[inline]
    pub(super) fn consumed(&self, node: *mut Node) {
        // SAFETY: callers give the node away.
        if unsafe { Core::is_from_host(node) } {
            count(&self.counters().host_done, 1);
        }
        self.nodes.give(node, &self.core.slab);
    }
}
