//! Grids: what a step of the wave takes beside the best that is launched, whether both come to the same bits, and how long the
//! host waits to see what it did to a wave that runs.

mod barrier;
mod interactive;
mod mixed;
mod step;
mod sync;
mod wave;

use ringkernel::prelude::*;

use self::wave::{Impulse, Look, Wave};
use super::launched::{C2, Launcher};
use super::{rehearsing, start_system};
use crate::report::Report;

/// A cube of cells, and what is in them at first.
#[derive(Clone, Copy, Debug)]
struct Cube {
    edge: u32,
}

impl Cube {
    /// Now and before: numbers without a pattern, from the index of the cell.
    fn first(self, [x, y, z]: [u32; 3]) -> (f32, f32) {
        let index = x + self.edge * (y + self.edge * z);
        let mut mixed = index.wrapping_mul(2_654_435_761).wrapping_add(5);
        mixed = (mixed ^ mixed >> 15).wrapping_mul(2_246_822_519);
        mixed ^= mixed >> 13;
        let now = (mixed % 4096) as f32 / 4096.0 - 0.5;
        (now, now + (mixed % 7) as f32 / 70.0)
    }

    /// The same, of all cells.
    fn all(self) -> [Vec<f32>; 2] {
        let cells = self.edge.pow(3);
        let (mut now, mut before) = (Vec::with_capacity(cells as usize), Vec::with_capacity(cells as usize));
        for index in 0..cells {
            let value = self.first(self.cell(index));
            now.push(value.0);
            before.push(value.1);
        }
        [now, before]
    }

    const fn cell(self, index: u32) -> [u32; 3] {
        [index % self.edge, index / self.edge % self.edge, index / self.edge / self.edge]
    }

    /// A system with this wave in it.
    fn builder(self) -> ringkernel::Builder {
        let init = Wave {
            now: Field::from_fn(move |cell| self.first(cell).0),
            before: Field::from_fn(move |cell| self.first(cell).1),
            c2: C2,
        };
        System::builder().grid([self.edge; 3], Boundary::Reflect, init)
    }

    fn start(self, report: &mut Report) -> super::Result<System> {
        start_system(report, self.builder())
    }
}

/// Cells whose bits differ.
fn differing(ours: &[f32], theirs: &[f32]) -> usize {
    let apart = ours.len().abs_diff(theirs.len());
    apart + ours.iter().zip(theirs).filter(|(a, b)| a.to_bits() != b.to_bits()).count()
}

pub(crate) use barrier::run as barriers;
pub(crate) use step::alone;

/// The rival, if there is a device for it.
fn launcher() -> Option<Launcher> {
    let opened = Launcher::open();
    opened
        .inspect_err(|error| {
            if !rehearsing() {
                eprintln!("  NOT MEASURED, what is launched: {error}");
            }
        })
        .ok()
}

/// Steps by themselves.
pub(crate) fn run(report: &mut Report) -> super::Result {
    sync::run(report)?;
    let unlike = step::run(report, launcher().as_ref())?;
    if let Err(error) = step::overhead(report) {
        eprintln!("  NOT MEASURED, wave_step_overhead_pct: {error}");
    }
    if let Err(error) = step::autotuned(report) {
        eprintln!("  NOT MEASURED, wave_128_autotuned_us: {error}");
    }
    if unlike > 0 {
        eprintln!("  {unlike} values are not those of the wave that was launched, or of the one on the CPU");
    }
    report.row("grid_values_unlike", unlike as f64, "values");
    Ok(())
}

/// Steps beside a host that wants something else all the time.
pub(crate) fn commands(report: &mut Report) -> super::Result {
    let unlike = mixed::run(report, launcher().as_ref())?;
    if unlike > 0 {
        eprintln!("  {unlike} values are not those that were launched");
    }
    interactive::run(report)
}
