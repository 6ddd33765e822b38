//! From `start()` to the first answer, with nothing and with everything in the cache; the context on its own.

use std::time::Instant;
use std::{env, fs, process};

use super::actors::{Probe, counters};
use super::{launch, start_system};
use crate::report::Report;

pub(crate) fn run(report: &mut Report) -> super::Result {
    // Whoever uses CUDA first in a process waits for this, with or without RingKernel.
    let context = launch::hold_context(report)?;

    let directory = env::temp_dir().join(format!("ringkernel-bench-cache-{}", process::id()));
    // SAFETY: no other thread of this program reads the environment now: no system is running.
    unsafe { env::set_var("RINGKERNEL_CACHE_DIR", &directory) };
    let mut once = |id| -> super::Result {
        let start = Instant::now();
        let system = start_system(report, counters(1000))?;
        let actor = system.actor::<super::actors::Counter>(7);
        let answer = actor.ask(Probe { x: 41 })?.wait()?;
        report.row(id, start.elapsed().as_secs_f64() * 1e3, "ms");
        if answer == 42 { Ok(()) } else { Err(format!("a wrong answer: {answer}").into()) }
    };
    let result = once("jit_cold_ms").and_then(|()| once("jit_warm_ms"));
    // SAFETY: as above; the systems have been dropped.
    unsafe { env::remove_var("RINGKERNEL_CACHE_DIR") };
    let _ = fs::remove_dir_all(directory);
    drop(context);
    result
}
