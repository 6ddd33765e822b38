//! Cutting the domain into tiles, and which of them are neighbours.

use crate::lang::boundary::Sides;
use crate::lang::{Boundary, MAX_OFFSET};

/// A box of cells: from the first corner up to, and without, the second. Axes that a domain has not have one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Corners {
    pub(crate) from: [u32; 3],
    pub(crate) to: [u32; 3],
}

/// The extents of a tile, if nobody fixed them: one tile a thread, cut along the last axis first, where a tile's cells lie
/// next to each other.
pub(crate) fn choose(extents: &[u32], threads: u32) -> Vec<u32> {
    let mut tile = extents.to_vec();
    let mut left = threads.max(1);
    for axis in (0..extents.len()).rev() {
        let parts = left.min(extents[axis]);
        tile[axis] = extents[axis].div_ceil(parts);
        left /= parts;
    }
    tile
}

/// All tiles, x fastest.
pub(crate) fn cut(extents: &[u32], tile: &[u32]) -> Vec<Corners> {
    let full = |of: &[u32]| std::array::from_fn::<_, 3, _>(|axis| of.get(axis).copied().unwrap_or(1));
    let (extents, tile) = (full(extents), full(tile));
    let firsts = |axis: usize| (0..extents[axis]).step_by(tile[axis] as usize);
    let mut tiles = Vec::new();
    for z in firsts(2) {
        for y in firsts(1) {
            for x in firsts(0) {
                let from = [x, y, z];
                let to = std::array::from_fn(|axis| from[axis].saturating_add(tile[axis]).min(extents[axis]));
                tiles.push(Corners { from, to });
            }
        }
    }
    tiles
}

/// For each tile, those that it may read or be read by: the ones at most [`MAX_OFFSET`] cells away.
pub(crate) fn neighbours(tiles: &[Corners], extents: &[u32], sides: &[Sides]) -> Vec<Vec<usize>> {
    let near = |a: &Corners, b: &Corners| {
        extents.iter().enumerate().all(|(axis, extent)| {
            let reach = |shift: i64| {
                let (low, high) = (i64::from(b.from[axis]) + shift, i64::from(b.to[axis]) + shift);
                low < i64::from(a.to[axis]) + i64::from(MAX_OFFSET)
                    && high > i64::from(a.from[axis]) - i64::from(MAX_OFFSET)
            };
            let around = sides[axis].0 == Boundary::Periodic && {
                // A narrow domain is gone around several times.
                let extent = i64::from(*extent);
                (1..=1 + i64::from(MAX_OFFSET) / extent).any(|times| reach(times * extent) || reach(-times * extent))
            };
            reach(0) || around
        })
    };
    let numbered = || tiles.iter().enumerate();
    let of = |index: usize, tile: &Corners| {
        numbered().filter(|(other, it)| *other != index && near(tile, it)).map(|(other, _)| other).collect()
    };
    numbered().map(|(index, tile)| of(index, tile)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_that_is_no_multiple_of_the_tile_is_covered() {
        let tiles = cut(&[10, 7], &[4, 3]);
        assert_eq!(tiles.len(), 9);
        let cells: u32 =
            tiles.iter().map(|tile| (0..3).map(|axis| tile.to[axis] - tile.from[axis]).product::<u32>()).sum();
        assert_eq!(cells, 70);
        assert_eq!(tiles[8], Corners { from: [8, 6, 0], to: [10, 7, 1] });
    }

    #[test]
    fn the_last_axis_is_cut_first() {
        assert_eq!(choose(&[64, 64, 64], 2), [64, 64, 32]);
        assert_eq!(choose(&[64, 2], 4), [32, 1]);
        assert_eq!(choose(&[3], 8), [1]);
    }

    #[test]
    fn neighbours_are_those_that_offsets_reach() {
        let tiles = cut(&[40], &[4]);
        let fixed = neighbours(&tiles, &[40], &[(Boundary::Fixed, Boundary::Fixed)]);
        assert_eq!(fixed[0], [1]);
        assert_eq!(fixed[5], [4, 6]);
        let periodic = neighbours(&tiles, &[40], &[(Boundary::Periodic, Boundary::Periodic)]);
        assert_eq!(periodic[0], [1, 9]);
        let thin = neighbours(&cut(&[40], &[2]), &[40], &[(Boundary::Fixed, Boundary::Fixed)]);
        assert_eq!(thin[5], [3, 4, 6, 7]);
    }
}
