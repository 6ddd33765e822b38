//! Figures of the CUDA backend. Each suite starts its own system and checks the messages that it counts.
//!
//! `RINGKERNEL_REFERENCES=ID=VALUE,..` gives figures of the lab programs that ran just before, to stand beside ours;
//! `RINGKERNEL_REHEARSE=1` runs small numbers on whatever backend there is, to try the suites themselves.

mod actors;
mod ball;
pub(crate) mod grid;
pub(crate) mod latency;
pub(crate) mod launch;
mod launched;
pub(crate) mod neighbours;
pub(crate) mod soak;
pub(crate) mod start;
pub(crate) mod throughput;

use std::env;
use std::error::Error;

use ringkernel::prelude::*;
use ringkernel::{Actor, BackendKind, Builder, Handles, Message};

use crate::report::Report;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Whether the suites are only being tried.
fn rehearsing() -> bool {
    env::var("RINGKERNEL_REHEARSE").is_ok_and(|value| value == "1")
}

/// `full` on a device, a thousandth of it (at least `least`) in a rehearsal.
fn scale(full: u64, least: u64) -> u64 {
    if rehearsing() { (full / 1000).max(least) } else { full }
}

/// A figure that was given from outside.
fn reference(id: &str) -> Option<f64> {
    let given = env::var("RINGKERNEL_REFERENCES").ok()?;
    given.split(',').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == id)?.1.parse().ok())
}

/// Starts a system on the GPU, or in a rehearsal on whatever there is, and puts the device into the report.
fn start_system(report: &mut Report, builder: Builder) -> Result<System> {
    #[cfg(feature = "emulated")]
    ringkernel_runtime::cuda::emulate::install(std::sync::Arc::new(ringkernel_sim::live::Live));
    let backend = if rehearsing() { Backend::Auto } else { Backend::Cuda };
    let system = builder.backend(backend).start()?;
    if system.backend() == BackendKind::Cuda && !cfg!(feature = "emulated") {
        (report.device, report.driver, report.cuda) = launch::describe()?;
    }
    Ok(system)
}

/// Sends a message, again and again while the ring is full; counts the refusals.
fn tell_patiently<A: Actor + Handles<M>, M: Message>(actor: &ActorRef<A>, mut message: M) -> Result<u64, String> {
    let mut refused = 0;
    loop {
        match actor.tell(message) {
            Ok(()) => return Ok(refused),
            Err(error) if error.is_full() => {
                refused += 1;
                message = error.into_inner();
                std::hint::spin_loop();
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}
