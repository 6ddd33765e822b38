//! A step of the wave: how long it takes beside one that is launched, and whether the fields are the same in the end.

use std::process::{self, Command, Stdio};
use std::time::Instant;
use std::{env, fs};

use ringkernel::prelude::*;

use super::super::launched::Launcher;
use super::super::{rehearsing, scale};
use super::{Cube, Wave, differing};
use crate::report::Report;

/// One cube: how many steps are timed, how many are compared, and what its rows are called.
struct Case {
    edge: u32,
    timed: u64,
    compared: u64,
    us: &'static str,
    launched: &'static str,
    unlike: &'static str,
    local: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        edge: 64,
        timed: 200_000,
        compared: 1000,
        us: "wave_64_us",
        launched: "graph_64_us",
        unlike: "wave_64_unlike_launched",
        local: "wave_64_local_bytes",
    },
    Case {
        edge: 128,
        timed: 100_000,
        compared: 1000,
        us: "wave_128_us",
        launched: "graph_128_us",
        unlike: "wave_128_unlike_launched",
        local: "wave_128_local_bytes",
    },
    Case {
        edge: 160,
        timed: 20_000,
        compared: 1000,
        us: "wave_160_us",
        launched: "graph_160_us",
        unlike: "wave_160_unlike_launched",
        local: "wave_160_local_bytes",
    },
    Case {
        edge: 512,
        timed: 200,
        compared: 1000,
        us: "wave_512_us",
        launched: "graph_512_us",
        unlike: "wave_512_unlike_launched",
        local: "wave_512_local_bytes",
    },
];

/// All cubes. Gives how many values were unlike those of others.
pub(super) fn run(report: &mut Report, launcher: Option<&Launcher>) -> super::super::Result<usize> {
    let mut unlike = 0;
    for case in &CASES {
        let cube = Cube { edge: if rehearsing() { 16 } else { case.edge } };
        let compared = if rehearsing() { 4 } else { case.compared };
        let (mut graph, mut expected) = (None, Vec::new());
        match launcher.map(|launcher| launched(launcher, cube, compared)) {
            Some(Ok((us, fields))) => {
                report.row(case.launched, us, "us");
                graph = Some(us);
                expected.push((case.unlike, fields));
            }
            Some(Err(error)) => eprintln!("  NOT MEASURED, {}: {error}", case.launched),
            None => {}
        }
        if case.edge == 64 {
            expected.push(("wave_64_unlike_cpu", on_the_cpu(cube, compared)?));
        }
        unlike += one(report, case, cube, compared, graph, &expected)?;
        if rehearsing() {
            break;
        }
    }
    Ok(unlike)
}

/// Microseconds of a step that is launched, and the fields after so many. What it has of the device is given back before a kernel of
/// ours is there.
fn launched(launcher: &Launcher, cube: Cube, steps: u64) -> Result<(f64, [Vec<f32>; 2]), String> {
    let first = cube.all();
    let rival = launcher.tune(cube.edge, &first)?;
    Ok((rival.us, rival.run(&first, steps as usize)?))
}

fn on_the_cpu(cube: Cube, steps: u64) -> super::super::Result<[Vec<f32>; 2]> {
    let system = cube.builder().backend(Backend::Cpu).start()?;
    fields(&system, steps)
}

/// Now and before, after so many steps.
fn fields(system: &System, steps: u64) -> super::super::Result<[Vec<f32>; 2]> {
    let grid = system.grid::<Wave>();
    let done = grid.run(steps)?;
    if done != steps {
        return Err(format!("{done} of {steps} steps were done").into());
    }
    Ok([grid.field(|wave| &wave.now).read()?, grid.field(|wave| &wave.before).read()?])
}

/// Compares what is in the cells, then measures a step.
fn one(
    report: &mut Report,
    case: &Case,
    cube: Cube,
    compared: u64,
    graph: Option<f64>,
    expected: &[(&'static str, [Vec<f32>; 2])],
) -> super::super::Result<usize> {
    let system = cube.start(report)?;
    eprintln!("  {}^3: {}", cube.edge, system.device());
    let [now, before] = fields(&system, compared)?;
    let mut unlike = 0;
    for (row, theirs) in expected {
        let cells = differing(&now, &theirs[0]) + differing(&before, &theirs[1]);
        report.row(row, cells as f64, "cells");
        unlike += cells;
    }
    let best = best_of_three(&system, case.timed)?;
    match graph {
        Some(graph) => report.row_beside(case.us, best, "us", (case.launched, graph)),
        None => report.row(case.us, best, "us"),
    }
    if case.edge == 160 {
        report.row("wave_160_gcells", f64::from(cube.edge).powi(3) / best / 1e3, "Gcells/s");
    }
    report.row(case.local, local_bytes(system.device()), "bytes");
    Ok(unlike)
}

/// Microseconds of a step, of so many after each other; the best of three runs.
fn best_of_three(system: &System, timed: u64) -> super::super::Result<f64> {
    let grid = system.grid::<Wave>();
    let steps = scale(timed, 4);
    let (mut best, mut done) = (f64::INFINITY, grid.current_step());
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

/// A wave whose tiles are as measuring finds them best, and what was found. Nothing is remembered of earlier runs.
pub(super) fn autotuned(report: &mut Report) -> super::super::Result {
    let directory = env::temp_dir().join(format!("ringkernel-bench-autotune-{}", process::id()));
    // SAFETY: no other thread of this program reads the environment now: no system is running.
    unsafe {
        env::set_var("RINGKERNEL_CACHE_DIR", directory.join("cache"));
        env::set_var("RINGKERNEL_DUMP", &directory);
    }
    let mut measured = || -> super::super::Result<(f64, f64, f64)> {
        let cube = Cube { edge: if rehearsing() { 16 } else { 128 } };
        let begun = Instant::now();
        drop(super::super::start_system(report, cube.builder().autotune())?);
        let first = begun.elapsed();
        eprint!("{}", fs::read_to_string(directory.join("Wave.autotune.txt")).unwrap_or_default());
        let begun = Instant::now();
        let system = super::super::start_system(report, cube.builder().autotune())?;
        let then = begun.elapsed();
        eprintln!("  {}^3, measured: {}", cube.edge, system.device());
        Ok((best_of_three(&system, 100_000)?, first.as_secs_f64() * 1e3, then.as_secs_f64() * 1e3))
    };
    let result = measured();
    // SAFETY: as above; the systems have been dropped.
    unsafe {
        env::remove_var("RINGKERNEL_CACHE_DIR");
        env::remove_var("RINGKERNEL_DUMP");
    }
    let _ = fs::remove_dir_all(directory);
    let (us, first, then) = result?;
    report.row("wave_128_autotuned_us", us, "us");
    report.row("autotune_first_ms", first, "ms");
    report.row("autotune_then_ms", then, "ms");
    Ok(())
}

/// A wave of 64^3 and nothing else, or of `RINGKERNEL_EDGE`. `RINGKERNEL_BLIND=1` lets its tiles look for nothing that the host wants.
pub(crate) fn alone(report: &mut Report) -> super::super::Result {
    let asked = std::env::var("RINGKERNEL_EDGE").ok().and_then(|edge| edge.parse().ok());
    let edge = if rehearsing() { 16 } else { asked.unwrap_or(64) };
    let system = Cube { edge }.start(report)?;
    let grid = system.grid::<Wave>();
    let steps = CASES.iter().find(|case| case.edge == edge).map_or(1000, |case| case.timed);
    let steps = scale(steps, 4);
    grid.run(steps / 10)?;
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let begun = Instant::now();
        grid.run(steps)?;
        best = best.min(begun.elapsed().as_secs_f64() * 1e6 / steps as f64);
    }
    report.row("wave_alone_us", best, "us");
    Ok(())
}

/// What it costs that a running wave hears the host: the suite above with and without, in turns, each in a process of its own.
pub(super) fn overhead(report: &mut Report) -> super::super::Result {
    let (mut hearing, mut blind) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..3 {
        hearing = hearing.min(in_a_process("0")?);
        blind = blind.min(in_a_process("1")?);
    }
    report.row("wave_64_hearing_us", hearing, "us");
    report.row("wave_64_blind_us", blind, "us");
    report.row("wave_step_overhead_pct", (hearing / blind - 1.0) * 100.0, "%");
    Ok(())
}

fn in_a_process(blind: &str) -> super::super::Result<f64> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg("gpu-step").env("RINGKERNEL_BLIND", blind).stderr(Stdio::null()).output()?;
    let document: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the suite gpu-step ended with {} and no document: {error}", output.status))?;
    document["rows"][0]["value"].as_f64().ok_or_else(|| "the suite gpu-step has no row".into())
}

/// Bytes of local memory that a thread of the kernel has, as the device's description says.
fn local_bytes(device: &str) -> f64 {
    let said = device.split(", ").find_map(|part| part.strip_suffix(" bytes of local memory a thread"));
    said.and_then(|bytes| bytes.parse().ok()).unwrap_or(0.0)
}
