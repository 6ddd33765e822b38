//! Cutting the domain into tiles, and which of them are neighbours.

use crate::lang::boundary::Sides;
use crate::lang::neighbour::SIDES;
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

/// Tiles along each axis.
pub(crate) fn along(extents: &[u32], tile: &[u32]) -> [u32; 3] {
    std::array::from_fn(|axis| extents.get(axis).map_or(1, |extent| extent.div_ceil(tile[axis])))
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

/// For each tile, the one on each side, in the order of `Dir`: the two of an axis side by side.
pub(crate) fn on_each_side(extents: &[u32], tile: &[u32], sides: &[Sides]) -> Vec<[Option<usize>; SIDES]> {
    let along = along(extents, tile).map(|along| along as usize);
    let of = |index: usize| {
        std::array::from_fn(|side| {
            let axis = side / 2;
            let stride = along[..axis].iter().product::<usize>();
            let (at, last) = (index / stride % along[axis], along[axis] - 1);
            let is_periodic = || sides.get(axis).is_some_and(|(low, _)| *low == Boundary::Periodic);
            // Even sides are those where the coordinate is larger.
            match (side % 2, at) {
                (0, at) if at < last => Some(index + stride),
                (0, _) => is_periodic().then(|| index - last * stride),
                (_, 1..) => Some(index - stride),
                (_, 0) => is_periodic().then(|| index + last * stride),
            }
        })
    };
    (0..along.iter().product()).map(of).collect()
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

    #[test]
    fn who_is_on_a_side_has_this_tile_across() {
        use Boundary::{Fixed, Periodic};
        let (extents, tile) = ([10, 7, 4], [4, 3, 4]);
        let sides = [(Periodic, Periodic), (Fixed, Fixed), (Periodic, Periodic)];
        let all = on_each_side(&extents, &tile, &sides);
        assert_eq!(all.len(), cut(&extents, &tile).len());
        for (index, near) in all.iter().enumerate() {
            for (side, other) in near.iter().enumerate() {
                assert!(other.is_none_or(|other| all[other][crate::lang::neighbour::across(side)] == Some(index)));
            }
        }
        // The tile in the middle, and one in the corner; along the last axis it is its own neighbour.
        assert_eq!(all[4], [Some(5), Some(3), Some(7), Some(1), Some(4), Some(4)]);
        assert_eq!(all[2], [Some(0), Some(1), Some(5), None, Some(2), Some(2)]);
        // An axis that the domain has not.
        let line = on_each_side(&[8], &[4], &[(Periodic, Periodic)]);
        assert_eq!(line[1], [Some(0), Some(0), None, None, None, None]);
    }
}
