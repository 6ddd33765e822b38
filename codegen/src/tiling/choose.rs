//! The cheapest shape that fits a device, by a model of what a step costs.
//!
//! Measured on an H200: a step without an exchange takes as long as its loads from shared memory and its arithmetic, one after the
//! other; an exchange adds a trip through the cache that all multiprocessors share, and then somewhat more than a cycle for each
//! word. Both add up (`bench/kernels/README.md`).

use super::{Domain, MOST_PLACES, Shape, packing};
use crate::exchange::Exchange;

/// What a device has for one tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Tiles that run at once, each alone on its multiprocessor.
    pub tiles: u32,
    /// Threads of a block at most.
    pub threads: u32,
    /// Bytes of shared memory of a block at most.
    pub shared_bytes: u32,
    /// Registers of a multiprocessor.
    pub registers: u32,
}

/// Registers of a thread besides its cells: addresses, words on their way, what a closure computes.
const BESIDES: u32 = 56;
/// The most registers that a thread can have.
const MOST_REGISTERS: u32 = 255;
/// The block of the host's side has two warps.
const LEAST_THREADS: u32 = 64;
/// The most cells of a thread: each is code of its own.
const MOST_CELLS: u64 = 64;
/// Registers of a thread's cells with which lists may stay in registers, too.
const ROOM_FOR_LISTS: u32 = 8;
/// Cycles until a word that was sent is there.
const TRIP: u64 = 1100;
/// Cycles of a step beside its cells, and for each warp: barriers, and what all threads do once.
const STEP: (u64, u64) = (400, 20);
/// Cycles that it takes to fetch entries of lists.
const FETCH: u64 = 200;

/// The cheapest shape, if any fits; of a fixed tile if one is given.
#[must_use]
pub fn choose(
    domain: &Domain,
    exchanges: &[Exchange],
    cell_bytes: &[usize],
    tile: Option<[u32; 3]>,
    room: &Room,
) -> Option<Shape> {
    let loads: Vec<Load> = exchanges.iter().map(|exchange| Load::of(exchange, domain.dims)).collect();
    let cell: u32 = cell_bytes.iter().map(|bytes| bytes.div_ceil(4) as u32).sum();
    let mut best: Option<(u64, Shape)> = None;
    for tile in tiles(domain, tile, room) {
        for shape in shapes(domain, tile, room) {
            let Some(keeps_lists) = has_registers(&shape, exchanges.len(), cell, room) else { continue };
            let cost = cost(&shape, domain, &loads, keeps_lists);
            if best.is_some_and(|(least, _)| cost >= least) {
                continue;
            }
            // One buffer takes one more barrier, and nothing else.
            let fits = [2, 1].into_iter().map(|published| Shape { published, keeps_lists, ..shape }).find(|shape| {
                let (_, bytes) = shape.arena(exchanges, cell_bytes);
                bytes <= room.shared_bytes && shape.published(exchanges).border < MOST_PLACES
            });
            if let Some(shape) = fits {
                best = Some((cost, shape));
            }
        }
    }
    best.map(|(_, shape)| shape)
}

/// The tiles that a domain can be cut into.
fn tiles(domain: &Domain, fixed: Option<[u32; 3]>, room: &Room) -> Vec<[u32; 3]> {
    if let Some(tile) = fixed {
        let count: u64 = (0..3).map(|axis| u64::from(domain.extents[axis].div_ceil(tile[axis]))).product();
        return if count <= room.tiles.into() && is_small(tile, room) { vec![tile] } else { Vec::new() };
    }
    let [x, y, z] = domain.extents;
    let mut all = Vec::new();
    for along_z in 1..=z.min(room.tiles) {
        for along_y in 1..=y.min(room.tiles / along_z) {
            for along_x in 1..=x.min(room.tiles / (along_z * along_y)) {
                let tile = [x.div_ceil(along_x), y.div_ceil(along_y), z.div_ceil(along_z)];
                if all.last() != Some(&tile) && is_small(tile, room) {
                    all.push(tile);
                }
            }
        }
    }
    all
}

/// Whether a tile's cells may have room in the registers of its threads.
fn is_small(tile: [u32; 3], room: &Room) -> bool {
    let cells = tile.iter().try_fold(1_u64, |cells, along| cells.checked_mul((*along).into()));
    cells.is_some_and(|cells| cells <= u64::from(room.threads) * MOST_CELLS)
}

/// How threads can share the cells of a tile.
fn shapes(domain: &Domain, tile: [u32; 3], room: &Room) -> Vec<Shape> {
    let mut all = Vec::new();
    let mut add = |threads: [u32; 3]| {
        let cells = std::array::from_fn(|axis| tile[axis].div_ceil(threads[axis]));
        let shape = Shape { tile, threads, cells, published: 2, keeps_lists: false };
        let block = shape.block();
        if block <= room.threads && block.is_multiple_of(32) && block >= LEAST_THREADS {
            all.push(shape);
        }
    };
    if domain.dims == 1 {
        for warps in [2, 4, 8, 16, 32] {
            add([32 * warps, 1, 1]);
        }
        return all;
    }
    let across = tile[0].next_power_of_two().min(32);
    for bricks_y in 1..=8 {
        for bricks_z in 1..=8_u32.min(tile[2]) {
            let (y, z) = (tile[1].div_ceil(bricks_y), tile[2].div_ceil(bricks_z));
            // Whole warps.
            let y = if (across * y * z).is_multiple_of(32) { y } else { y.next_multiple_of(32 / across) };
            let y = if across * y * z < LEAST_THREADS { 2 * y } else { y };
            add([across, y, z]);
        }
    }
    all
}

/// Whether a thread's cells have room in its registers, and if so, whether entries of lists have, too.
fn has_registers(shape: &Shape, exchanges: usize, cell: u32, room: &Room) -> Option<bool> {
    let own: u64 = shape.cells.iter().map(|cells| u64::from(*cells)).product();
    let state = own * u64::from(cell);
    let each = (room.registers / shape.block()).min(MOST_REGISTERS);
    if state + u64::from(BESIDES) > each.into() || own > MOST_CELLS {
        return None;
    }
    Some(exchanges == 1 && state <= ROOM_FOR_LISTS.into())
}

/// What the model needs of an exchange.
struct Load {
    offsets: u64,
    /// Neighbours that are loaded from shared memory, along x and otherwise along y or z.
    along: [u64; 3],
    /// How deep both faces of an axis are together.
    deep: [u64; 3],
    packing: (u32, u32),
}

impl Load {
    fn of(exchange: &Exchange, dims: usize) -> Self {
        let deep = |axis: usize| {
            let along = || exchange.offsets.iter().map(|offset| i64::from(offset[axis]));
            along().max().unwrap_or(0).max(0).unsigned_abs() + along().min().unwrap_or(0).min(0).unsigned_abs()
        };
        Self {
            offsets: exchange.offsets.len() as u64,
            along: std::array::from_fn(|axis| {
                let first = |offset: &&Vec<i32>| offset.iter().position(|cells| *cells != 0) == Some(axis);
                exchange.offsets.iter().filter(first).count() as u64
            }),
            deep: std::array::from_fn(|axis| if axis < dims { deep(axis) } else { 0 }),
            packing: packing(exchange.cell_bytes),
        }
    }
}

/// Cycles of a step.
fn cost(shape: &Shape, domain: &Domain, exchanges: &[Load], keeps_lists: bool) -> u64 {
    let warps = u64::from(shape.block() / 32);
    let own: u64 = shape.cells.iter().map(|cells| u64::from(*cells)).product();
    let mut cycles = STEP.0 + STEP.1 * warps;
    for exchange in exchanges {
        // Rows of fewer than 32 threads share banks with others.
        let narrow = shape.threads[0] < 32 && domain.dims > 1;
        // Along x each is another thread's, along y and z those of a brick share them.
        let loads = 4 * exchange.along[0]
            + 4 * exchange.along[1] / u64::from(shape.cells[1])
            + 4 * exchange.along[2] / u64::from(shape.cells[2]);
        let loads = if narrow { 2 * loads } else { loads };
        cycles += own * warps * (4 + loads + exchange.offsets) / 4;
        // One warp waits for each load.
        cycles += own * 24;
        if domain.extents == shape.tile {
            continue;
        }
        let words = (0..3).map(|axis| {
            let others = (0..3).filter(|other| *other != axis);
            let face: u64 = others.map(|other| u64::from(shape.tile[other])).product();
            exchange.deep[axis] * face.div_ceil(exchange.packing.0.into()) * u64::from(exchange.packing.1)
        });
        cycles += TRIP + words.sum::<u64>() * 5 / 4 + if keeps_lists { 0 } else { FETCH };
    }
    // Threads ask whether they have a cell at all, and nothing is known beforehand.
    if shape.is_exact(domain) { cycles } else { cycles + cycles / 4 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiling::Side;

    /// One block on each of 132 multiprocessors, and one of them is control's.
    const H200: Room = Room { tiles: 131, threads: 1024, shared_bytes: 227 * 1024, registers: 65_536 };

    fn wave() -> [Exchange; 1] {
        let mut offsets = std::collections::BTreeSet::new();
        for axis in 0..3 {
            for sign in [-1, 1] {
                offsets.insert((0..3).map(|other| if other == axis { sign } else { 0 }).collect());
            }
        }
        [Exchange { file: String::new(), line: 1, offsets, cell_bytes: 4, cell_align: 4 }]
    }

    fn cube(edge: u32) -> Domain {
        Domain { dims: 3, extents: [edge; 3], sides: [(Side::Reflect, Side::Reflect); 3] }
    }

    #[test]
    fn a_cube_that_fits_is_cut_into_equal_tiles_of_whole_rows_of_threads() {
        for edge in [64, 128] {
            let shape = choose(&cube(edge), &wave(), &[4, 4], None, &H200).expect("it fits");
            assert!(shape.is_exact(&cube(edge)), "{shape:?}");
            assert_eq!(shape.threads[0], 32, "{shape:?}");
            assert_eq!(shape.tiles(&cube(edge)).iter().product::<u32>(), 128, "{shape:?}");
            assert!((256..=512).contains(&shape.block()), "{shape:?}");
        }
    }

    #[test]
    fn what_does_not_fit_has_no_shape() {
        assert_eq!(choose(&cube(512), &wave(), &[4, 4], None, &H200), None);
        assert_eq!(choose(&cube(64), &wave(), &[4, 4], Some([4, 4, 4]), &H200), None);
        assert_eq!(choose(&cube(64), &wave(), &[4, 4], None, &Room { shared_bytes: 1024, ..H200 }), None);
    }

    #[test]
    fn every_cell_has_a_thread() {
        for extents in [[7, 100, 3], [33, 31, 57], [1, 1, 1000], [1, 1, 1], [100, 1, 1]] {
            let domain = Domain { extents, ..cube(1) };
            let shape = choose(&domain, &wave(), &[4, 4], None, &H200).expect("it fits");
            for (axis, extent) in extents.into_iter().enumerate() {
                assert!(shape.threads[axis] * shape.cells[axis] >= shape.tile[axis], "{shape:?}");
                assert!(shape.tile[axis] * (shape.tiles(&domain)[axis] - 1) < extent, "{shape:?}");
            }
        }
    }

    #[test]
    fn a_fixed_tile_stays() {
        let shape = choose(&cube(64), &wave(), &[4, 4], Some([16, 16, 16]), &H200).expect("it fits");
        assert_eq!(shape.tile, [16; 3]);
    }
}
