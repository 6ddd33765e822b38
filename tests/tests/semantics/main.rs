//! What `docs/semantics.md` promises, a test a sentence. The same tests run on the CPU and, with
//! `RINGKERNEL_TEST_BACKEND=cuda`, on a GPU; `RINGKERNEL_LOG=1` shows what the library logs.

mod delivery;
mod ending;
mod failing;
mod pressure;
mod questions;
mod shared;
mod stress;

use std::time::Duration;

use ringkernel::Builder;
use ringkernel::prelude::*;

/// Long enough for anything that is not a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// A builder for the backend under test.
fn builder() -> Builder {
    if std::env::var_os("RINGKERNEL_LOG").is_some() {
        let level = tracing_subscriber::filter::LevelFilter::DEBUG;
        // Only the first test of the process can.
        let _ = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).try_init();
    }
    let backend = match std::env::var("RINGKERNEL_TEST_BACKEND").as_deref() {
        Ok("cuda") => Backend::Cuda,
        Ok("emulated") => {
            ringkernel_runtime::cuda::emulate::install(std::sync::Arc::new(ringkernel_sim::live::Live));
            Backend::Cuda
        }
        _ => Backend::Cpu,
    };
    System::builder().backend(backend)
}

/// Spare cells for a handler that sends thousands of messages in one run. The CPU makes room beyond the pool for them; a
/// device cannot allocate, so there the pool itself must have them.
fn cells(on_cpu: u32) -> u32 {
    if std::env::var_os("RINGKERNEL_TEST_BACKEND").is_some() { 1 << 17 } else { on_cpu }
}

/// A sequence of pseudo-random numbers: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
