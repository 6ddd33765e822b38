//! The actors of one type: their states, each with its mailbox before it, in one array.

use std::any::TypeId;
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, Ordering};

use ringkernel_codegen::desc::HandlerDesc;

use super::blocked::Outbox;
use super::mailbox::{List, Mailbox};
use super::worker::Worker;
use crate::error::StartError;
use crate::lang::reply::{each_reply, holds_replies};
use crate::lang::{Actor, Context, DeviceValue};

/// What every actor has, whatever its type. It lies in the same cache line as a small state.
#[repr(C)]
pub(super) struct ActorHead {
    pub(super) mailbox: Mailbox,
    generation: AtomicU32,
    /// Messages taken from the mailbox and not run yet. Only for who runs the actor.
    pub(super) taken: UnsafeCell<List>,
    /// What it sent and nobody had room for. Only for who runs it, or retries it.
    pub(super) outbox: UnsafeCell<Option<Box<Outbox>>>,
}

impl ActorHead {
    fn new() -> Self {
        Self {
            mailbox: Mailbox::new(),
            generation: AtomicU32::new(1),
            taken: UnsafeCell::new(List::new()),
            outbox: UnsafeCell::new(None),
        }
    }

    #[inline]
    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Ordering::Relaxed)
    }
}

#[repr(C, align(64))]
struct Cell<A> {
    head: ActorHead,
    state: UnsafeCell<A>,
}

/// How the message that was run last ended.
pub(super) enum Ran {
    /// The handler came back.
    Done,
    /// Its bytes are not a message of the actor.
    Corrupt(String),
}

/// All actors of one type, behind their erased interface: the part that is looked at for every message.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(super) first: u32,
    pub(super) count: u32,
    stride: usize,
    base: *const u8,
    pub(super) actor: TypeId,
    pub(super) name: &'static str,
    pub(super) handlers: &'static [HandlerDesc],
    /// Runs the handler of a message.
    ///
    /// # Safety
    /// The index must be in the range, and the caller the one that runs the actor.
    pub(super) dispatch: unsafe fn(&Self, u32, &Worker, Message<'_>) -> Ran,
    /// Calls back with the questions that a state keeps, and takes them out of it. Safety as above.
    pub(super) kept_questions: unsafe fn(&Self, u32, &mut dyn FnMut(u64)),
}

// SAFETY: `base` refers to an array of cells which the core keeps; access to a cell is by the mailbox protocol, and
// states are Send.
unsafe impl Send for Range {}
// SAFETY: as above.
unsafe impl Sync for Range {}

/// A message on its way into a handler.
#[derive(Clone, Copy)]
pub(super) struct Message<'a> {
    pub(super) me: u64,
    pub(super) sender: u64,
    pub(super) tag: u32,
    pub(super) payload: &'a [u8],
}

impl Range {
    /// The head of the actor with this index.
    ///
    /// # Safety
    /// The index must be in the range.
    #[inline]
    pub(super) unsafe fn head(&self, index: u32) -> &ActorHead {
        debug_assert!(index < self.count);
        // SAFETY: cells are `stride` apart and begin with their head.
        unsafe { &*self.base.add(index as usize * self.stride).cast::<ActorHead>() }
    }

    /// # Safety
    /// The range must be of type `A` and the index in it.
    #[inline]
    unsafe fn cell<A>(&self, index: u32) -> &Cell<A> {
        // SAFETY: as the caller promises.
        unsafe { &*self.base.add(index as usize * self.stride).cast::<Cell<A>>() }
    }
}

/// Owns the actors of one type.
pub(crate) trait Arena: Send + Sync {
    /// The actors, for as long as the arena lives.
    fn range(&self) -> Range;
}

/// The actors of type `A`.
pub(crate) struct Cells<A> {
    cells: Vec<Cell<A>>,
    first: u32,
}

// SAFETY: cells are accessed by the mailbox protocol: one thread at a time runs an actor; states are Send.
unsafe impl<A: Send> Sync for Cells<A> {}
// SAFETY: nodes in the heads belong to the slab of the same core; states are Send.
unsafe impl<A: Send> Send for Cells<A> {}

impl<A: Actor + DeviceValue> Cells<A> {
    /// Room for so many actors.
    pub(crate) fn with_capacity(count: u32, first: u32) -> Result<Self, StartError> {
        let needed = u64::from(count) * size_of::<Cell<A>>() as u64;
        let available = available_memory().unwrap_or(u64::MAX);
        let out_of_memory = StartError::OutOfMemory { what: "the states of the actors", needed, available };
        if needed > available {
            return Err(out_of_memory);
        }
        let mut cells = Vec::new();
        cells.try_reserve_exact(count as usize).map_err(|_| out_of_memory)?;
        Ok(Self { cells, first })
    }

    /// Adds the next actor.
    pub(crate) fn push(&mut self, state: A) {
        self.cells.push(Cell { head: ActorHead::new(), state: UnsafeCell::new(state) });
    }
}

impl<A: Actor + DeviceValue> Arena for Cells<A> {
    fn range(&self) -> Range {
        Range {
            first: self.first,
            count: self.cells.len() as u32,
            stride: size_of::<Cell<A>>(),
            base: self.cells.as_ptr().cast(),
            actor: TypeId::of::<A>(),
            name: A::NAME,
            handlers: A::HANDLERS,
            dispatch: dispatch::<A>,
            kept_questions: kept_questions::<A>,
        }
    }
}

/// # Safety
/// As for [`Range::dispatch`], and the range must be of type `A`.
unsafe fn dispatch<A: Actor + DeviceValue>(range: &Range, index: u32, worker: &Worker, message: Message<'_>) -> Ran {
    // SAFETY: the range is of type `A`.
    let cell = unsafe { range.cell::<A>(index) };
    // SAFETY: the caller runs the actor, so nobody else has its state.
    let state = unsafe { &mut *cell.state.get() };
    let mut context = Context::new(worker, message.me, message.sender);
    match state.dispatch(message.tag, message.payload, &mut context) {
        Ok(()) => Ran::Done,
        Err(error) => Ran::Corrupt(error.to_string()),
    }
}

/// # Safety
/// As for [`Range::kept_questions`], and the range must be of type `A`.
unsafe fn kept_questions<A: Actor + DeviceValue>(range: &Range, index: u32, found: &mut dyn FnMut(u64)) {
    if !holds_replies(&A::DESC) {
        return;
    }
    // SAFETY: the range is of type `A`.
    let cell = unsafe { range.cell::<A>(index) };
    // SAFETY: the caller runs the actor, so nobody else has its state.
    let state = unsafe { &*cell.state.get() };
    let mut bytes = vec![0; A::SIZE];
    // Encoding takes the questions out of the state.
    state.encode(&mut bytes);
    each_reply(&A::DESC, &bytes, found);
}

/// Bytes of memory that can still be had, where the system says so.
pub(crate) fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
