//! `cargo xtask sim`: runs seeds of each kernel and reports those that fail.

mod arguments;

use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use ringkernel_sim::mutation::mutations;

use arguments::Arguments;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}\n\n{}", arguments::usage());
            return ExitCode::from(2);
        }
    };
    let clean = if arguments.mutations { hunt(&arguments) } else { seeds(&arguments) };
    match clean {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn lower(name: impl std::fmt::Debug) -> String {
    format!("{name:?}").to_lowercase()
}

fn bar(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:<24} {wide_bar} {pos} of {len} seeds, {per_sec}, {eta} left");
    ProgressBar::new(length).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Runs the seeds; whether all passed.
fn seeds(arguments: &Arguments) -> Result<bool, String> {
    /// Failing seeds of one kernel and mode that are reported.
    const REPORTED: u32 = 3;
    let mut failures = 0;
    for profile in &arguments.kernels {
        let source = match &arguments.defect {
            None => profile.source()?,
            Some(defect) => defect.source()?,
        };
        let kernel = source.build()?;
        for mode in &arguments.modes {
            let (kernel_name, mode_name) = (lower(profile), lower(mode));
            let progress = bar(arguments.seeds.end - arguments.seeds.start);
            progress.set_message(format!("{kernel_name} {mode_name}"));
            let (start, mut steps, mut failed, mut ran) = (Instant::now(), 0, 0, 0);
            for seed in arguments.seeds.clone() {
                let outcome = match &arguments.defect {
                    None => profile.run(&kernel, *mode, seed),
                    Some(defect) => defect.run_in(*mode, &kernel, seed),
                };
                (steps, ran) = (steps + outcome.steps, ran + 1);
                progress.inc(1);
                if arguments.verbose {
                    let (strategy, hash) = (outcome.strategy, outcome.hash);
                    progress.suspend(|| {
                        println!("seed {seed} {strategy:?} {} operations, hash {hash:016x}", outcome.steps)
                    });
                }
                if let Some((_, report)) = outcome.fault {
                    failed += 1;
                    progress.suspend(|| {
                        println!(
                            "{kernel_name} {mode_name} seed {seed} ({:?}) fails after {} operations: {report}",
                            outcome.strategy, outcome.steps
                        );
                        let defect = arguments.defect.map_or_else(String::new, |d| format!(" --defect '{}'", d.name));
                        println!(
                            "again: cargo xtask sim --kernel {kernel_name} --mode {mode_name} --replay {seed}{defect}\n"
                        );
                    });
                    if failed == REPORTED {
                        break;
                    }
                }
            }
            progress.finish_and_clear();
            let seconds = start.elapsed().as_secs_f64();
            let from = arguments.seeds.start;
            println!(
                "{kernel_name:<10} {mode_name:<10} seeds {from}..{}: {failed} fail; {steps} operations in {seconds:.1} s, {:.1} M/s",
                from + ran,
                steps as f64 / seconds / 1e6
            );
            failures += failed;
        }
    }
    Ok(failures == 0)
}

/// Applies every defect and prints the table of what caught it; whether all were.
fn hunt(arguments: &Arguments) -> Result<bool, String> {
    let (mut all, mut survivors) = (0, 0);
    println!("| defect | mode | traffic | caught by seed | with |\n|---|---|---|---|---|");
    for mutation in mutations().filter(|m| arguments.defect.is_none_or(|d| d.name == m.name)) {
        let (seed, message) = match mutation.hunt() {
            Ok(Some(caught)) => (caught.seed.to_string(), caught.message),
            Ok(None) => (format!("none of {}", mutation.seeds), "SURVIVED".into()),
            Err(error) => ("-".into(), error),
        };
        all += 1;
        survivors += u32::from(seed.parse::<u64>().is_err());
        println!("| {} | {} | {} | {seed} | {message} |", mutation.name, lower(mutation.mode), lower(mutation.profile));
    }
    println!("\n{all} defects, {survivors} not caught");
    Ok(survivors == 0)
}
