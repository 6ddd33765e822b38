//! Going over the cells of a tile: rows along x, cut where the neighbours of a cell begin and end to be all there.

use super::views::{At, MAX_OFFSET};
use crate::cpu::grid::TileHandle;

/// Cells next to each other along x.
#[derive(Clone, Copy, Debug)]
struct Row<const D: usize> {
    cell: [u32; D],
    len: u32,
    /// All neighbours of all its cells are cells.
    inner: bool,
}

/// Calls `visit` with all rows between two corners.
fn rows<const D: usize>(from: [u32; D], to: [u32; D], extents: [u32; D], mut visit: impl FnMut(Row<D>)) {
    if (0..D).any(|axis| from[axis] >= to[axis]) {
        return;
    }
    let is_inner = |axis: usize, index: u32| index >= MAX_OFFSET && index + MAX_OFFSET < extents[axis];
    let (low, high) = (MAX_OFFSET.clamp(from[0], to[0]), extents[0].saturating_sub(MAX_OFFSET).clamp(from[0], to[0]));
    let mut cell = from;
    loop {
        let inner = (1..D).all(|axis| is_inner(axis, cell[axis])) && low < high;
        let parts =
            if inner { [(from[0], low), (low, high), (high, to[0])] } else { [(from[0], to[0]), (0, 0), (0, 0)] };
        for (part, (begin, end)) in parts.into_iter().enumerate().filter(|(_, (begin, end))| begin < end) {
            cell[0] = begin;
            visit(Row { cell, len: end - begin, inner: inner && part == 1 });
        }
        let mut axis = 1;
        loop {
            if axis >= D {
                return;
            }
            cell[axis] += 1;
            if cell[axis] < to[axis] {
                break;
            }
            cell[axis] = from[axis];
            axis += 1;
        }
    }
}

/// Notes the cell at which a closure panics.
struct Watch<'a, const D: usize> {
    tile: &'a TileHandle,
    cell: [u32; D],
}

impl<const D: usize> Drop for Watch<'_, D> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tile.note_cell(&self.cell);
        }
    }
}

#[inline]
fn go<const D: usize, const INNER: bool>(
    tile: &TileHandle,
    row: Row<D>,
    extents: [u32; D],
    visit: &mut impl FnMut(At<D>),
) {
    let mut watch = Watch { tile, cell: row.cell };
    let index = super::array::index_of(row.cell, extents);
    for along in 0..row.len {
        visit(At { cell: watch.cell, index: index + along as usize, inner: INNER });
        watch.cell[0] += 1;
    }
    std::mem::forget(watch);
}

/// Calls `visit` with all cells of a tile, x fastest.
#[inline]
pub(crate) fn each_cell<const D: usize>(tile: &TileHandle, extents: [u32; D], mut visit: impl FnMut(At<D>)) {
    let (from, to) = tile.corners();
    rows(from, to, extents, |row| {
        if row.inner {
            go::<D, true>(tile, row, extents, &mut visit);
        } else {
            go::<D, false>(tile, row, extents, &mut visit);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_cover_every_cell_once_and_are_inner_where_they_may_be() {
        for (extents, from, to) in [
            ([20, 12], [0, 0], [20, 12]),
            ([20, 12], [3, 5], [9, 7]),
            ([5, 30], [1, 2], [5, 28]),
            ([9, 9], [4, 4], [5, 5]),
        ] {
            let mut seen = vec![0; 20 * 30];
            rows(from, to, extents, |row| {
                for x in row.cell[0]..row.cell[0] + row.len {
                    seen[(row.cell[1] * 20 + x) as usize] += 1;
                    let edge = |index: u32, extent: u32| index < 4 || index + 4 >= extent;
                    let at_edge = edge(x, extents[0]) || edge(row.cell[1], extents[1]);
                    assert_eq!(row.inner, !at_edge, "{x} {row:?} of {extents:?}");
                }
            });
            for (index, times) in seen.iter().enumerate() {
                let cell = [index as u32 % 20, index as u32 / 20];
                let inside = (0..2).all(|axis| (from[axis]..to[axis]).contains(&cell[axis]));
                assert_eq!(*times, u32::from(inside), "{cell:?}");
            }
        }
    }
}
