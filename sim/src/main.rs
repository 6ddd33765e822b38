//! `cargo xtask sim`: runs seeds of a scenario and reports those that fail.

use std::process::ExitCode;
use std::time::Instant;

use ringkernel_sim::memory::Mode;
use ringkernel_sim::mutation::MUTATIONS;
use ringkernel_sim::run::run;
use ringkernel_sim::scenario::traffic::Profile;

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
    if args.iter().any(|a| a == "--mutations") {
        return mutations(value("--only").map(String::as_str));
    }
    let wanted = value("--kernel").map(|k| k.to_lowercase());
    let (start, mut steps, mut failures, mut seeds) = (Instant::now(), 0, 0, 0);
    for profile in Profile::ALL {
        let name = format!("{profile:?}").to_lowercase();
        if wanted.as_ref().is_some_and(|w| *w != name) {
            continue;
        }
        let source = match value("--defect") {
            None => profile.source().map_err(|e| e.to_string()),
            Some(name) => MUTATIONS
                .iter()
                .find(|m| m.name.contains(name.as_str()))
                .map_or(Err("no such defect".into()), |m| m.source()),
        };
        let kernel = match source.and_then(|s| s.build()) {
            Ok(kernel) => kernel,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        let mut failed = 0;
        for seed in a..b {
            let outcome = run(&kernel, mode, seed, |memory, random| profile.setup(memory, random));
            (steps, seeds) = (steps + outcome.steps, seeds + 1);
            if args.iter().any(|a| a == "--verbose") {
                println!(
                    "{name} seed {seed} {:?} {} steps hash {:016x}",
                    outcome.strategy, outcome.steps, outcome.hash
                );
            }
            if let Some((_, report)) = outcome.fault {
                failed += 1;
                println!(
                    "{name} seed {seed} ({:?}, {mode:?}) fails after {} operations: {report}",
                    outcome.strategy, outcome.steps
                );
                if failed == 3 {
                    break;
                }
            }
        }
        failures += failed;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{seeds} seeds, {failures} failures, {steps} operations, {seconds:.1} s, {:.1} M/s",
        steps as f64 / seconds / 1e6
    );
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Applies every mutation and prints the table of what caught it.
fn mutations(only: Option<&str>) -> ExitCode {
    let mut survivors = 0;
    println!("| defect | mode | traffic | caught by seed | with |\n|---|---|---|---|---|");
    for mutation in MUTATIONS.iter().filter(|m| only.is_none_or(|o| m.name.contains(o))) {
        let (mode, profile) =
            (format!("{:?}", mutation.mode).to_lowercase(), format!("{:?}", mutation.profile).to_lowercase());
        let (seed, message) = match mutation.hunt() {
            Ok(Some(caught)) => (caught.seed.to_string(), caught.message),
            Ok(None) => (format!("none of {}", mutation.seeds), "SURVIVED".into()),
            Err(error) => ("-".into(), error),
        };
        survivors += u32::from(seed.parse::<u64>().is_err());
        println!("| {} | {mode} | {profile} | {seed} | {message} |", mutation.name);
    }
    println!("\n{} defects, {survivors} not caught", MUTATIONS.len());
    if survivors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
