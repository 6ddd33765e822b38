//! What a backend is: the interface between the typed API and whatever runs the actors.
//!
//! Everything that crosses is an envelope: the address of the receiver, the tag of its handler, and the message in its
//! canonical layout, written by a closure straight into the place the backend reserved for it. A message is sent
//! once that call returns `Ok`; on `Err` nothing was written and the caller still has it. There is one dispatch a
//! message, by [`AnyEngine`], and it is static. Blocking is not a backend's business: the API polls, then parks with a
//! waker.

use std::any::TypeId;
use std::ops::Range;
use std::task::Waker;
use std::time::Duration;

use ringkernel_codegen::desc::{ActorDesc, TypeDesc};

use crate::cpu::CpuEngine;
use crate::cpu::grid::GridEngine;
use crate::cuda::{CudaEngine, CudaGrid};
use crate::error::{AskError, EndError, RecvError, StartError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::lang::boundary::Sides;
use crate::stats::Stats;
use crate::system::Options;

/// A question under way. Which bits mean what is the backend's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(pub(crate) u64);

/// An opened inbox, numbered by the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InboxId(pub(crate) u32);

/// A type of message that the host receives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostType {
    /// Its identity in this process.
    pub(crate) id: TypeId,
    /// Its identity in the compiler's `host_messages`: `core::any::type_name`.
    pub(crate) path: &'static str,
    /// Bytes in the canonical layout.
    #[allow(dead_code)] // for backends that copy it
    pub(crate) size: usize,
    /// Its description.
    #[allow(dead_code)] // for backends that check it against the compiler's
    pub(crate) desc: TypeDesc,
}

/// Which backend runs, and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    /// The backend.
    pub(crate) kind: BackendKind,
    /// The device in words: `NVIDIA H200`, `2 threads`.
    pub(crate) device: String,
}

/// The backend that a system runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackendKind {
    /// Worker threads.
    Cpu,
    /// A persistent kernel on an NVIDIA GPU.
    Cuda,
}

impl std::fmt::Display for BackendKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

/// A running backend.
///
/// Addresses are given out by the builder before a backend starts: device 0, generation 1, slots in the order of
/// [`Plan::groups`], the actors of one type next to each other from [`Group::first_slot`].
pub(crate) trait Engine: Send + Sync {
    /// Which backend and device this is.
    fn description(&self) -> &Description;

    /// Sends `len` bytes, which `write` writes. `Err` if nothing was sent.
    fn tell(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent>;

    /// Like [`tell`](Self::tell), and the ticket to get the answer with.
    fn ask(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent>;

    /// Like [`tell`](Self::tell), for a tile of a grid once it has done so many steps.
    fn tell_after(
        &self,
        _step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Unsent> {
        self.tell(to, tag, len, write)
    }

    /// Like [`ask`](Self::ask), for a tile of a grid once it has done so many steps.
    fn ask_after(
        &self,
        _step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Ticket, Unsent> {
        self.ask(to, tag, len, write)
    }

    /// The answer, if there is one: its bytes are in `out`, whose length is the size of the reply type. `Some` uses the
    /// ticket up. Called in a spinning loop by the asking thread: no locks, no system calls.
    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>>;

    /// Wakes once when the answer is there (at once if it is), or the system has ended. Replaces an earlier waker.
    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker);

    /// Nobody waits for the answer any more.
    fn abandon(&self, ticket: Ticket);

    /// Opens the inbox of a type of message. The same inbox for the same type.
    fn inbox(&self, message: HostType) -> InboxId;

    /// The next message, if there is one: its bytes are in `out`. `Stopped` only when no more can come.
    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>>;

    /// Wakes when a message is there (at once if one is), or the system has ended.
    fn wake_on_message(&self, inbox: InboxId, waker: &Waker);

    /// Counters. To find out whether anything is in flight, `handled` and `dead_letters` are read before what was sent.
    fn stats(&self) -> Stats;

    /// The failures since the last call; the oldest are left out if there were very many.
    fn take_failures(&self) -> Vec<Failure>;

    /// The dead letters since the last call; the oldest are left out if there were very many.
    fn take_dead_letters(&self) -> Vec<DeadLetter>;

    /// Asks everything to stop: handlers that run come to their end, waiting messages are not handled. Returns at once.
    fn stop(&self);

    /// Waits for the end, however it comes about. `None` if it did not come in time.
    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>>;

    /// What keeps a system from ending, in words, for the error that says so.
    fn busy(&self) -> String;
}

/// All actors of one type, not made yet.
pub(crate) trait Group: Send {
    /// Everything the compiler needs.
    #[allow(dead_code)] // for backends that compile
    fn desc(&self) -> ActorDesc;
    /// The user's name of the type.
    #[allow(dead_code)] // for backends that compile
    fn name(&self) -> &'static str;
    /// The identity of the type in this process.
    fn type_id(&self) -> TypeId;
    /// How many there are.
    fn count(&self) -> u32;
    /// The slot of the first of them.
    #[allow(dead_code)] // for backends that encode
    fn first_slot(&self) -> u32;
    /// Size and alignment of the state in the canonical layout.
    #[allow(dead_code)] // for backends that encode
    fn state_layout(&self) -> (usize, usize);
    /// Makes the actor with this index, which is the next one, and writes its state to `out`.
    #[allow(dead_code)] // for backends that encode
    fn encode_next(&mut self, index: u32, out: &mut [u8]) -> Result<(), StartError>;
    /// Makes all actors as Rust values, for the CPU.
    fn build(self: Box<Self>) -> Result<Box<dyn crate::cpu::Arena>, StartError>;
}

/// What the builder hands to a backend.
pub(crate) struct Plan {
    /// In the order of slots.
    pub(crate) groups: Vec<Box<dyn Group>>,
    /// The rest of what the builder was told.
    pub(crate) options: Options,
}

/// A group of tiles: its number, and whether a tile of such cells is in it.
pub(crate) struct NamedGroup {
    pub(crate) number: u32,
    pub(crate) has: Box<dyn Fn(&[Range<u32>]) -> bool + Send + Sync>,
}

/// A grid that is to be started.
pub(crate) struct GridPlan<A> {
    pub(crate) extents: Vec<u32>,
    pub(crate) sides: Vec<Sides>,
    /// The extents of a tile, if they were fixed.
    pub(crate) tile: Option<Vec<u32>>,
    /// The groups of tiles that were named.
    pub(crate) groups: Vec<NamedGroup>,
    pub(crate) init: A,
    pub(crate) options: Options,
}

/// One of the backends, without a virtual call.
pub(crate) enum AnyEngine {
    Cpu(CpuEngine),
    Cuda(CudaEngine),
    /// A grid on the CPU.
    Grid(GridEngine),
    /// A grid on a GPU.
    CudaGrid(Box<CudaGrid>),
}

macro_rules! each {
    ($self:ident, $engine:ident => $call:expr) => {
        match $self {
            Self::Cpu($engine) => $call,
            Self::Cuda($engine) => $call,
            Self::Grid($engine) => $call,
            Self::CudaGrid($engine) => $call,
        }
    };
}

impl Engine for AnyEngine {
    fn description(&self) -> &Description {
        each!(self, engine => engine.description())
    }
    #[inline]
    fn tell(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        each!(self, engine => engine.tell(to, tag, len, write))
    }
    #[inline]
    fn ask(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent> {
        each!(self, engine => engine.ask(to, tag, len, write))
    }
    fn tell_after(
        &self,
        step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Unsent> {
        each!(self, engine => engine.tell_after(step, to, tag, len, write))
    }
    fn ask_after(
        &self,
        step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Ticket, Unsent> {
        each!(self, engine => engine.ask_after(step, to, tag, len, write))
    }
    #[inline]
    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>> {
        each!(self, engine => engine.poll_answer(ticket, out))
    }
    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker) {
        each!(self, engine => engine.wake_on_answer(ticket, waker));
    }
    fn abandon(&self, ticket: Ticket) {
        each!(self, engine => engine.abandon(ticket));
    }
    fn inbox(&self, message: HostType) -> InboxId {
        each!(self, engine => engine.inbox(message))
    }
    #[inline]
    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>> {
        each!(self, engine => engine.poll_inbox(inbox, out))
    }
    fn wake_on_message(&self, inbox: InboxId, waker: &Waker) {
        each!(self, engine => engine.wake_on_message(inbox, waker));
    }
    fn stats(&self) -> Stats {
        each!(self, engine => engine.stats())
    }
    fn take_failures(&self) -> Vec<Failure> {
        each!(self, engine => engine.take_failures())
    }
    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        each!(self, engine => engine.take_dead_letters())
    }
    fn stop(&self) {
        each!(self, engine => engine.stop());
    }
    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        each!(self, engine => engine.wait_end(timeout))
    }
    fn busy(&self) -> String {
        each!(self, engine => engine.busy())
    }
}
