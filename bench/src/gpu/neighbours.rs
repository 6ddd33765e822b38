//! Messages between tiles: what it takes until a tile has handled what its neighbour sent.

use std::time::Instant;

use ringkernel::prelude::*;

use super::ball::{Ball, Pair, Throws};
use super::{scale, start_system};
use crate::report::Report;

/// Tiles that all throw one to each side, in each step.
#[ring_actor(grid = 3)]
#[derive(Default)]
struct Crowd {
    cells: Field<u32, 3>,
    caught: u64,
}

#[ring_actor]
impl Crowd {
    #[step]
    fn throw(&mut self, ctx: &mut Context<Self>) {
        for side in [Dir::East, Dir::West, Dir::North, Dir::South, Dir::Up, Dir::Down] {
            let thrown = ctx.send(side, Ball { throws: 1, weight: [7; 14] });
            assert!(thrown.is_ok(), "there is somebody on each side");
        }
    }

    #[handler]
    fn ball(&mut self, m: Ball) {
        self.caught += m.throws;
    }

    #[handler]
    fn throws(&mut self, _: Throws) -> u64 {
        self.caught
    }
}

/// Microseconds of a step, of so many after each other; the best of three runs.
fn step_us(steps: u64, run: impl Fn(u64) -> super::Result<u64>) -> super::Result<f64> {
    let mut best = f64::INFINITY;
    let mut done = run(1)?;
    for _ in 0..3 {
        let begun = Instant::now();
        let end = run(steps)?;
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / steps as f64);
        if end != done + steps {
            return Err(format!("{} of {steps} steps were done", end - done).into());
        }
        done = end;
    }
    Ok(best)
}

/// Each row is the time of a whole step, in which nothing is computed: a tile looks for what the host wants, says how many messages
/// there are, and waits until its neighbours have said so. `tile_round_us` is that alone. With `tile_message_us` one message of
/// 64 bytes is under way in each step, from the handler that sends it to the handler that gets it: one way. With
/// `tile_message_six_us` each of 125 tiles sends one to all six sides, and handles six.
pub(crate) fn run(report: &mut Report) -> super::Result {
    let steps = scale(100_000, 20);
    let system = start_system(report, System::builder().grid([128], Boundary::Periodic, Pair::default()).tile([64]))?;
    eprintln!("  two tiles: {}", system.device());
    let grid = system.grid::<Pair>();
    report.row("tile_round_us", step_us(steps, |steps| Ok(grid.run(steps)?))?, "us");
    let before = grid.current_step();
    grid.at([0]).tell(Ball { throws: 0, weight: [3; 14] })?;
    let time = step_us(steps, |steps| Ok(grid.run(steps)?))?;
    let throws = grid.current_step() - before;
    let seen = [grid.at([0]).ask(Throws)?.wait()?, grid.at([64]).ask(Throws)?.wait()?];
    if seen.iter().max() != Some(&throws) || seen[0].abs_diff(seen[1]) != 1 {
        return Err(format!("a ball was thrown {throws} times, and tiles have counted {seen:?}").into());
    }
    report.row("tile_message_us", time, "us");
    drop(system);

    let tiles = if super::rehearsing() { [2, 1, 1] } else { [5, 5, 5] };
    let extents = tiles.map(|along| 4 * along);
    let system =
        start_system(report, System::builder().grid(extents, Boundary::Periodic, Crowd::default()).tile([4; 3]))?;
    eprintln!("  {} tiles: {}", tiles.iter().product::<u32>(), system.device());
    let grid = system.grid::<Crowd>();
    let time = step_us(steps, |steps| Ok(grid.run(steps)?))?;
    let caught = grid.at([5, 1, 2]).ask(Throws)?.wait()?;
    if caught != 6 * grid.current_step() {
        return Err(format!("a tile caught {caught} in {} steps", grid.current_step()).into());
    }
    report.row("tile_message_six_us", time, "us");
    Ok(())
}
