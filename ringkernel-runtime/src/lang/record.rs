//! A handler run for what it does, so that the project's own tests can compare that with what the emitted text does.
//!
//! There is no system: what the handler sends, answers and traces is written down in order, and what it would learn from a
//! system (where actors lie, whether a mailbox has room) is given. Only with the feature `record`.

use std::any::{TypeId, type_name};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::Ordering;

use super::actor::{Actor, SentTo};
use super::addr::Parts;
use super::atomic::{AtomicNumber, Operation};
use super::context::Context;
use super::device_type::DeviceValue;
use super::message::Message;
use super::scope::Scope;
use crate::cpu::{Fault, recorded};
use crate::error::Full;
use crate::failure::FailureKind;

/// One thing that a handler did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Did {
    /// Sent a message.
    Tell {
        /// The receiver's address.
        to: u64,
        /// The index of its handler.
        tag: u32,
        /// It asked for room first.
        trying: bool,
    },
    /// Told the host a message of this type.
    TellHost(&'static str),
    /// Answered this question.
    Answer(u64),
    /// Let this question go.
    Drop(u64),
    /// Traced, at this place.
    Trace(&'static str, u32),
    /// Changed or read an atomic number.
    Atomic {
        /// Its address.
        at: usize,
        /// How.
        change: Change,
        /// The order.
        order: Ordering,
        /// The scope.
        scope: Scope,
        /// What it was afterwards.
        left: u64,
    },
}

/// How an atomic number is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Read.
    Load,
    /// Replaced unseen.
    Store,
    /// Replaced.
    Swap,
    /// Replaced if it was what was expected.
    Compare,
    /// Added to, or subtracted from.
    Add,
    /// Made the smaller.
    Min,
    /// Made the larger.
    Max,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

impl Change {
    const fn of<T>(operation: &Operation<T>) -> Self {
        match operation {
            Operation::Load => Self::Load,
            Operation::Store(_) => Self::Store,
            Operation::Swap(_) => Self::Swap,
            Operation::Exchange { .. } => Self::Compare,
            Operation::Add(_) | Operation::Sub(_) => Self::Add,
            Operation::Min(_) => Self::Min,
            Operation::Max(_) => Self::Max,
            Operation::And(_) => Self::And,
            Operation::Or(_) => Self::Or,
            Operation::Xor(_) => Self::Xor,
        }
    }
}

/// What a handler did, with the message or answer in canonical layout.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// What.
    pub did: Did,
    /// The bytes, padding as zero.
    pub bytes: Vec<u8>,
    /// The same of bytes whose padding is anything; `None` if they are no value of the type.
    pub canonical: fn(&[u8]) -> Option<Vec<u8>>,
}

/// How a handler ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It came back.
    Returned,
    /// It failed on this line.
    Failed(u32),
    /// There was no such handler, or no such message.
    Unread,
}

/// A message on its way into a handler.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The receiver's address.
    pub me: u64,
    /// The sender's; 0 for the host.
    pub sender: u64,
    /// What the host's question is called; 0 without one.
    pub question: u64,
    /// The index of the handler.
    pub tag: u32,
    /// The message in canonical layout.
    pub payload: &'a [u8],
}

/// Where the actors of one type lie.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// The type.
    pub actor: TypeId,
    /// Slot of the first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// Runs handlers and writes down what they do.
#[derive(Debug)]
pub struct Recorder {
    placed: Vec<Placed>,
    room: RefCell<VecDeque<bool>>,
    found: RefCell<VecDeque<u64>>,
    question: Cell<u64>,
    done: RefCell<Vec<Recorded>>,
}

thread_local! {
    static CURRENT: Cell<*const Recorder> = const { Cell::new(std::ptr::null()) };
}

/// Does something with the recorder whose handler runs on this thread; nothing on others.
pub(crate) fn with_current(f: impl FnOnce(&Recorder)) {
    let recorder = CURRENT.try_with(Cell::get).unwrap_or(std::ptr::null());
    // SAFETY: set by `run` to the recorder it borrows, and reset before that borrow ends.
    if let Some(recorder) = unsafe { recorder.as_ref() } {
        f(recorder);
    }
}

/// An atomic operation of the handler that is recorded on this thread: what it finds. On other threads it is none of ours.
pub(super) fn atomic<T: AtomicNumber>(at: usize, operation: Operation<T>, order: Ordering, scope: Scope) -> Option<T> {
    let mut result = None;
    with_current(|recorder| {
        let found = recorder.found.borrow_mut().pop_front().unwrap_or(0).to_le_bytes();
        let Ok(found) = T::decode(&found[..T::SIZE]) else { return };
        let cell = found.cell();
        T::apply(&cell, operation, Ordering::SeqCst);
        let mut left = [0; 8];
        T::apply(&cell, Operation::Load, Ordering::SeqCst).encode(&mut left[..T::SIZE]);
        let did = Did::Atomic { at, change: Change::of(&operation), order, scope, left: u64::from_le_bytes(left) };
        recorder.note(did, Vec::new(), |_| Some(Vec::new()));
        result = Some(found);
    });
    result
}

fn bytes<T: DeviceValue>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::SIZE];
    value.encode(&mut bytes);
    bytes
}

/// A value's bytes with all padding zero.
#[must_use]
pub fn canonical<T: DeviceValue>(any: &[u8]) -> Option<Vec<u8>> {
    Some(bytes(&T::decode(any.get(..T::SIZE)?).ok()?))
}

impl Recorder {
    /// For actors at these places; `room` is what each `try_tell` learns, and `found` what each atomic operation finds, in
    /// order.
    #[must_use]
    pub fn new(placed: &[Placed], room: impl IntoIterator<Item = bool>, found: impl IntoIterator<Item = u64>) -> Self {
        let (room, found) = (room.into_iter().collect(), found.into_iter().collect());
        Self {
            placed: placed.to_vec(),
            room: RefCell::new(room),
            found: RefCell::new(found),
            question: Cell::new(0),
            done: RefCell::default(),
        }
    }

    /// Runs a handler: how it ended, and what it did until then.
    pub fn run<A: Actor>(&self, state: &mut A, call: Call<'_>) -> (Ended, Vec<Recorded>) {
        self.question.set(call.question);
        CURRENT.set(self);
        let mut context = Context::of_recorder(self, call.me, call.sender);
        let ended = recorded(|| {
            catch_unwind(AssertUnwindSafe(|| state.dispatch(call.tag, call.payload, &mut context).is_ok())).ok()
        });
        // A question that was not answered before the end goes on with the caller.
        CURRENT.set(std::ptr::null());
        let ended = match ended {
            (Some(true), _) => Ended::Returned,
            (Some(false), _) => Ended::Unread,
            (None, line) => Ended::Failed(line),
        };
        (ended, self.done.take())
    }

    fn note(&self, did: Did, bytes: Vec<u8>, canonical: fn(&[u8]) -> Option<Vec<u8>>) {
        self.done.borrow_mut().push(Recorded { did, bytes, canonical });
    }

    pub(super) fn tell<B: Actor, M: SentTo<B>>(&self, to: u64, message: &M) {
        self.note(Did::Tell { to, tag: M::TAG, trying: false }, bytes(message), canonical::<M>);
    }

    pub(super) fn try_tell<B: Actor, M: SentTo<B>>(&self, to: u64, message: M) -> Result<(), Full<M>> {
        let sent = self.room.borrow_mut().pop_front().unwrap_or(true);
        // Encoding takes questions out of the message, which may come back.
        let bytes = bytes(&message);
        let message = if sent { None } else { M::decode(&bytes).ok() };
        self.note(Did::Tell { to, tag: M::TAG, trying: true }, bytes, canonical::<M>);
        message.map_or(Ok(()), |message| Err(Full(message)))
    }

    pub(super) fn tell_host<M: Message>(&self, message: &M) {
        self.note(Did::TellHost(type_name::<M>()), bytes(message), canonical::<M>);
    }

    #[track_caller]
    pub(super) fn nth<B: Actor>(&self, index: u32) -> u64 {
        let placed = self.placed.iter().find(|placed| placed.actor == TypeId::of::<B>() && index < placed.count);
        let Some(placed) = placed else {
            panic_any(Fault {
                kind: FailureKind::NoSuchActor,
                value: Some(u64::from(index)),
                message: "there are not so many actors of this type",
            });
        };
        Parts { device: 0, slot: placed.first + index, generation: 1 }.raw()
    }

    pub(super) fn take_question(&self) -> u64 {
        self.question.take()
    }

    pub(super) fn answer<T: DeviceValue>(&self, question: u64, value: &T) {
        self.note(Did::Answer(question), bytes(value), canonical::<T>);
    }

    pub(super) fn drop_reply(&self, question: u64) {
        self.note(Did::Drop(question), Vec::new(), |_| Some(Vec::new()));
    }

    pub(super) fn trace(&self, file: &'static str, line: u32) {
        self.note(Did::Trace(file, line), Vec::new(), |_| Some(Vec::new()));
    }
}
