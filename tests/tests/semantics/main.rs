//! What `docs/semantics.md` promises, a test a sentence. The same tests run on the CPU and, with
//! `RINGKERNEL_TEST_BACKEND=cuda`, on a GPU (`tests/src/backend.rs`).

mod delivery;
mod ending;
mod failing;
mod pressure;
mod questions;
mod shared;
mod stress;

use ringkernel_tests::backend::{PATIENCE, builder, is_cuda};

/// Spare cells for a handler that sends thousands of messages in one run. The CPU makes room beyond the pool for them; a
/// device cannot allocate, so there the pool itself must have them.
fn cells(on_cpu: u32) -> u32 {
    if is_cuda() { 1 << 17 } else { on_cpu }
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
