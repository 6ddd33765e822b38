//! A system of actors, as the host sees it.
//!
//! Typed: messages go in and answers come out as Rust values, encoded straight into what the backend gives. The rest is
//! asked of the backend.

mod actor_ref;
mod ask;
mod builder;
mod field_view;
mod grid_ref;
mod group;
mod inbox;
mod options;
mod park;
mod planned_grid;
mod reach_check;

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::backend::{AnyEngine, BackendKind, Engine, HostType};
use crate::cpu::grid::GridEngine;
use crate::cuda::{CudaGrid, patience};
use crate::error::EndError;
use crate::failure::{DeadLetter, Failure};
use crate::lang::addr::Parts;
use crate::lang::shared::KeepShared;
use crate::lang::{Actor, Grid, Message};
use crate::stats::Stats;

pub use actor_ref::ActorRef;
pub use ask::Ask;
pub use builder::Builder;
pub use field_view::FieldView;
pub use grid_ref::{After, GridRef};
pub use inbox::{Inbox, Iter, TryIter};
pub use options::Backend;
pub(crate) use options::Options;

/// How long a dropped system waits for handlers that run.
const DROP_PATIENCE: Duration = Duration::from_secs(5);

/// The actors of one type: where their slots begin, and how many there are.
#[derive(Clone, Copy, Debug)]
struct Member {
    actor: TypeId,
    first_slot: u32,
    count: u32,
}

/// What systems, references, questions and inboxes share.
struct Running {
    engine: AnyEngine,
    members: Vec<Member>,
    /// Dropped after the engine, whose states may hold handles.
    _shared: KeepShared,
}

impl Running {
    /// The engine, if it runs a grid.
    fn grid(&self) -> Option<RunningGrid<'_>> {
        match &self.engine {
            AnyEngine::Grid(engine) => Some(RunningGrid::Cpu(engine)),
            AnyEngine::CudaGrid(engine) => Some(RunningGrid::Cuda(engine)),
            AnyEngine::Cpu(_) | AnyEngine::Cuda(_) => None,
        }
    }
}

/// A grid that runs, on one of the backends.
#[derive(Clone, Copy)]
enum RunningGrid<'a> {
    Cpu(&'a GridEngine),
    Cuda(&'a CudaGrid),
}

/// A running system of actors. Dropping it stops it.
pub struct System {
    running: Arc<Running>,
}

impl System {
    /// Says what the system consists of.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn new(engine: AnyEngine, members: Vec<Member>, shared: KeepShared) -> Self {
        Self { running: Arc::new(Running { engine, members, _shared: shared }) }
    }

    /// The `index`-th actor of type `A` that the builder made.
    ///
    /// If there is no such actor, what is sent to it comes back as
    /// [`SendError::NoSuchActor`](crate::error::SendError::NoSuchActor).
    #[must_use]
    pub fn actor<A: Actor>(&self, index: u32) -> ActorRef<A> {
        let slot = self
            .running
            .members
            .iter()
            .find(|member| member.actor == TypeId::of::<A>() && index < member.count)
            .map(|member| member.first_slot + index);
        let raw = slot.map_or(0, |slot| Parts { device: 0, slot, generation: 1 }.raw());
        ActorRef::new(Arc::clone(&self.running), raw)
    }

    /// The grid of type `A`. If the builder was given none, its calls say so.
    #[must_use]
    pub fn grid<A: Grid>(&self) -> GridRef<A> {
        GridRef::new(Arc::clone(&self.running))
    }

    /// How many actors of type `A` there are; of a grid, its tiles.
    #[must_use]
    pub fn count<A: Actor>(&self) -> u32 {
        let of_type = |member: &&Member| member.actor == TypeId::of::<A>();
        self.running.members.iter().find(of_type).map_or(0, |member| member.count)
    }

    /// What actors tell the host with `ctx.host().tell(m)`, for one type of message. All inboxes of one type share its
    /// messages: each is received once.
    #[must_use]
    pub fn inbox<M: Message>(&self) -> Inbox<M> {
        let message =
            HostType { id: TypeId::of::<M>(), path: std::any::type_name::<M>(), size: M::SIZE, desc: M::DESC };
        Inbox::new(Arc::clone(&self.running), self.running.engine.inbox(message))
    }

    /// Counters since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.running.engine.stats()
    }

    /// Actors that failed since the last call; only the latest 1024 are kept.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        self.running.engine.take_failures()
    }

    /// Messages that found nobody since the last call; only the latest 1024 are kept, all are counted in
    /// [`Stats::dead_letters`].
    #[must_use]
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.running.engine.take_dead_letters()
    }

    /// The backend that runs the actors.
    #[must_use]
    pub fn backend(&self) -> BackendKind {
        self.running.engine.description().kind
    }

    /// What the backend runs on, in words.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.running.engine.description().device
    }

    /// Waits until no message is under way: all that were sent have been handled, or are dead letters. `false` if that
    /// was not so in time, or the system has ended. Questions kept as `Reply` and messages waiting in inboxes do not
    /// count.
    pub fn settle(&self, timeout: Duration) -> bool {
        let start = Instant::now();
        let mut pause = Duration::from_micros(20);
        loop {
            if self.stats().in_flight() == 0 {
                return true;
            }
            if start.elapsed() >= timeout || self.running.engine.wait_end(Some(Duration::ZERO)).is_some() {
                return self.stats().in_flight() == 0;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    /// Asks the system to stop and returns at once: handlers that run come to their end, waiting messages are not
    /// handled any more, questions without an answer get [`AskError::Stopped`](crate::error::AskError::Stopped).
    pub fn stop(&self) {
        self.running.engine.stop();
    }

    /// Waits until the system has ended: by [`stop`](Self::stop), or by itself because it stalled.
    ///
    /// # Errors
    /// Why it ended, if it was not stopped.
    pub fn join(&self) -> Result<Stats, EndError> {
        self.running.engine.wait_end(None).unwrap_or(Ok(())).map(|()| self.stats())
    }

    /// Like [`join`](Self::join), for a limited time.
    ///
    /// # Errors
    /// [`EndError::StopTimeout`] if it did not end in time; otherwise why it ended, if it was not stopped.
    pub fn join_timeout(&self, timeout: Duration) -> Result<Stats, EndError> {
        match self.running.engine.wait_end(Some(timeout)) {
            Some(ended) => ended.map(|()| self.stats()),
            None => Err(EndError::StopTimeout { after: timeout, busy: self.running.engine.busy() }),
        }
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.running.engine.stop();
        let patience = patience(DROP_PATIENCE);
        match self.running.engine.wait_end(Some(patience)) {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(target: "ringkernel", %error, "the dropped system had ended"),
            None => tracing::error!(
                target: "ringkernel",
                busy = self.running.engine.busy(),
                "a handler did not come back within {patience:?} of the drop of its system; it is left behind"
            ),
        }
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("backend", &self.backend())
            .field("device", &self.device())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
