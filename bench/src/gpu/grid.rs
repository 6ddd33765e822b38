//! Grids: what a step of the wave takes, and how long the host waits to see what it did to a wave that runs.

use std::time::{Duration, Instant};

use ringkernel::prelude::*;

use super::{reference, scale, start_system};
use crate::random::Random;
use crate::report::Report;
use crate::sample::Samples;

/// The wave equation in three dimensions: seven points, second order in time.
#[ring_actor(grid = 3)]
#[derive(Default)]
struct Wave {
    now: Field<f32, 3>,
    before: Field<f32, 3>,
    c2: f32,
}

/// Adds to a cell, and asks what is then in it, and after how many steps.
#[ring_message]
struct Impulse {
    cell: [u32; 3],
    amplitude: f32,
}

#[ring_actor]
impl Wave {
    #[step]
    fn advance(&mut self) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| {
            let around = now.at([-1, 0, 0])
                + now.at([1, 0, 0])
                + now.at([0, -1, 0])
                + now.at([0, 1, 0])
                + now.at([0, 0, -1])
                + now.at([0, 0, 1]);
            2.0 * now.here() - before.here() + c2 * (around - 6.0 * now.here())
        });
        swap(&mut self.now, &mut self.before);
    }

    #[handler]
    fn impulse(&mut self, m: Impulse, ctx: &mut Context<Self>) -> (f32, u64) {
        self.now.add(m.cell, m.amplitude);
        (self.now.get(m.cell), ctx.step())
    }
}

fn start(report: &mut Report, edge: u32) -> super::Result<System> {
    let init = Wave { c2: 0.1, ..Wave::default() };
    start_system(report, System::builder().grid([edge; 3], Boundary::Reflect, init))
}

/// Microseconds of a step, of so many after each other; the best of three runs. First it is looked at whether this is a wave: with
/// reflecting edges it keeps the sum of its speeds, so that `now - before` still sums to what an impulse put in.
fn step_us(report: &mut Report, edge: u32, steps: u64) -> super::Result<f64> {
    let system = start(report, edge)?;
    eprintln!("  {edge}^3: {}", system.device());
    let grid = system.grid::<Wave>();
    let cell = [edge / 3, edge / 2, edge / 4];
    let (now, _) = grid.at(cell).ask(Impulse { cell, amplitude: 1.0 })?.wait()?;
    if now != 1.0 {
        return Err(format!("an impulse of 1 into nothing gave {now}").into());
    }
    let some = steps.min(1000);
    let mut done = grid.run(some)?;
    let sum = |values: Vec<f32>| values.into_iter().map(f64::from).sum::<f64>();
    let speed = sum(grid.field(|wave| &wave.now).read()?) - sum(grid.field(|wave| &wave.before).read()?);
    if (speed - 1.0).abs() > 0.01 {
        return Err(format!("after {done} steps speeds sum to {speed}, and not to 1").into());
    }
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let begun = Instant::now();
        let end = grid.run(steps)?;
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / steps as f64);
        if end != done + steps {
            return Err(format!("{} of {steps} steps were done", end - done).into());
        }
        done = end;
    }
    Ok(best)
}

pub(crate) fn run(report: &mut Report) -> super::Result {
    for (edge, steps, us, beside) in [
        (64, 200_000, "wave_64_us", "graph_64_us"),
        (128, 100_000, "wave_128_us", "graph_128_us"),
        (160, 2_000, "wave_160_us", "graph_160_us"),
        (512, 50, "wave_512_us", "graph_512_us"),
    ] {
        if super::rehearsing() && edge > 64 {
            break;
        }
        let time = step_us(report, edge, scale(steps, 4))?;
        match reference(beside) {
            Some(graph) => report.row_beside(us, time, "us", (beside, graph)),
            None => report.row(us, time, "us"),
        }
        if edge == 160 {
            report.row("wave_160_gcells", f64::from(edge).powi(3) / time / 1e3, "Gcells/s");
        }
    }
    interactive(report)
}

/// A wave that runs: impulses into random cells, each answered with what is then in the cell.
fn interactive(report: &mut Report) -> super::Result {
    let edge = 64;
    let system = start(report, edge)?;
    let grid = system.grid::<Wave>();
    grid.resume()?;
    let mut random = Random::new(3);
    let (mut times, mut last) = (Samples::default(), 0);
    let count = scale(20_000, 20);
    for i in 0..count {
        let cell = [random.below(edge), random.below(edge), random.below(edge)];
        let begun = Instant::now();
        let (_, step) = grid.at(cell).ask(Impulse { cell, amplitude: 1e-3 })?.wait()?;
        let time = begun.elapsed();
        if step < last {
            return Err(format!("an answer of step {step} after one of step {last}").into());
        }
        last = step;
        if i >= count / 20 {
            times.add(time);
        }
        let idle = Instant::now();
        while idle.elapsed() < Duration::from_micros(20) {
            std::hint::spin_loop();
        }
    }
    grid.hold()?;
    report.row("inject_to_visible_p50_us", times.percentile_us(50.0), "us");
    report.row("inject_to_visible_p99_us", times.percentile_us(99.0), "us");

    // Inject, five steps, read a cell: each waits for the one before.
    let commands = 100;
    let begun = Instant::now();
    for _ in 0..commands {
        let cell = [random.below(edge), random.below(edge), random.below(edge)];
        grid.at(cell).ask(Impulse { cell, amplitude: 1e-3 })?.wait()?;
        grid.run(5)?;
        grid.at(cell).ask(Impulse { cell, amplitude: 0.0 })?.wait()?;
    }
    let each = begun.elapsed().as_secs_f64() * 1e6 / f64::from(commands);
    report.row("mixed_inject_step5_read_us", each, "us");
    Ok(())
}
