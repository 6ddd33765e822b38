//! Commands of three kinds in turn: an impulse into a cell, five steps, a look at a cell. Ours beside those that are launched, and
//! every value that is seen compared.

use std::time::{Duration, Instant};

use ringkernel::prelude::*;

use super::super::launched::{How, Launcher, Round, STEPS};
use super::super::{rehearsing, scale};
use super::{Cube, Impulse, Look, Wave, differing};
use crate::random::Random;
use crate::report::Report;

/// Rounds of a measurement; each is three commands.
const ROUNDS: usize = 100;
/// Measurements, of which the best counts.
const TIMES: usize = 5;

/// How we do a round.
#[derive(Clone, Copy, Debug)]
enum Ours {
    /// Wait for the steps, then look.
    RunAndAsk,
    /// All three at once: the look is for when the steps are done.
    AskAfter,
}

/// Gives how many values were unlike those that were launched.
pub(super) fn run(report: &mut Report, launcher: Option<&Launcher>) -> super::super::Result<usize> {
    let cube = Cube { edge: if rehearsing() { 16 } else { 64 } };
    let count = scale((ROUNDS * TIMES) as u64, 4) as usize;
    let mut random = Random::new(7);
    let cells = cube.edge.pow(3);
    let mut round = || Round {
        impulse: random.below(cells),
        amplitude: (random.below(1000) as f32 - 500.0) * 1e-3,
        look: random.below(cells),
    };
    let rounds: Vec<Round> = (0..count).map(|_| round()).collect();

    let mut launched: Vec<Launched> = Vec::new();
    if let Some(launcher) = launcher
        && let Err(error) = measure_launched(launcher, cube, &rounds, &mut launched)
    {
        eprintln!("  NOT MEASURED, commands that are launched: {error}");
    }
    let mut unlike = 0;
    let mut best = f64::INFINITY;
    let mut first: Option<Vec<f32>> = launched.first().map(|(_, seen, _)| seen.clone());
    for (row, how) in [("mixed_run_and_ask_us", Ours::RunAndAsk), ("mixed_ask_after_us", Ours::AskAfter)] {
        let system = cube.start(report)?;
        let (seen, each) = ours(&system, cube, &rounds, how)?;
        unlike += differing(&seen, first.get_or_insert_with(|| seen.clone()));
        best = best.min(least(&each));
        report.row(row, least(&each), "us");
    }
    for (row, seen, us) in &launched {
        report.row(row, *us, "us");
        unlike += first.as_ref().map_or(0, |first| differing(seen, first));
    }
    if let [(_, _, each), (_, _, one_graph)] = launched[..] {
        report.row_beside("mixed_vs_launch", each / best, "times", ("mixed_vs_one_graph", one_graph / best));
    }
    report.row("mixed_values_unlike", unlike as f64, "values");
    Ok(unlike)
}

/// The name of a row, the values that were seen, and microseconds a round.
type Launched = (&'static str, Vec<f32>, f64);

fn measure_launched(
    launcher: &Launcher,
    cube: Cube,
    rounds: &[Round],
    into: &mut Vec<Launched>,
) -> super::super::Result {
    let first = cube.all();
    let rival = launcher.tune(cube.edge, &first)?;
    for (row, how) in [("mixed_launched_us", How::EachByItself), ("mixed_one_graph_us", How::OneGraph)] {
        let (seen, each) = rival.mixed(&first, rounds, how)?;
        into.push((row, seen, least(&each)));
    }
    Ok(())
}

/// Microseconds a round, in the best of the measurements: rounds follow each other, so each is the time since the one before.
fn least(each: &[Duration]) -> f64 {
    let sums = each.chunks(ROUNDS).map(|times| times.iter().sum::<Duration>().as_secs_f64() / times.len() as f64);
    sums.fold(f64::INFINITY, f64::min) * 1e6
}

/// The values that were seen, and how long each round took.
fn ours(system: &System, cube: Cube, rounds: &[Round], how: Ours) -> super::super::Result<(Vec<f32>, Vec<Duration>)> {
    let grid = system.grid::<Wave>();
    let (mut seen, mut each) = (Vec::new(), Vec::new());
    let mut begun = Instant::now();
    for Round { impulse, amplitude, look } in rounds.iter().copied() {
        let cell = cube.cell(impulse);
        grid.at(cell).tell(Impulse { cell, amplitude })?;
        let cell = cube.cell(look);
        let steps = STEPS as u64;
        let (goal, look) = match how {
            Ours::RunAndAsk => (grid.run(steps)?, grid.at(cell).ask(Look { cell })?),
            Ours::AskAfter => {
                let goal = grid.step(steps)?;
                (goal, grid.after(goal).at(cell).ask(Look { cell })?)
            }
        };
        let (value, step) = look.wait()?;
        if step != goal {
            return Err(format!("a look at step {step} instead of {goal}").into());
        }
        seen.push(value);
        let now = Instant::now();
        each.push(now - begun);
        begun = now;
    }
    Ok((seen, each))
}
