//! What RingKernel does in a second, beside its peers and the hardware's limits.
//!
//! `ringkernel-bench SUITE..` runs suites and prints one JSON document; what it does meanwhile goes to the error stream.
//! With `RINGKERNEL_LOG=1` that includes what the library logs at the level `debug`: what a start does, and for how long.
//! `cargo xtask bench` builds it, prints the document as a table and keeps it in `bench/results/`.

mod cpu;
mod gpu;
mod random;
mod report;
mod sample;

use std::process::ExitCode;

use report::Report;

/// A suite adds its rows to the report. An error ends the run: a document lacks no rows silently.
type Suite = fn(&mut Report) -> Result<(), Box<dyn std::error::Error>>;

/// All suites by name. A name that is not the name of a suite selects those that begin with it.
const SUITES: &[(&str, Suite)] = &[
    ("clock", sample::clock),
    ("cpu-messages", cpu::messages),
    ("cpu-questions", cpu::questions),
    ("gpu-launch", gpu::launch::run),
    ("gpu-start", gpu::start::run),
    ("gpu-latency", gpu::latency::run),
    ("gpu-from-host", gpu::throughput::from_host),
    ("gpu-to-host", gpu::throughput::to_host),
    ("gpu-actors", gpu::throughput::among_actors),
    ("gpu-grid", gpu::grid::run),
    ("gpu-grid-barriers", gpu::grid::barriers),
    ("gpu-commands", gpu::grid::commands),
    ("gpu-neighbours", gpu::neighbours::run),
    ("gpu-step", gpu::grid::alone),
    ("gpu-soak", gpu::soak::run),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    if wanted.iter().any(|name| name.starts_with('-')) {
        eprintln!("ringkernel-bench SUITE.., of: {}", names());
        return ExitCode::from(2);
    }
    let chosen = |suite: &str| wanted.is_empty() || wanted.iter().any(|name| suite.starts_with(name.as_str()));
    if !SUITES.iter().any(|(suite, _)| chosen(suite)) {
        eprintln!("there is no such suite; there are: {}", names());
        return ExitCode::from(2);
    }
    if std::env::var_os("RINGKERNEL_LOG").is_some() {
        let level = tracing_subscriber::filter::LevelFilter::DEBUG;
        tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
    }
    let mut report = Report::of_this_machine(&format!("ringkernel-bench {}", wanted.join(" ")));
    for (name, suite) in SUITES.iter().filter(|(name, _)| chosen(name)) {
        eprintln!("== {name}");
        if let Err(error) = suite(&mut report) {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    println!("{}", report.json());
    ExitCode::SUCCESS
}

/// For the list in a message.
fn names() -> String {
    SUITES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}
