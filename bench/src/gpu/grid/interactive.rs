//! A wave that runs, and a host that does something to it.

use std::time::{Duration, Instant};

use super::super::{rehearsing, scale};
use super::{Cube, Impulse, Wave};
use crate::random::Random;
use crate::report::Report;
use crate::sample::Samples;

/// Impulses into random cells, each answered with what is then in the cell.
pub(super) fn run(report: &mut Report) -> super::super::Result {
    let edge = if rehearsing() { 16 } else { 64 };
    let system = Cube { edge }.start(report)?;
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
    Ok(())
}
