//! What a handler sees of the system.
//!
//! Exists only while a handler runs natively, on a worker thread of the CPU backend; on a device the same calls are the
//! emitted text's. A handler never waits: every call returns at once.

use std::fmt;
use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::actor::{Actor, SentTo};
use super::addr::{Addr, AnyAddr};
use super::device_type::{DeviceType, DeviceValue};
use super::grid::Grid;
use super::group::Group;
use super::message::{MAX_PAYLOAD, Message};
use super::neighbour::{Dir, Exchanged, NotSent};
#[cfg(feature = "record")]
use super::record::Recorder;
use super::reply::Reply;
use crate::cpu::grid::{Current, TileHandle};
use crate::cpu::worker::Worker;
use crate::error::Full;

/// The context of a handler of `A`.
pub struct Context<A> {
    /// Outlives the context, which never leaves the handler.
    runner: RunnerPointer,
    me: u64,
    sender: u64,
    actor: PhantomData<fn(A)>,
}

impl<A> Context<A> {
    pub(crate) fn new(worker: &Worker, me: u64, sender: u64) -> Self {
        Self { runner: RunnerPointer::Worker(worker), me, sender, actor: PhantomData }
    }

    /// For a handler whose doings are written down.
    #[cfg(feature = "record")]
    pub(super) fn of_recorder(recorder: &Recorder, me: u64, sender: u64) -> Self {
        Self { runner: RunnerPointer::Recorder(recorder), me, sender, actor: PhantomData }
    }

    /// For what runs in a tile.
    pub(crate) fn of_tile(tile: &Current, sender: u64) -> Self
    where
        A: Grid,
    {
        Self { runner: RunnerPointer::Tile(tile), me: tile.handle.address(), sender, actor: PhantomData }
    }
}

/// Who runs a handler: a worker, or the thread of a tile of a grid.
#[derive(Clone, Copy)]
enum RunnerPointer {
    Worker(*const Worker),
    Tile(*const Current),
    #[cfg(feature = "record")]
    Recorder(*const Recorder),
}

/// The same, borrowed.
enum Runner<'a> {
    Worker(&'a Worker),
    Tile(&'a Current),
    #[cfg(feature = "record")]
    Recorder(&'a Recorder),
}

impl<A: Actor> Context<A> {
    #[inline]
    fn runner(&self) -> Runner<'_> {
        // SAFETY: made from a reference that stays borrowed until the handler has come back; user code only ever gets
        // `&mut Context`, of which it can keep nothing, and `Context` is neither Send nor Sync.
        unsafe {
            match self.runner {
                RunnerPointer::Worker(worker) => Runner::Worker(&*worker),
                RunnerPointer::Tile(tile) => Runner::Tile(&*tile),
                #[cfg(feature = "record")]
                RunnerPointer::Recorder(recorder) => Runner::Recorder(&*recorder),
            }
        }
    }

    fn worker(&self) -> &Worker {
        // The attribute says it first, of what it can see.
        const { assert!(A::GRID.is_none(), "a tile of a grid cannot send to other actors so far: tell the host") };
        match self.runner() {
            Runner::Worker(worker) => worker,
            Runner::Tile(_) => unreachable!("tiles run grids alone"),
            #[cfg(feature = "record")]
            Runner::Recorder(_) => unreachable!("asked before"),
        }
    }

    /// Sends `message` to `to`. Never waits and never loses it: what finds the mailbox full takes a spare cell, and
    /// without one this actor is not run again until the receiver has room. An actor that goes on sending without end
    /// in one handler fails.
    #[track_caller]
    pub fn tell<B: Actor, M: SentTo<B>>(&self, to: Addr<B>, message: M) {
        #[cfg(feature = "record")]
        if let Runner::Recorder(recorder) = self.runner() {
            return recorder.tell::<B, M>(to.raw(), &message);
        }
        self.worker().tell::<B, M>(self.me, to.raw(), message);
    }

    /// Sends `message` to `to` if its mailbox has room.
    ///
    /// # Errors
    /// [`Full`] with the message if it has none.
    pub fn try_tell<B: Actor, M: SentTo<B>>(&self, to: Addr<B>, message: M) -> Result<(), Full<M>> {
        #[cfg(feature = "record")]
        if let Runner::Recorder(recorder) = self.runner() {
            return recorder.try_tell::<B, M>(to.raw(), message);
        }
        self.worker().try_tell::<B, M>(self.me, to.raw(), message)
    }

    /// Sends `message` to the tile on one side, for tiles of a grid. It is handled there after the step that is being done, or, if
    /// a handler sends it, after the next one: before the host's messages, in the order of the sides it may come from
    /// ([`Dir`]), and from one side in the order of sending. Where an axis is periodic, the tile on the other side of the
    /// domain is the neighbour. `docs/tiles.md` has an example.
    ///
    /// # Errors
    /// [`NotSent`] with the message, if it is the ninth to this side since the last step was done, or if there is no tile.
    pub fn send<M: SentTo<A>>(&mut self, to: Dir, message: M) -> Result<(), NotSent<M>>
    where
        A: Grid,
    {
        self.tile().send(to, M::TAG, message)
    }

    /// Sends `message` to the tiles on all sides, in the order of [`Dir`], and says how many those are: as [`send`](Self::send) to each,
    /// but where that gives the message back it is counted. A message that can go to several is `Copy`; a question goes to one.
    pub fn exchange<M: SentTo<A> + Copy>(&mut self, message: M) -> Exchanged
    where
        A: Grid,
    {
        let mut all = Exchanged::default();
        for side in &Dir::ALL[..2 * self.tile().dimensions()] {
            match self.send(*side, message) {
                Ok(()) => all.sent += 1,
                Err(NotSent::Full(_)) => all.full += 1,
                Err(NotSent::NoNeighbour(_)) => all.alone += 1,
            }
        }
        all
    }

    /// The `index`-th actor of type `B` that the builder made. If there are not so many, this actor fails.
    #[track_caller]
    pub fn actor<B: Actor>(&self, index: u32) -> Addr<B> {
        #[cfg(feature = "record")]
        if let Runner::Recorder(recorder) = self.runner() {
            return Addr::from_raw(recorder.nth::<B>(index));
        }
        Addr::from_raw(self.worker().nth::<B>(index))
    }

    /// The address of the actor that runs.
    pub fn me(&self) -> Addr<A> {
        Addr::from_raw(self.me)
    }

    /// Who sent the message; [`AnyAddr::HOST`] if the host did. A tile of a grid hears from neighbours besides.
    pub fn sender(&self) -> AnyAddr {
        AnyAddr::from_raw(self.sender)
    }

    /// The host, to tell it something.
    pub fn host(&self) -> Host<'_> {
        Host { runner: self.runner(), me: self.me }
    }

    /// Answers the question being handled with what its handler returned; called by `Actor::dispatch`.
    #[doc(hidden)]
    #[inline]
    #[allow(clippy::needless_pass_by_value)] // what a handler returned is given away
    pub fn __answer<R: DeviceValue>(&self, value: R) {
        const { assert!(R::SIZE <= MAX_PAYLOAD, "what a handler returns can have 180 bytes at most") };
        match self.runner() {
            Runner::Worker(worker) => {
                let question = worker.take_question();
                if question != 0 {
                    worker.answer_last(question, R::SIZE, |out| value.encode(out));
                }
            }
            Runner::Tile(tile) => {
                let question = tile.take_question();
                if question != 0 {
                    tile.answer(question, R::SIZE, |out| value.encode(out));
                }
            }
            #[cfg(feature = "record")]
            Runner::Recorder(recorder) => {
                let question = recorder.take_question();
                if question != 0 {
                    recorder.answer(question, &value);
                }
            }
        }
    }

    /// The question being handled, for a handler with a `Reply` parameter; called by `Actor::dispatch`.
    #[doc(hidden)]
    pub fn __reply<R: DeviceValue>(&self) -> Reply<R> {
        Reply::from_raw(match self.runner() {
            Runner::Worker(worker) => worker.take_question(),
            Runner::Tile(tile) => tile.take_question(),
            #[cfg(feature = "record")]
            Runner::Recorder(recorder) => recorder.take_question(),
        })
    }

    /// What `trace!` expands to.
    #[doc(hidden)]
    pub fn __trace(&self, file: &'static str, line: u32, text: fmt::Arguments<'_>) {
        match self.runner() {
            Runner::Worker(worker) => worker.trace(self.me, file, line, text),
            Runner::Tile(tile) => {
                let actor = tile.handle.name();
                tracing::info!(target: "ringkernel::trace", actor, file, line, "{text}");
            }
            #[cfg(feature = "record")]
            Runner::Recorder(recorder) => recorder.trace(file, line),
        }
    }
}

/// Nothing: so that a question in a handler is answered by what to do instead.
#[diagnostic::on_unimplemented(
    message = "a handler never waits, so only the host asks",
    label = "asked in a handler",
    note = "put `ctx.me()` into a message that is told, and go on in the handler of the message that comes back"
)]
pub trait Waits {}

impl<A> Context<A> {
    #[doc(hidden)]
    pub fn ask<B, M>(&self, _: Addr<B>, _: M)
    where
        Self: Waits,
    {
    }
}

impl<A: Grid> Context<A> {
    /// How many steps are done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.tile().step()
    }

    /// The extents of the domain, in cells.
    #[must_use]
    pub fn domain<const D: usize>(&self) -> [u32; D]
    where
        A: super::grid::GridState<Cell = [u32; D]>,
    {
        self.tile().extents()
    }

    /// Waits until all tiles of a group have come here. What they did before, to `SharedAtomics` of whatever order, is seen by all of them
    /// after it. All tiles come to the same barriers in the same order; of a named group those that are in it do, and others go on.
    /// In a handler only if its message went to all tiles.
    #[track_caller]
    pub fn barrier<const D: usize>(&self, group: Group<D>)
    where
        A: super::grid::GridState<Cell = [u32; D]>,
    {
        self.tile().barrier(group);
    }

    /// Whether this tile is in a group: in all but those of others that the builder named.
    #[must_use]
    pub fn is_in<const D: usize>(&self, group: Group<D>) -> bool
    where
        A: super::grid::GridState<Cell = [u32; D]>,
    {
        match group {
            Group::Named(number) => self.tile().is_in(number),
            Group::Grid | Group::Near(_) => true,
        }
    }

    /// Lets the grid hold after this step, as [`GridRef::hold`](crate::system::GridRef::hold) does. For steps; all tiles
    /// must come to it. A handler that calls it does not compile, or fails the grid.
    #[track_caller]
    pub fn hold(&self) {
        self.tile().hold();
    }

    pub(crate) fn tile(&self) -> &TileHandle {
        match self.runner() {
            Runner::Tile(tile) => &tile.handle,
            Runner::Worker(_) => unreachable!("workers run no grids"),
            #[cfg(feature = "record")]
            Runner::Recorder(_) => unreachable!("recorders run no grids"),
        }
    }
}

impl<A> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({})", AnyAddr::from_raw(self.me))
    }
}

#[diagnostic::do_not_recommend]
impl<A: Actor> DeviceType for Context<A> {
    const DESC: TypeDesc = TypeDesc::Context(A::LINK);
}

/// The host, as a handler sees it.
pub struct Host<'a> {
    runner: Runner<'a>,
    me: u64,
}

impl Host<'_> {
    /// Sends `message` to the host, which receives it from `system.inbox::<M>()`. Never waits: while the inbox is full,
    /// this actor is not run again; a grid, whose tiles cannot wait, fails.
    #[allow(clippy::needless_pass_by_value)] // a message is given away
    #[track_caller]
    pub fn tell<M: Message>(&self, message: M) {
        match self.runner {
            Runner::Worker(worker) => worker.tell_host(self.me, message),
            Runner::Tile(tile) => tile.tell_host(&message),
            #[cfg(feature = "record")]
            Runner::Recorder(recorder) => recorder.tell_host(&message),
        }
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

#[diagnostic::do_not_recommend]
impl DeviceType for Host<'_> {
    const DESC: TypeDesc = TypeDesc::Host;
}

#[diagnostic::do_not_recommend]
impl<M: Message> DeviceType for Result<(), Full<M>> {
    const DESC: TypeDesc = TypeDesc::TryTell(&M::DESC);
}
