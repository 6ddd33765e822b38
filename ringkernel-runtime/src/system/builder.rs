//! Says what a system consists of, and starts it.

use std::any::TypeId;
use std::ops::Range;

use super::group::{Placed, TypedGroup};
use super::options::{Backend, Options};
use super::planned_grid::{PlannedGrid, TypedGrid};
use super::{Member, System};
use crate::backend::{AnyEngine, Engine, Group, NamedGroup, Plan};
use crate::cpu::CpuEngine;
use crate::cuda;
use crate::device_check::device_check;
use crate::dump;
use crate::error::StartError;
use crate::lang::addr::SLOT_BITS;
use crate::lang::shared::KeepShared;
use crate::lang::{Actor, Boundaries, Grid, GridOf, Scheduled};

/// The actor type, known to be one of many.
type State<A> = <<A as Actor>::Kind as Scheduled<A>>::State;

/// Says what a system consists of.
///
/// Made by [`System::builder`]; `.actors(..)` at least once, or `.grid(..)`, then `.start()`.
#[derive(Default)]
pub struct Builder {
    groups: Vec<Box<dyn Placed>>,
    counts: Vec<u64>,
    grids: Vec<Box<dyn PlannedGrid>>,
    /// The first extent of a tile that was fixed before there was a grid.
    tile_of_nothing: Option<u32>,
    /// The number of a group of tiles that was named before there was a grid.
    group_of_nothing: Option<u32>,
    options: Options,
}

impl Builder {
    /// Adds `count` actors of type `A`. `init` makes each of them from its index among the actors of its type, from 0;
    /// called again with the same type, the indices go on.
    #[must_use]
    pub fn actors<A: Actor>(mut self, count: u32, mut init: impl FnMut(u32) -> A + Send + 'static) -> Self
    where
        A::Kind: Scheduled<A>,
    {
        let at = self.groups.iter().position(|group| group.type_id() == TypeId::of::<A>()).unwrap_or_else(|| {
            self.groups.push(Box::new(TypedGroup::<State<A>>::new()));
            self.counts.push(0);
            self.groups.len() - 1
        });
        self.counts[at] += u64::from(count);
        if let Some(group) = self.groups[at].as_any().downcast_mut::<TypedGroup<State<A>>>() {
            group.add(count, Box::new(move |index| A::Kind::state(init(index))));
        }
        self
    }

    /// Adds a grid: a domain of so many cells along each axis, what is beyond its edges, and the state that every tile
    /// begins with: fields with their first values, and members that are no fields.
    ///
    /// So far a system has one grid, and then no other actors.
    #[must_use]
    pub fn grid<A: Grid + GridOf<D>, const D: usize>(
        mut self,
        extents: [u32; D],
        boundaries: impl Into<Boundaries>,
        init: A,
    ) -> Self {
        let (extents, boundaries) = (extents.to_vec(), boundaries.into());
        self.grids.push(Box::new(TypedGrid { extents, boundaries, tile: None, groups: Vec::new(), init }));
        self
    }

    /// Fixes the extents of the tiles of the grid added last. Without this call they suit the machine. The values of
    /// fields do not depend on it, unless tiles send each other messages.
    #[must_use]
    pub fn tile(mut self, extents: impl AsRef<[u32]>) -> Self {
        match self.grids.last_mut() {
            Some(grid) => grid.fix_tile(extents.as_ref().to_vec()),
            None => self.tile_of_nothing = Some(extents.as_ref().first().copied().unwrap_or(0)),
        }
        self
    }

    /// Measures how tiles of the grid are best made, on the GPU that it starts on, and remembers the fastest way on disk: later starts
    /// with the same program, domain, device and compiler begin at once. Without this call, a model of what steps cost decides.
    ///
    /// Each of a few ways is compiled and run for some milliseconds from the first state, as a grid of its own that nobody sees; closures of
    /// [`Field::from_fn`](crate::lang::Field::from_fn) are called for each. Tiles that `.tile(..)` has fixed stay, and on the CPU, where a tile is a
    /// thread, nothing is measured.
    #[must_use]
    pub const fn autotune(mut self) -> Self {
        self.options.autotune = true;
        self
    }

    /// Names a group of tiles of the grid added last, from 0 to 14, for [`Group::Named`](crate::lang::Group::Named): those of which the closure
    /// says so. It is called for each tile with the tile's cells along each axis.
    #[must_use]
    pub fn group(mut self, number: u32, has: impl Fn(&[Range<u32>]) -> bool + Send + Sync + 'static) -> Self {
        match self.grids.last_mut() {
            Some(grid) => grid.name_group(NamedGroup { number, has: Box::new(has) }),
            None => self.group_of_nothing = Some(number),
        }
        self
    }

    /// The backend to run on. Without this call, [`Backend::Auto`].
    #[must_use]
    pub const fn backend(mut self, backend: Backend) -> Self {
        self.options.backend = backend;
        self
    }

    /// How many messages wait in a mailbox before `try_tell` finds it full and those who send more are run later: a
    /// power of two up to 4096. Without this call, 16.
    #[must_use]
    pub const fn mailbox_depth(mut self, messages: u32) -> Self {
        self.options.mailbox_depth = messages;
        self
    }

    /// How many messages can be under way beyond what all mailboxes hold at their depth, in the whole system: up to
    /// 1,073,741,824. Without this call, 1,048,576; a GPU takes at least two for each actor. When all room is taken the host gets `Full`, and actors that send more than they receive
    /// wait; when nobody else is left, the system ends as [`Stalled`](crate::error::Stalled).
    #[must_use]
    pub const fn spare_cells(mut self, messages: u32) -> Self {
        self.options.spare_cells = messages;
        self
    }

    /// How many of the host's messages may be undelivered before it gets `Full`. Without this call, 65,536 on a GPU, and
    /// 16,384 on the CPU, where fewer messages stay in its caches.
    #[must_use]
    pub const fn host_window(mut self, messages: u32) -> Self {
        self.options.host_window = Some(messages);
        self
    }

    /// How many messages wait in each inbox of the host before actors that send there wait: up to 32,768, which it is
    /// without this call.
    #[must_use]
    pub const fn inbox_depth(mut self, messages: u32) -> Self {
        self.options.inbox_depth = messages;
        self
    }

    /// How many multiprocessors of a GPU the system may fill. Without this call, all that other systems of the process have
    /// left free, as far as its actors can use them; a large system that is to leave room for a later one says less.
    #[must_use]
    pub const fn multiprocessors(mut self, at_most: u32) -> Self {
        self.options.multiprocessors = Some(at_most);
        self
    }

    /// How many worker threads the CPU backend has. Without this call, as many as there are processors.
    #[must_use]
    pub const fn workers(mut self, threads: u32) -> Self {
        self.options.workers = Some(threads);
        self
    }

    /// Makes the actors and starts them.
    ///
    /// # Errors
    /// If there are no actors or too many, an option cannot be, memory does not suffice, a closure panicked, or the
    /// backend that was asked for cannot be used here.
    pub fn start(mut self) -> Result<System, StartError> {
        self.options.check()?;
        if let Some(extent) = self.tile_of_nothing {
            let (value, allowed) = (u64::from(extent), "it comes after the `.grid(..)` whose tiles it fixes");
            return Err(StartError::BadOption { option: "tile", value, allowed });
        }
        if let Some(number) = self.group_of_nothing {
            let allowed = "it comes after the `.grid(..)` whose tiles it names";
            return Err(StartError::BadOption { option: "group", value: u64::from(number), allowed });
        }
        if let Some(grid) = self.grids.pop() {
            return self.start_grid(grid);
        }
        let wanted: u64 = self.counts.iter().sum();
        let limit = 1 << SLOT_BITS;
        if wanted == 0 {
            return Err(StartError::NoActors);
        }
        if wanted > limit {
            return Err(StartError::TooManyActors { wanted, limit });
        }
        let mut members = Vec::with_capacity(self.groups.len());
        let mut next = 0;
        for group in &mut self.groups {
            group.place(next);
            members.push(Member { actor: (**group).type_id(), first_slot: next, count: group.count() });
            next += group.count();
        }
        let shared = KeepShared::new();
        let groups: Vec<Box<dyn Group>> = self.groups.into_iter().map(Placed::into_group).collect();
        let engine = start(Plan { groups, options: self.options })?;
        let description = engine.description();
        tracing::info!(target: "ringkernel", backend = %description.kind, device = description.device, actors = next, "system started");
        Ok(System::new(engine, members, shared))
    }

    fn start_grid(self, grid: Box<dyn PlannedGrid>) -> Result<System, StartError> {
        if !self.groups.is_empty() || !self.grids.is_empty() {
            let what =
                "a system with a grid has no other actors and no second grid so far: start two systems".to_owned();
            return Err(StartError::Grid { actor: grid.name(), what });
        }
        let shared = KeepShared::new();
        let (actor, engine) = ((*grid).type_id(), grid.start(self.options)?);
        let count = match &engine {
            AnyEngine::Grid(engine) => engine.shared().tiles(),
            AnyEngine::CudaGrid(engine) => engine.tiles(),
            AnyEngine::Cpu(_) | AnyEngine::Cuda(_) => 0,
        };
        let members = vec![Member { actor, first_slot: 0, count }];
        let description = engine.description();
        tracing::info!(target: "ringkernel", backend = %description.kind, device = description.device, "system started");
        Ok(System::new(engine, members, shared))
    }
}

/// Said beside reports where there is no GPU.
pub(super) const CPU_ALONE: &str = "\nwith `.backend(Backend::Cpu)` they run as they are, on the CPU alone";

/// Starts the backend that was asked for, or the best there is. Without a GPU, builds with debug assertions also say what one
/// would not take.
fn start(mut plan: Plan) -> Result<AnyEngine, StartError> {
    dump::dump(&plan);
    match plan.options.backend {
        Backend::Cpu => {
            if let Err(reports) = device_check(&plan) {
                tracing::warn!(target: "ringkernel", "a GPU could not run these actors:\n{reports}");
            }
        }
        Backend::Cuda => return cuda::start(&mut plan).map(AnyEngine::Cuda),
        Backend::Auto => match cuda::start(&mut plan) {
            Ok(engine) => return Ok(AnyEngine::Cuda(engine)),
            Err(StartError::CudaUnavailable(reason)) => {
                tracing::info!(target: "ringkernel", reason, "no CUDA, running on the CPU");
                device_check(&plan).map_err(|reports| StartError::Compile(reports + CPU_ALONE))?;
            }
            Err(error) => return Err(error),
        },
    }
    CpuEngine::start(plan).map(AnyEngine::Cpu)
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("counts", &self.counts).field("options", &self.options).finish_non_exhaustive()
    }
}
