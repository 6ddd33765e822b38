//! How a domain is cut into tiles, and how many threads a tile has: decided here and nowhere else.
//!
//! Pure arithmetic from what is to be computed and what the device has room for. All tiles run at once, or they would wait for
//! each other for ever; so there are as many as fit, and larger ones where the domain is larger.

/// Where the cells of a grid are between two steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// Each field is one array in device memory: right for every program, and for tiles of every shape.
    DeviceMemory,
    /// In registers of the threads that compute them.
    Chip,
}

/// What is cut. Axes that it has not have one cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Domain {
    pub(super) extents: [u32; 3],
    /// The extents of a tile, if they were fixed.
    pub(super) tile: Option<[u32; 3]>,
}

/// What the device offers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Tiles that run at once.
    pub(super) tiles: u32,
    /// Tiles that a domain is cut into at most, unless they were fixed.
    pub(super) wanted: u32,
    /// Threads of a block, if not as many as suit a GPU.
    pub(super) threads: Option<u32>,
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) policy: Policy,
    /// The extents of a tile; those at the far ends are smaller where the domain is no multiple.
    pub(super) tile: [u32; 3],
    /// Tiles along each axis.
    pub(super) along: [u32; 3],
    /// Threads of a block.
    pub(super) threads: u32,
    /// Shared memory of a block beside what the kernel declares.
    pub(super) shared_bytes: u32,
}

impl Plan {
    pub(super) fn tiles(&self) -> u64 {
        self.along.iter().map(|along| u64::from(*along)).product()
    }
}

/// Fixed tiles do not run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    pub(super) tiles: u64,
}

/// Threads of a tile: what is left of a multiprocessor's registers is enough for any closure.
const THREADS: u32 = 512;
/// Those of control.
const LEAST_THREADS: u32 = 64;
/// Threads that `templates/field.cuh` has side by side along x at most, if there are planes, and rows of a thread.
const MOST_ALONG_X: u32 = 128;
const ROWS: u32 = 4;
/// What a cell of a face costs beside a cell of the tile: it is brought to another multiprocessor as well. Along x it is a piece of another
/// line of memory.
const FACE: [u128; 3] = [8, 1, 1];
/// The least cells along x of a tile that is cut there: a line of memory of small cells.
const LEAST_ALONG_X: u32 = 32;

/// Cuts a domain.
pub(super) fn plan(domain: &Domain, room: &Room) -> Result<Plan, TooMany> {
    let threads = room.threads.unwrap_or_else(|| domain.tile.map_or(THREADS, threads_of));
    let tile = domain.tile.unwrap_or_else(|| choose(domain.extents, room, threads));
    let along = std::array::from_fn(|axis| domain.extents[axis].div_ceil(tile[axis]));
    let plan = Plan { policy: Policy::DeviceMemory, tile, along, threads, shared_bytes: 0 };
    if plan.tiles() > u64::from(room.tiles) { Err(TooMany { tiles: plan.tiles() }) } else { Ok(plan) }
}

/// Threads of a small tile that was fixed: no more than it has cells, so that more of them run at once; control has two warps.
fn threads_of(tile: [u32; 3]) -> u32 {
    let cells = tile.iter().fold(1_u32, |cells, extent| cells.saturating_mul(*extent));
    cells.min(THREADS).next_power_of_two().clamp(LEAST_THREADS, THREADS)
}

/// The extents of a tile that costs least.
fn choose(extents: [u32; 3], room: &Room, threads: u32) -> [u32; 3] {
    let cells = extents.iter().map(|extent| u64::from(*extent)).product::<u64>();
    // A tile with fewer cells than threads makes others wait without having more done at once.
    let most = u64::from(room.tiles.min(room.wanted)).min(cells.div_ceil(u64::from(threads))).max(1) as u32;
    let parts = |extent: u32, least: u32, left: u32| 1..=(extent / least).clamp(1, left.max(1));
    // Wide enough for the largest domain and what a face costs.
    let cost = |tile: &[u32; 3]| {
        let (threads_along_x, patch) = patch(*tile, extents, threads);
        let sizes = [u128::from(tile[0].next_multiple_of(threads_along_x)), tile[1].into(), tile[2].into()];
        let cells = sizes.iter().product::<u128>();
        let faces = (0..3).filter(|axis| patch[*axis] < extents[*axis]);
        // Rows that are left over are computed one by one.
        let single = if extents[1] > 1 { u128::from(tile[1] % ROWS) * cells / sizes[1] } else { 0 };
        let halo = faces.map(|axis| FACE[axis] * 2 * cells / u128::from(patch[axis])).sum::<u128>();
        cells.next_multiple_of(threads.into()) + single + halo
    };
    // A line is cut where it can be.
    let least_along_x = if extents[1] == 1 && extents[2] == 1 { 1 } else { LEAST_ALONG_X };
    let mut best = (u128::MAX, extents);
    for z in parts(extents[2], 1, most) {
        for y in parts(extents[1], 1, most / z) {
            for x in parts(extents[0], least_along_x, most / (z * y)) {
                let cut = [x, y, z];
                let tile = std::array::from_fn(|axis| extents[axis].div_ceil(cut[axis]));
                best = best.min((cost(&tile), tile));
            }
        }
    }
    best.1
}

/// How many threads are side by side along x, as the headers have it, and which part of a tile is computed while its cells are in the
/// multiprocessor's cache. Around that, cells are read more than once.
fn patch(tile: [u32; 3], extents: [u32; 3], threads: u32) -> (u32, [u32; 3]) {
    let [x, y, z] = tile;
    let mut wide = if extents[2] > 1 { threads.min(MOST_ALONG_X) } else { threads };
    while wide > 32 && x.next_multiple_of(wide) - x > x / 8 {
        wide /= 2;
    }
    while wide > 1 && wide / 2 >= x {
        wide /= 2;
    }
    let high = if extents[2] > 1 { y.min(threads / wide * ROWS) } else { y };
    let along_x = if extents[1] > 1 { x.min(wide) } else { x };
    (wide, [along_x, high, z])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two blocks on each of 132 multiprocessors, and one of them is control's.
    const H200: Room = Room { tiles: 263, wanted: 263, threads: None };

    fn free(extents: [u32; 3]) -> Domain {
        Domain { extents, tile: None }
    }

    #[test]
    fn a_cube_fills_the_device_and_its_rows_stay_whole() {
        for edge in [64, 128, 160, 512] {
            let plan = plan(&free([edge; 3]), &H200).unwrap();
            assert!((170..=263).contains(&plan.tiles()), "{edge}: {plan:?}");
            assert!(plan.tile[0] >= 32, "{edge}: {plan:?}");
        }
    }

    #[test]
    fn a_large_cube_is_cut_into_columns_that_a_block_computes_plane_by_plane() {
        let plan = plan(&free([512; 3]), &H200).unwrap();
        assert_eq!((plan.tile, plan.along), ([128, 16, 256], [4, 32, 2]));
    }

    #[test]
    fn a_small_domain_has_few_tiles() {
        assert_eq!(plan(&free([10, 10, 1]), &H200).unwrap().tiles(), 1);
        assert_eq!(plan(&free([16, 16, 16]), &H200).unwrap().tiles(), 8);
        assert_eq!(plan(&free([1, 1, 1]), &H200).unwrap().tile, [1; 3]);
    }

    #[test]
    fn a_line_is_cut_too() {
        let plan = plan(&free([1 << 30, 1, 1]), &H200).unwrap();
        assert_eq!((plan.along, plan.threads), ([263, 1, 1], 512));
    }

    #[test]
    fn every_cell_is_in_a_tile_and_all_tiles_fit() {
        for extents in [[7, 1000, 3], [1000, 7, 1], [33, 31, 257], [1, 1, 100_000], [1 << 20, 1 << 20, 1 << 20]] {
            for tiles in [1, 2, 5, 131, 1000] {
                let plan = plan(&free(extents), &Room { tiles, ..H200 }).unwrap();
                assert!(plan.tiles() <= u64::from(tiles), "{extents:?}: {plan:?}");
                for ((tile, along), extent) in plan.tile.iter().zip(plan.along).zip(extents) {
                    assert!(u64::from(*tile) * u64::from(along) >= u64::from(extent), "{extents:?}: {plan:?}");
                    assert!(tile * (along - 1) < extent, "{extents:?}: {plan:?}");
                }
            }
        }
    }

    #[test]
    fn fixed_tiles_are_kept_or_refused() {
        let fixed = |tile| Domain { extents: [64, 64, 1], tile: Some(tile) };
        assert_eq!(plan(&fixed([16, 7, 1]), &H200).unwrap().along, [4, 10, 1]);
        assert_eq!(plan(&fixed([1, 1, 1]), &H200), Err(TooMany { tiles: 4096 }));
        // Small ones have blocks of which many run at once.
        let threads = |tile| plan(&fixed(tile), &Room { tiles: 4096, ..H200 }).unwrap().threads;
        assert_eq!([[16, 4, 1], [1, 1, 1], [9, 16, 1], [32, 32, 1]].map(threads), [64, 64, 256, 512]);
    }
}
