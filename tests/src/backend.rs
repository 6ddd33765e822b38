//! The backend that tests of systems run on.
//!
//! The CPU, unless `RINGKERNEL_TEST_BACKEND` says `cuda`, or `emulated`: the CUDA backend with the kernel run by the
//! simulator. `RINGKERNEL_LOG=1` shows what the library logs.

use std::env;
use std::sync::Arc;
use std::time::Duration;

use ringkernel::{Backend, Builder, System};
use ringkernel_sim::live::Live;
use tracing_subscriber::filter::LevelFilter;

/// Long enough for anything that is not a hang, on a machine that is slow and does other things.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Whether it is a GPU, or what stands in for one.
#[must_use]
pub fn is_cuda() -> bool {
    env::var_os("RINGKERNEL_TEST_BACKEND").is_some()
}

/// Whether the simulator stands in for a GPU: what takes long there may be done less often.
#[must_use]
pub fn is_emulated() -> bool {
    env::var("RINGKERNEL_TEST_BACKEND").is_ok_and(|backend| backend == "emulated")
}

/// A builder for it.
pub fn builder() -> Builder {
    if env::var_os("RINGKERNEL_LOG").is_some() {
        // Only the first test of the process can.
        let log = tracing_subscriber::fmt().with_max_level(LevelFilter::DEBUG).with_writer(std::io::stderr);
        let _ = log.try_init();
    }
    if is_emulated() {
        ringkernel_runtime::cuda::emulate::install(Arc::new(Live));
    }
    System::builder().backend(if is_cuda() { Backend::Cuda } else { Backend::Cpu })
}
