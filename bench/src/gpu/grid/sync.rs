//! What tiles cost each other: a step that does next to nothing with six neighbours.

use std::time::Instant;

use ringkernel::prelude::*;

use super::super::{rehearsing, scale, start_system};
use crate::report::Report;

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Neighbours {
    now: Field<u32, 3>,
    next: Field<u32, 3>,
}

#[ring_actor]
impl Neighbours {
    #[step]
    fn meet(&mut self) {
        self.next.update(&self.now, |_, now| {
            now.at([-1, 0, 0])
                ^ now.at([1, 0, 0])
                ^ now.at([0, -1, 0])
                ^ now.at([0, 1, 0])
                ^ now.at([0, 0, -1])
                ^ now.at([0, 0, 1])
        });
        swap(&mut self.now, &mut self.next);
    }
}

/// Cells of a tile, few as a warp's are the least that a face can have.
const TILE: [u32; 3] = [8, 4, 4];
/// 130 tiles of the 131 that an H200 has beside control's block; each with six others around it but along z, where two are the same.
const TILES: [u32; 3] = [13, 5, 2];

/// Microseconds of a step; the best of five runs.
pub(super) fn run(report: &mut Report) -> super::super::Result {
    let tiles = if rehearsing() { [2, 2, 1] } else { TILES };
    let extents = std::array::from_fn(|axis| TILE[axis] * tiles[axis]);
    let init = Neighbours { now: Field::from_fn(|[x, y, z]| x ^ (5 * y) ^ (11 * z)), ..Neighbours::default() };
    let system = start_system(report, System::builder().grid(extents, Boundary::Periodic, init).tile(TILE))?;
    eprintln!("  tiles of {TILE:?}: {}", system.device());
    let grid = system.grid::<Neighbours>();
    let steps = scale(100_000, 4);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begun = Instant::now();
        grid.run(steps)?;
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / steps as f64);
    }
    report.row("tile_sync_us", best, "us");
    report.row("tile_sync_tiles", f64::from(system.count::<Neighbours>()), "tiles");
    Ok(())
}
