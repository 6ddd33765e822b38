//! A grid, as the host sees it: its steps, its tiles, its fields.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::actor_ref::ActorRef;
use super::field_view::FieldView;
use super::{Running, RunningGrid};
use crate::cpu::grid::{FREELY, Shared, States};
use crate::cuda::CudaGrid;
use crate::error::{GridError, NoSuchCell, SendError};
use crate::lang::{CellValue, Field, Grid, Kept, Place, Placer, SentTo};

/// A grid of a running system. Clones refer to the same grid.
///
/// A grid holds at step 0 until it is told to go on: [`run`](Self::run) does a number of steps and waits for them,
/// [`resume`](Self::resume) lets it run freely until [`hold`](Self::hold). Messages are handled between steps, and while
/// it holds.
pub struct GridRef<A> {
    running: Arc<Running>,
    actor: PhantomData<fn(A)>,
}

/// A grid once so many steps are done; see [`GridRef::after`].
pub struct After<A> {
    grid: GridRef<A>,
    step: u64,
}

impl<A: Grid> After<A> {
    /// The tile that has a cell, as [`GridRef::at`], when the steps are done.
    #[must_use]
    pub fn at(&self, cell: A::Cell) -> ActorRef<A> {
        self.grid.at(cell).after(self.step)
    }
}

/// The grid of type `A`, on one of the backends.
pub(super) enum OneOf<'a, A> {
    /// With the states of all tiles.
    Cpu(&'a Arc<Shared>, &'a States<A>),
    /// With the state that the builder was given.
    Cuda(&'a CudaGrid, &'a States<A>),
}

macro_rules! each {
    ($self:expr, $grid:ident => $call:expr) => {
        match $self {
            OneOf::Cpu($grid, _) => $call,
            OneOf::Cuda($grid, _) => $call,
        }
    };
}

impl<A: Grid> GridRef<A> {
    pub(super) const fn new(running: Arc<Running>) -> Self {
        Self { running, actor: PhantomData }
    }

    pub(super) fn grid(&self) -> Result<OneOf<'_, A>, GridError> {
        let grid = self.running.grid().and_then(|grid| match grid {
            RunningGrid::Cpu(engine) => Some(OneOf::Cpu(engine.shared(), engine.states.downcast_ref()?)),
            RunningGrid::Cuda(engine) => Some(OneOf::Cuda(engine, engine.first().downcast_ref()?)),
        });
        grid.ok_or(GridError::NoSuchGrid(A::NAME))
    }

    /// The tile that has a cell, to tell and to ask it something. If the domain has no such cell, what is sent comes back
    /// as [`SendError::NoSuchCell`].
    #[must_use]
    pub fn at(&self, cell: A::Cell) -> ActorRef<A> {
        let running = Arc::clone(&self.running);
        let Ok(grid) = self.grid() else { return ActorRef::new(running, 0) };
        match each!(&grid, grid => grid.tile_of(cell.as_ref())) {
            Some(tile) => ActorRef::new(running, Shared::address(tile)),
            None => {
                let extents = each!(&grid, grid => grid.extents());
                ActorRef::to_no_cell(running, NoSuchCell::new(A::NAME, cell.as_ref(), extents))
            }
        }
    }

    /// The tiles once they have done `step` steps since the start: what is sent through it is heard when its tile has done exactly so many,
    /// or at once if that has done more. If the grid comes to hold before, it is heard there, so nobody waits for steps that nobody
    /// has asked for; an answer that says `ctx.step()` tells which it was. So steps need not be waited for one by one:
    ///
    /// ```text
    /// grid.at(source).tell(Impulse { .. })?;              // heard before the steps that are asked for next
    /// let later = grid.step(5)?;                          // does not wait
    /// let seen = grid.after(later).at(cell).ask(Look)?;   // nor does this
    /// ```
    ///
    /// What the host sends to the same tile afterwards waits until then, and on a GPU what it sends to any tile. (A grid whose step calls `ctx.hold()`
    /// does wait in [`step`](Self::step), since nobody else knows where steps end.)
    #[must_use]
    pub fn after(&self, step: u64) -> After<A> {
        After { grid: self.clone(), step }
    }

    /// Sends a message to every tile, between the same two steps. `message` makes it for the tile with that index, before the
    /// grid holds.
    ///
    /// # Errors
    /// As for [`ActorRef::tell`]: with what was not sent to the first tile that could not get it.
    pub fn tell_all<M: SentTo<A>>(&self, mut message: impl FnMut(u32) -> M) -> Result<(), SendError<M>> {
        let Ok(grid) = self.grid() else { return Err(SendError::NoSuchActor(message(0))) };
        let messages: Vec<M> = (0..each!(&grid, grid => grid.tiles())).map(message).collect();
        let send = || {
            for (tile, message) in (0..).zip(messages) {
                ActorRef::<A>::new(Arc::clone(&self.running), Shared::address(tile)).tell(message)?;
            }
            Ok(())
        };
        each!(grid, grid => grid.while_open(send))
    }

    /// Does so many steps, and waits until it holds after them; gives how many are then done since the start, by all calls
    /// together. A step that calls `ctx.hold()` ends it earlier.
    ///
    /// # Errors
    /// If a tile failed, or the system has stopped.
    pub fn run(&self, steps: u64) -> Result<u64, GridError> {
        each!(self.grid()?, grid => grid.run(steps))
    }

    /// Lets it do so many steps more, and does not wait for them; gives how many will be done since the start when it holds.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn step(&self, steps: u64) -> Result<u64, GridError> {
        each!(self.grid()?, grid => grid.step(steps))
    }

    /// Runs until `condition` is true, which is asked of the state of the first tile after every `steps` steps; gives how many
    /// steps are then done since the start. What is the same in all tiles, such as what a reduction gave, is what to look at.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn run_until(&self, steps: u64, mut condition: impl FnMut(&A) -> bool) -> Result<u64, GridError> {
        loop {
            let now = self.run(steps.max(1))?;
            if self.state(&mut condition)? {
                return Ok(now);
            }
        }
    }

    /// Lets it run freely.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn resume(&self) -> Result<(), GridError> {
        each!(self.grid()?, grid => grid.step(FREELY)).map(|_| ())
    }

    /// Lets all tiles hold after the same step, as soon as they can; gives how many are then done since the start.
    ///
    /// # Errors
    /// As for [`run`](Self::run).
    pub fn hold(&self) -> Result<u64, GridError> {
        each!(self.grid()?, grid => grid.hold())
    }

    /// How many steps are done, without stopping anything.
    #[must_use]
    pub fn current_step(&self) -> u64 {
        self.grid().map_or(0, |grid| each!(grid, grid => grid.current_step()))
    }

    /// Reads the state of the first tile, between two steps: the members that are no fields. A running grid goes on
    /// afterwards; one that failed can be read.
    ///
    /// # Errors
    /// [`GridError::NoSuchGrid`], or [`GridError::Device`].
    pub fn state<R>(&self, read: impl FnOnce(&A) -> R) -> Result<R, GridError> {
        match self.grid()? {
            OneOf::Cpu(shared, states) => Ok(shared.while_held(|| {
                let first = lock(&states.0[0]);
                read(&first)
            })),
            OneOf::Cuda(grid, states) => {
                let state = grid.kept(|kept| placed(states, kept))??;
                Ok(read(&state))
            }
        }
    }

    /// One of its fields, to read and to write: `grid.field(|wave| &wave.now)`.
    #[must_use]
    pub fn field<T: CellValue, const D: usize>(&self, which: fn(&A) -> &Field<T, D>) -> FieldView<A, T, D> {
        FieldView::new(self.clone(), which)
    }

    /// The extents of the domain.
    pub(super) fn extents(&self) -> Result<&[u32], GridError> {
        Ok(each!(self.grid()?, grid => grid.extents()))
    }
}

/// Does something with the states of all tiles between two steps, when no tile touches a cell.
pub(super) fn with_all<A, R>(shared: &Shared, states: &States<A>, then: impl FnOnce(&A) -> R) -> R {
    shared.while_held(|| {
        let all: Vec<_> = states.0.iter().map(lock).collect();
        then(&all[0])
    })
}

/// The state that a tile of a device keeps; `states` has the one that the builder was given.
pub(super) fn placed<A: Grid>(states: &States<A>, kept: Kept<'_>) -> Result<A, GridError> {
    let placed = lock(&states.0[0]).place(&mut Placer(Place::Kept(kept)));
    placed.map_err(|error| {
        GridError::Device(format!("what a tile keeps cannot be read, which is a bug of ringkernel: {error:?}"))
    })
}

/// Waits until a tile does nothing.
fn lock<A>(state: &Mutex<A>) -> MutexGuard<'_, A> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<A> Clone for GridRef<A> {
    fn clone(&self) -> Self {
        Self { running: Arc::clone(&self.running), actor: PhantomData }
    }
}

impl<A> Clone for After<A> {
    fn clone(&self) -> Self {
        Self { grid: self.grid.clone(), step: self.step }
    }
}

impl<A: Grid> fmt::Debug for After<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after step {}", self.grid, self.step)
    }
}

impl<A: Grid> fmt::Debug for GridRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GridRef<{}>(step {})", A::NAME, self.current_step())
    }
}
