//! What barriers of tiles cost: of all tiles, and of those around each.

use std::time::Instant;

use ringkernel::prelude::*;

use super::super::{rehearsing, scale, start_system};
use crate::report::Report;

/// Barriers of a step, so many that the rest of it does not count.
const BARRIERS: u32 = 100;
/// Cells of a tile: as few as there are threads of a small block.
const TILE: [u32; 2] = [16, 4];

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Meeting {
    cells: Field<u32, 2>,
    /// Of the tiles around alone.
    near: bool,
    met: u64,
}

#[ring_actor]
impl Meeting {
    #[step]
    fn meet(&mut self, ctx: &mut Context<Self>) {
        if self.near {
            for _ in 0..BARRIERS {
                ctx.barrier(Group::Near([3, 3]));
            }
        } else {
            for _ in 0..BARRIERS {
                ctx.barrier(Group::Grid);
            }
        }
        self.met += u64::from(BARRIERS);
    }
}

/// Microseconds of a barrier; the best of five runs.
fn measure(report: &mut Report, tiles: [u32; 2], near: bool) -> super::super::Result<f64> {
    let tiles = if rehearsing() { [2, 1] } else { tiles };
    let extents = std::array::from_fn(|axis| TILE[axis] * tiles[axis]);
    let init = Meeting { near, ..Meeting::default() };
    let system = start_system(report, System::builder().grid(extents, Boundary::Periodic, init).tile(TILE))?;
    eprintln!("  {} tiles: {}", tiles.iter().product::<u32>(), system.device());
    let grid = system.grid::<Meeting>();
    let steps = scale(200, 2);
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begun = Instant::now();
        grid.run(steps)?;
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / (steps * u64::from(BARRIERS)) as f64);
    }
    let met = grid.state(|meeting| meeting.met)?;
    if met != 5 * steps * u64::from(BARRIERS) {
        return Err(format!("a tile came to {met} barriers in {} steps", 5 * steps).into());
    }
    Ok(best)
}

/// 132 tiles are one for each multiprocessor of an H200, 1,056 are eight.
pub(crate) fn run(report: &mut Report) -> super::super::Result {
    for (row, tiles, near) in [
        ("tile_barrier_us", [12, 11], false),
        ("tile_near_us", [12, 11], true),
        ("tile_barrier_1056_us", [33, 32], false),
        ("tile_near_1056_us", [33, 32], true),
    ] {
        let time = measure(report, tiles, near)?;
        report.row(row, time, "us");
    }
    Ok(())
}
