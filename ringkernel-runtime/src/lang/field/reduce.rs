//! Reductions: one value of all cells of the domain, the same to the last bit however the domain is cut into tiles.
//!
//! The order of the operations belongs to the domain. Cells are grouped in bricks of [`BRICK`] cells, aligned to the
//! first cell. In a brick the last axis is folded in ascending order (in 1-D there is none to fold), then y and then x
//! by trees that join neighbours at distance 1, 2, 4 and so on. Bricks are joined in the same way: [`LANES`] lanes fold
//! every `LANES`-th brick, then a tree joins the lanes. What lies beyond the domain is left out.

use std::panic::Location;

use super::CellValue;
use super::operands::Sources;
use super::rows::each_cell;
use crate::cpu::grid::{Scratch, TileHandle};
use crate::lang::{Context, Grid};

/// Extents of a brick in 1, 2 and 3 dimensions: 512 cells each.
const BRICK: [&[u32]; 3] = [&[512], &[32, 16], &[8, 8, 8]];

/// How many lanes join the bricks.
const LANES: usize = 256;

/// A number that reductions can add and compare.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed or compared over cells",
    label = "the closure gives a `{Self}`, which is no number",
    note = "the closure makes a number of each cell, `|cell| cell.here()`; other values are joined by `ctx.reduce(.., |a, b| ..)`"
)]
pub trait Number: CellValue {
    /// `a + b`; overflow as the build says.
    #[doc(hidden)]
    fn plus(self, other: Self) -> Self;
    /// The smaller one; a NaN is left out.
    #[doc(hidden)]
    fn smaller(self, other: Self) -> Self;
    /// The larger one; a NaN is left out.
    #[doc(hidden)]
    fn larger(self, other: Self) -> Self;
}

macro_rules! numbers {
    ($($ty:ty)*) => { $(
        impl Number for $ty {
            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn smaller(self, other: Self) -> Self {
                self.min(other)
            }
            #[inline]
            fn larger(self, other: Self) -> Self {
                self.max(other)
            }
        }
    )* };
}
numbers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

impl<A: Grid> Context<A> {
    /// The sum over all cells of the domain of what `closure` makes of each. For steps; all tiles must come to it.
    #[track_caller]
    pub fn sum<S, F, R, const D: usize>(&self, sources: S, closure: F) -> R
    where
        S: Sources<D>,
        F: for<'a> Fn(S::Views<'a>) -> R,
        R: Number,
    {
        run(self.tile(), sources, closure, R::plus)
    }

    /// The smallest over all cells of the domain of what `closure` makes of each. For steps; all tiles must come to it.
    #[track_caller]
    pub fn min<S, F, R, const D: usize>(&self, sources: S, closure: F) -> R
    where
        S: Sources<D>,
        F: for<'a> Fn(S::Views<'a>) -> R,
        R: Number,
    {
        run(self.tile(), sources, closure, R::smaller)
    }

    /// The largest over all cells of the domain of what `closure` makes of each. For steps; all tiles must come to it.
    #[track_caller]
    pub fn max<S, F, R, const D: usize>(&self, sources: S, closure: F) -> R
    where
        S: Sources<D>,
        F: for<'a> Fn(S::Views<'a>) -> R,
        R: Number,
    {
        run(self.tile(), sources, closure, R::larger)
    }

    /// What `join` makes of the values that `closure` makes of all cells of the domain. `join` must not care which of
    /// its arguments comes first. For steps; all tiles must come to it.
    #[track_caller]
    pub fn reduce<S, F, J, R, const D: usize>(&self, sources: S, closure: F, join: J) -> R
    where
        S: Sources<D>,
        F: for<'a> Fn(S::Views<'a>) -> R,
        J: Fn(R, R) -> R,
        R: CellValue,
    {
        run(self.tile(), sources, closure, join)
    }
}

#[track_caller]
fn run<S, F, R, J, const D: usize>(tile: &TileHandle, sources: S, closure: F, join: J) -> R
where
    S: Sources<D>,
    F: for<'a> Fn(S::Views<'a>) -> R,
    J: Fn(R, R) -> R,
    R: CellValue,
{
    let place = Location::caller();
    let readers = sources.readers(tile);
    let extents = tile.extents::<D>();
    let scratch: std::sync::Arc<Scratch<R>> = tile.scratch(bricks(extents).iter().product());
    tile.meet_neighbours(place);
    each_cell(tile, extents, |at| {
        // SAFETY: `each_cell` gives cells of this tile; no tile writes a field before all have met twice more.
        let value = unsafe { closure(S::views(&readers, at)) };
        // SAFETY: only this tile writes what belongs to its cells, and nobody reads it before all have met.
        unsafe { scratch.set_cell(at.index, value) };
    });
    tile.meet_all(place);
    let count = scratch.bricks();
    for brick in (tile.index()..count).step_by(tile.tiles()) {
        // SAFETY: all have written their cells, and nobody writes any before all have met again.
        let value = join_brick(brick, extents, &join, |index| unsafe { scratch.cell(index) });
        // SAFETY: only this tile writes this brick, and nobody reads it before all have met.
        unsafe { scratch.set_brick(brick, value) };
    }
    tile.meet_all(place);
    let lanes = (0..LANES.min(count)).map(|lane| {
        // SAFETY: all bricks are written, and none is written again before all have met.
        let mut bricks = (lane..count).step_by(LANES).map(|brick| unsafe { scratch.brick(brick) });
        bricks.next().map(|first| bricks.fold(first, &join))
    });
    match tree(lanes.collect(), 1, LANES, &join).into_iter().next().flatten() {
        Some(value) => value,
        None => unreachable!("a domain has cells"),
    }
}

/// How many bricks there are along each axis.
fn bricks<const D: usize>(extents: [u32; D]) -> [usize; D] {
    let mut axis = 0;
    extents.map(|extent| {
        let along = extent.div_ceil(BRICK[D - 1][axis]) as usize;
        axis += 1;
        along
    })
}

/// Joins groups of `len` values that are `stride` apart, beginning with the first `stride`: the values at distance 1 in a
/// group, then those at distance 2, and so on. What is left stands at the first of each group.
fn tree<R: Copy>(mut values: Vec<Option<R>>, stride: usize, len: usize, join: &impl Fn(R, R) -> R) -> Vec<Option<R>> {
    let mut distance = 1;
    while distance < len {
        for at in (0..len).step_by(2 * distance) {
            for lane in 0..stride {
                let (left, right) = (at * stride + lane, (at + distance) * stride + lane);
                let Some(Some(other)) = values.get(right).copied() else { continue };
                values[left] = values[left].map(|value| join(value, other));
            }
        }
        distance *= 2;
    }
    values
}

/// The value of one brick.
fn join_brick<R: Copy, const D: usize>(
    brick: usize,
    extents: [u32; D],
    join: &impl Fn(R, R) -> R,
    value: impl Fn(usize) -> R,
) -> R {
    let shape = BRICK[D - 1];
    let mut rest = brick;
    let along = bricks(extents);
    let mut first = [0; D];
    for axis in 0..D {
        first[axis] = (rest % along[axis]) as u32 * shape[axis];
        rest /= along[axis];
    }
    let at = |offset: [u32; D]| {
        let mut cell = first;
        for axis in 0..D {
            cell[axis] += offset[axis];
            if cell[axis] >= extents[axis] {
                return None;
            }
        }
        Some(value(super::array::index_of(cell, extents)))
    };
    // The columns along the last axis, x fastest; in 1-D the cells themselves.
    let plane = if D == 1 { shape } else { &shape[..D - 1] };
    let depth = if D == 1 { 1 } else { shape[D - 1] };
    let columns = (0..plane.iter().product()).map(|column: u32| {
        let mut offset = [0; D];
        offset[0] = column % plane[0];
        if D == 3 {
            offset[1] = column / plane[0];
        }
        let mut cells = (0..depth).filter_map(|deep| {
            if D > 1 {
                offset[D - 1] = deep;
            }
            at(offset)
        });
        cells.next().map(|first| cells.fold(first, join))
    });
    let mut values: Vec<Option<R>> = columns.collect();
    if D == 3 {
        values = tree(values, plane[0] as usize, plane[1] as usize, join);
    }
    match tree(values, 1, plane[0] as usize, join).into_iter().next().flatten() {
        Some(value) => value,
        None => unreachable!("a brick begins within the domain"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined<const D: usize>(extents: [u32; D]) -> usize {
        (0..bricks(extents).iter().product()).map(|brick| join_brick(brick, extents, &|a, b| a + b, |_| 1_usize)).sum()
    }

    #[test]
    fn bricks_have_every_cell_once() {
        assert_eq!(joined([1300]), 1300);
        assert_eq!(joined([33, 17]), 33 * 17);
        assert_eq!(joined([9, 20, 3]), 9 * 20 * 3);
    }

    #[test]
    fn a_tree_joins_neighbours_first() {
        let text = |values: &[&str]| {
            let values = values.iter().map(|value| Some(String::leak((*value).to_owned()) as &str)).collect();
            let join = |a: &'static str, b: &'static str| String::leak(format!("({a}{b})")) as &'static str;
            tree(values, 1, 8, &join)[0]
        };
        assert_eq!(text(&["a", "b", "c", "d"]), Some("((ab)(cd))"));
        assert_eq!(text(&["a", "b", "c"]), Some("((ab)c)"));
    }
}
