//! Writing fields: every cell of the domain gets what a closure makes of it.

use std::panic::Location;

use super::operands::{Outputs, Sources};
use super::rows::each_cell;
use super::views::Own;
use super::{CellValue, Field};

impl<T: CellValue, const D: usize> Field<T, D> {
    /// Writes what `closure` returns into every cell. It sees the cell that is being written, and the sources with
    /// their neighbours: `|own, source|` for `&self.source`, `|own, (a, b)|` for `(&self.a, &self.b)`.
    ///
    /// All tiles must come to the same updates in the same order.
    #[track_caller]
    #[inline]
    pub fn update<S, F>(&mut self, sources: S, closure: F)
    where
        S: Sources<D>,
        F: for<'a> Fn(Own<'a, T, D>, S::Views<'a>) -> T,
    {
        run(self, sources, closure);
    }
}

/// Updates of several fields at once.
pub trait Update<const D: usize>: Outputs<D> + Sized {
    /// Writes what `closure` returns into every cell of several fields:
    /// `(&mut self.a, &mut self.b).update(&self.c, |(a, b), c| (..))`.
    ///
    /// All tiles must come to the same updates in the same order.
    #[track_caller]
    #[inline]
    fn update<S, F>(self, sources: S, closure: F)
    where
        S: Sources<D>,
        F: for<'a> Fn(Self::Owns<'a>, S::Views<'a>) -> Self::Values,
    {
        run(self, sources, closure);
    }
}

impl<O: Outputs<D>, const D: usize> Update<D> for O {}

#[track_caller]
#[inline]
fn run<O, S, F, const D: usize>(mut outputs: O, sources: S, closure: F)
where
    O: Outputs<D>,
    S: Sources<D>,
    F: for<'a> Fn(O::Owns<'a>, S::Views<'a>) -> O::Values,
{
    let tile = outputs.tile();
    let (writers, readers) = (outputs.writers(&tile), sources.readers(&tile));
    tile.meet_neighbours(Location::caller());
    each_cell(&tile, tile.extents(), |at| {
        // SAFETY: `each_cell` gives cells of this tile. Nobody writes the sources: they are not the outputs, whose
        // borrows are unique, and no neighbour begins another operation before this tile meets it again.
        let values = unsafe { closure(O::owns(&writers, at), S::views(&readers, at)) };
        // SAFETY: only this tile writes its cells, and the neighbours have finished what read them before.
        unsafe { O::write(&writers, at.index, values) };
    });
}
