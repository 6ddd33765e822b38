//! The developer's commands. `cargo xtask` lists them.

mod bench;
mod bundle;
mod process;
mod report;
mod sim;
mod test;
mod wheels;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test                      everything that needs no GPU: format, lints, tests, documentation
cargo xtask gpu-bundle [--with-nvrtc] [NAME..]
                                      built tests, examples and benches for a machine with a GPU and no Rust
cargo xtask bench [ARGUMENTS..]       the benchmarks, as a table; results go to bench/results/
cargo xtask sim [--kernel NAME] [--mode interleave|weak|race|all] [--seeds A..B] [--replay SEED] [--defect NAME] [--mutations]
                                      the device code on the CPU, by seeds; docs/simulation.md";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let done = match args.first().map(String::as_str) {
        Some("test") => test::run(rest),
        Some("gpu-bundle") => bundle::run(rest),
        Some("bench") => bench::run(rest),
        Some("sim") => sim::run(rest),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
