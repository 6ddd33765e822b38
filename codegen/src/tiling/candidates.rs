//! Ways to keep fields on the chip: the one that the cost model finds cheapest, and those that are worth measuring beside it.

use super::choose::{cheapest, choose};
use super::{Domain, Faces, Lists, Room, Shape};
use crate::compile::CompiledGrid;

/// Shapes that are tried, besides other places for lists.
const SHAPES: usize = 5;

/// How a grid's fields are kept on the chip, and what its tiles send each other; nothing if they do not fit.
#[must_use]
pub fn fit(grid: &CompiledGrid, domain: &Domain, tile: Option<[u32; 3]>, room: &Room) -> Option<(Shape, Vec<Faces>)> {
    choose(domain, &grid.exchanges, &grid.cell_bytes, tile, room).map(|shape| with_faces(grid, domain, shape, room))
}

/// A shape with what its tiles send each other, and all that is decided only then.
fn with_faces(grid: &CompiledGrid, domain: &Domain, shape: Shape, room: &Room) -> (Shape, Vec<Faces>) {
    let (exchanges, cell_bytes) = (&grid.exchanges, &grid.cell_bytes);
    let faces: Vec<Faces> = exchanges.iter().map(|exchange| shape.faces(domain, exchanges, exchange)).collect();
    let shape = shape.with_lists(exchanges, cell_bytes, &faces, room.shared_bytes);
    (Shape { hears_in_memory: !grid.handlers_over_cells && own_words(grid, &shape) > FEW_WORDS, ..shape }, faces)
}

/// So many registers of cells a handler may change without the compiler keeping them elsewhere: those that it does not change are alive around it.
const FEW_WORDS: u32 = 16;

/// Registers that a thread's own cells take.
fn own_words(grid: &CompiledGrid, shape: &Shape) -> u32 {
    let bytes: usize = grid.cell_bytes.iter().map(|bytes| bytes.next_multiple_of(4)).sum();
    shape.cells.iter().product::<u32>() * (bytes / 4) as u32
}

/// Ways to keep a grid's fields on the chip; the first is what [`fit`] finds. None if they do not fit.
#[must_use]
pub fn candidates(grid: &CompiledGrid, domain: &Domain, room: &Room) -> Vec<(Shape, Vec<Faces>)> {
    let find = |alike| cheapest(domain, &grid.exchanges, &grid.cell_bytes, None, room, (SHAPES, alike));
    let mut shapes = find(Shape::has_tile_and_block_of);
    if shapes.len() < SHAPES {
        // Where one tile and one number of threads are all there is, how threads share it.
        let others =
            find(Shape::has_threads_of).into_iter().filter(|shape| !shapes.contains(shape)).collect::<Vec<_>>();
        shapes.extend(others.into_iter().take(SHAPES - shapes.len()));
    }
    let mut all: Vec<_> = shapes.into_iter().map(|shape| with_faces(grid, domain, shape, room)).collect();
    let others = all.first().map(|(shape, faces)| other_lists(grid, *shape, faces, room)).unwrap_or_default();
    all.extend(others);
    all
}

/// The same with entries of lists elsewhere.
fn other_lists(grid: &CompiledGrid, shape: Shape, faces: &[Faces], room: &Room) -> Vec<(Shape, Vec<Faces>)> {
    let fits = |shape: &Shape| match shape.lists {
        Lists::Fetched => true,
        Lists::Registers => faces.len() == 1,
        Lists::Shared => shape.arena(&grid.exchanges, &grid.cell_bytes, faces).bytes <= room.shared_bytes,
    };
    let others = [Lists::Fetched, Lists::Registers, Lists::Shared].into_iter().filter(|lists| *lists != shape.lists);
    let others = others.map(|lists| Shape { lists, ..shape }).filter(|shape| !faces.is_empty() && fits(shape));
    others.map(|shape| (shape, faces.to_vec())).collect()
}
