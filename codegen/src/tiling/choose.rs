//! The cheapest shape that fits a device, by a model of what a step costs.
//!
//! Measured on an H200: a step without an exchange takes as long as its loads from shared memory and its arithmetic, one after the
//! other; an exchange adds a trip through the cache that all multiprocessors share, and then somewhat more than a cycle for each
//! word. Both add up (`bench/kernels/README.md`).

use super::{Domain, Lists, MOST_PLACES, Shape, packing};
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
const BESIDES: u32 = 76;
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
    cheapest(domain, exchanges, cell_bytes, tile, room, (1, Shape::has_threads_of)).pop()
}

/// The cheapest shapes, as many as are wanted, and of those that are alike the cheapest; the cheapest first.
pub(super) fn cheapest(
    domain: &Domain,
    exchanges: &[Exchange],
    cell_bytes: &[usize],
    tile: Option<[u32; 3]>,
    room: &Room,
    (most, alike): (usize, fn(&Shape, &Shape) -> bool),
) -> Vec<Shape> {
    let loads: Vec<Load> = exchanges.iter().map(|exchange| Load::of(exchange, domain.dims)).collect();
    let mut best: Vec<(u64, Shape)> = Vec::new();
    for tile in tiles(domain, tile, room) {
        for shape in shapes(domain, tile, room) {
            for shared in homes(exchanges) {
                let shape = Shape { shared, ..shape };
                let Some(shape) = with_registers(shape, exchanges.len(), cell_bytes, room) else { continue };
                let cost = cost(&shape, domain, &loads, cell_bytes);
                let rival = best.iter().position(|(_, other)| alike(other, &shape));
                let rival = rival.or((best.len() == most).then(|| most - 1));
                if rival.is_some_and(|rival| cost >= best[rival].0) {
                    continue;
                }
                // One buffer takes one more barrier, and nothing else.
                let fits = [2, 1].into_iter().map(|published| Shape { published, ..shape }).find(|shape| {
                    // Places first: beyond them bytes may be more than can be counted.
                    shape.published(exchanges).border < MOST_PLACES
                        && shape.arena(exchanges, cell_bytes, &[]).bytes <= room.shared_bytes
                });
                if let Some(shape) = fits {
                    if let Some(rival) = rival {
                        best.remove(rival);
                    }
                    best.insert(best.partition_point(|(other, _)| *other <= cost), (cost, shape));
                }
            }
        }
    }
    best.into_iter().map(|(_, shape)| shape).collect()
}

/// Which fields may be in shared memory all the time: some of those whose neighbours are read, which have to be there anyway.
fn homes(exchanges: &[Exchange]) -> Vec<u32> {
    let read = exchanges.iter().flat_map(|exchange| &exchange.fields).fold(0_u32, |all, number| all | 1 << number);
    // Each set of them, as long as those are few.
    if read.count_ones() > 4 { vec![0, read] } else { (0..=read).filter(|some| some & !read == 0).collect() }
}

impl Shape {
    /// Whether it differs from another only in how threads share a tile's cells, and not in how many they are.
    pub(super) fn has_tile_and_block_of(&self, other: &Self) -> bool {
        (self.tile, self.block(), self.shared) == (other.tile, other.block(), other.shared)
    }

    /// Whether it has the same tile and threads, and the same fields in shared memory.
    pub(super) fn has_threads_of(&self, other: &Self) -> bool {
        (self.tile, self.threads, self.shared) == (other.tile, other.threads, other.shared)
    }
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
        let (lists, hears_in_memory) = (Lists::Fetched, false);
        let shape = Shape { tile, threads, cells, published: 2, shared: 0, aside: 0, lists, hears_in_memory };
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

/// The same with cells aside that have no room in a thread's registers, and with entries of lists in registers if they have.
fn with_registers(shape: Shape, exchanges: usize, cell_bytes: &[usize], room: &Room) -> Option<Shape> {
    let cell = words_in_registers(&shape, cell_bytes);
    let own: u64 = shape.cells.iter().map(|cells| u64::from(*cells)).product();
    let each = (room.registers / shape.block()).min(MOST_REGISTERS);
    if own > MOST_CELLS || each < BESIDES {
        return None;
    }
    let most = (each - BESIDES).checked_div(cell).unwrap_or(MOST_REGISTERS);
    let aside = (own as u32).saturating_sub(most);
    // Where little would be left, other shapes are better.
    if u64::from(aside) * 2 > own {
        return None;
    }
    let in_registers = exchanges == 1 && own * u64::from(cell) <= ROOM_FOR_LISTS.into();
    let lists = if in_registers { Lists::Registers } else { Lists::Fetched };
    Some(Shape { aside, lists, ..shape })
}

/// Registers of a cell of all fields that are there.
fn words_in_registers(shape: &Shape, cell_bytes: &[usize]) -> u32 {
    let fields = cell_bytes.iter().enumerate().filter(|(number, _)| !shape.is_shared(*number));
    fields.map(|(_, bytes)| bytes.div_ceil(4) as u32).sum()
}

/// What the model needs of an exchange.
struct Load {
    offsets: u64,
    /// Neighbours that are loaded from shared memory, along x and otherwise along y or z.
    along: [u64; 3],
    /// How deep both faces of an axis are together.
    deep: [u64; 3],
    packing: (u32, u32),
    fields: u32,
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
            fields: exchange.fields.iter().fold(0, |all, number| all | 1 << number),
        }
    }
}

/// Cycles of a step.
fn cost(shape: &Shape, domain: &Domain, exchanges: &[Load], cell_bytes: &[usize]) -> u64 {
    let warps = u64::from(shape.block() / 32);
    let own: u64 = shape.cells.iter().map(|cells| u64::from(*cells)).product();
    let mut cycles = STEP.0 + STEP.1 * warps;
    // Cells aside are loaded and stored, and again when they are swapped.
    cycles += u64::from(shape.aside * words_in_registers(shape, cell_bytes)) * warps * 4;
    for exchange in exchanges {
        // Rows of fewer than 32 threads share banks with others.
        let narrow = shape.threads[0] < 32 && domain.dims > 1;
        // Along x each is another thread's, along y and z those of a brick share them.
        let loads = 4 * exchange.along[0]
            + 4 * exchange.along[1] / u64::from(shape.cells[1])
            + 4 * exchange.along[2] / u64::from(shape.cells[2]);
        let loads = if narrow { 2 * loads } else { loads };
        // A store that publishes it; or, where it stays, a load for the cell itself, and two accesses when it is swapped.
        let is_shared = exchange.fields & !shape.shared == 0;
        let home = if is_shared { 12 } else { 4 };
        cycles += own * warps * (home + loads + exchange.offsets) / 4;
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
        cycles += TRIP + words.sum::<u64>() * 5 / 4 + if shape.lists == Lists::Registers { 0 } else { FETCH };
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
        [Exchange { file: String::new(), line: 1, fields: [0].into(), offsets, cell_bytes: 4, cell_align: 4 }]
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
    fn what_is_read_around_goes_to_shared_memory_where_registers_are_too_few() {
        let shape = |edge| choose(&cube(edge), &wave(), &[4, 4], None, &H200).expect("it fits");
        assert_eq!(shape(128).shared, 0);
        assert_eq!((shape(160).shared, shape(160).tile, shape(160).block()), (1, [32; 3], 512));
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
    fn the_cheapest_are_not_alike_and_the_first_is_the_one() {
        for edge in [64, 128] {
            let (first, alike) = (choose(&cube(edge), &wave(), &[4, 4], None, &H200), Shape::has_tile_and_block_of);
            let all = cheapest(&cube(edge), &wave(), &[4, 4], None, &H200, (6, alike));
            assert_eq!((all.first().copied(), all.len()), (first, 6), "{edge}");
            for (at, shape) in all.iter().enumerate() {
                assert!(all[..at].iter().all(|other| !alike(other, shape)), "{all:?}");
            }
        }
    }

    #[test]
    fn a_fixed_tile_stays() {
        let shape = choose(&cube(64), &wave(), &[4, 4], Some([16, 16, 16]), &H200).expect("it fits");
        assert_eq!(shape.tile, [16; 3]);
    }
}
