//! A grid before it is started: what the builder was told, checked, and handed to a backend.

use std::any::TypeId;

use crate::backend::{AnyEngine, GridPlan, NamedGroup};
use crate::cpu::grid::GridEngine;
use crate::cuda;
use crate::device_check::grid_check;
use crate::dump;
use crate::error::StartError;
use crate::lang::group::MAX_NAMED;
use crate::lang::{Boundaries, Grid};

use super::builder::CPU_ALONE;
use super::options::{Backend, Options};
use super::reach_check::check_reach;

/// The most cells along an axis: indices and their sums with offsets stay within 32 bits.
const MAX_EXTENT: u32 = 1 << 30;

/// The most cells of a domain: a count of bytes stays within 64 bits.
const MAX_CELLS: u128 = 1 << 60;

/// A grid of whatever type.
pub(super) trait PlannedGrid: Send {
    /// The user's name of the type.
    fn name(&self) -> &'static str;
    /// Fixes the extents of a tile.
    fn fix_tile(&mut self, tile: Vec<u32>);
    /// Names a group of its tiles.
    fn name_group(&mut self, group: NamedGroup);
    /// The identity of the type in this process.
    fn type_id(&self) -> TypeId;
    /// Starts it on the backend that was asked for, or the best there is.
    fn start(self: Box<Self>, options: Options) -> Result<AnyEngine, StartError>;
}

/// A grid of type `A`.
pub(super) struct TypedGrid<A> {
    pub(super) extents: Vec<u32>,
    pub(super) boundaries: Boundaries,
    pub(super) tile: Option<Vec<u32>>,
    pub(super) groups: Vec<NamedGroup>,
    pub(super) init: A,
}

impl<A: Grid> PlannedGrid for TypedGrid<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn fix_tile(&mut self, tile: Vec<u32>) {
        self.tile = Some(tile);
    }

    fn name_group(&mut self, group: NamedGroup) {
        self.groups.push(group);
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<A>()
    }

    fn start(self: Box<Self>, options: Options) -> Result<AnyEngine, StartError> {
        let Self { extents, boundaries, tile, groups, init } = *self;
        let wrong = |what| StartError::Grid { actor: A::NAME, what };
        if extents.iter().any(|extent| !(1..=MAX_EXTENT).contains(extent)) {
            return Err(wrong(format!("its domain has {extents:?} cells, and each axis has from 1 to {MAX_EXTENT}")));
        }
        if extents.iter().map(|extent| u128::from(*extent)).product::<u128>() > MAX_CELLS {
            return Err(wrong(format!("its domain has {extents:?} cells, which no memory holds")));
        }
        if let Some(tile) = &tile
            && tile.len() != A::DIMS
        {
            let (dims, found) = (A::DIMS, tile.len());
            return Err(wrong(format!("`.tile({tile:?})` has extents along {found} axes, and the grid has {dims}")));
        }
        if tile.as_ref().is_some_and(|tile| tile.contains(&0)) {
            return Err(wrong(format!(
                "`.tile({tile:?})` has no cells: each axis has at least 1",
                tile = tile.unwrap_or_default()
            )));
        }
        for (index, NamedGroup { number, .. }) in groups.iter().enumerate() {
            if *number >= MAX_NAMED {
                let allowed = "groups of tiles have numbers from 0 to 14";
                return Err(StartError::BadOption { option: "group", value: u64::from(*number), allowed });
            }
            if groups[..index].iter().any(|other| other.number == *number) {
                return Err(wrong(format!("two groups of its tiles have the number {number}")));
            }
        }
        let sides = boundaries.sides(A::DIMS).map_err(wrong)?;
        check_reach::<A>(&sides)?;
        dump::dump_grid(A::NAME, &A::desc());
        start(GridPlan { extents, sides, tile, groups, init, options })
    }
}

/// Starts the backend that was asked for, or the best there is.
fn start<A: Grid>(plan: GridPlan<A>) -> Result<AnyEngine, StartError> {
    let backend = plan.options.backend;
    if backend != Backend::Cpu {
        match cuda::start_grid(&plan) {
            Ok(mut grid) => {
                grid.keep(plan.init);
                return Ok(AnyEngine::CudaGrid(Box::new(grid)));
            }
            Err(StartError::CudaUnavailable(reason)) if backend == Backend::Auto => {
                tracing::info!(target: "ringkernel", reason, "no CUDA, running on the CPU");
                grid_check(&A::desc()).map_err(|reports| StartError::Compile(reports + CPU_ALONE))?;
            }
            Err(error) => return Err(error),
        }
    } else if let Err(reports) = grid_check(&A::desc()) {
        tracing::warn!(target: "ringkernel", "a GPU could not run this grid:\n{reports}");
    }
    GridEngine::start(plan).map(AnyEngine::Grid)
}
