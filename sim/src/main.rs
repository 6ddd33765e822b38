//! `cargo xtask sim`: runs seeds of a scenario and reports those that fail.

use std::process::ExitCode;
use std::time::Instant;

use ringkernel_sim::memory::Mode;
use ringkernel_sim::run::run;
use ringkernel_sim::scenario::traffic;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1));
    let mode = match value("--mode").map(String::as_str) {
        Some("weak") => Mode::Weak,
        Some("race") => Mode::Race,
        _ => Mode::Interleave,
    };
    let range = value("--seeds").map_or("0..100", String::as_str);
    let (a, b) = range.split_once("..").unwrap_or(("0", range));
    let (mut a, mut b) = (a.parse::<u64>().unwrap_or(0), b.parse::<u64>().unwrap_or(100));
    if let Some(seed) = value("--replay").and_then(|s| s.parse::<u64>().ok()) {
        (a, b) = (seed, seed + 1);
    }
    let kernel = match traffic::source().map_err(|e| e.to_string()).and_then(|s| s.build()) {
        Ok(kernel) => kernel,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let (start, mut steps, mut failures) = (Instant::now(), 0, 0);
    for seed in a..b {
        let outcome = run(&kernel, mode, seed, traffic::setup);
        steps += outcome.steps;
        if args.iter().any(|a| a == "--verbose") {
            println!("seed {seed} {:?} {} steps hash {:016x}", outcome.strategy, outcome.steps, outcome.hash);
        }
        if let Some((_, report)) = outcome.fault {
            failures += 1;
            println!("seed {seed} ({:?}, {mode:?}) fails after {} operations: {report}", outcome.strategy, outcome.steps);
            if failures == 5 {
                break;
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{} seeds, {failures} failures, {steps} operations, {seconds:.1} s, {:.1} M/s", b - a, steps as f64 / seconds / 1e6);
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
