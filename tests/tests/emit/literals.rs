//! literals

use ringkernel::prelude::*;

#[ring_fn]
fn integers() -> (u8, i16, u32, i64, u128, u8) {
    (200, -300, 4_000_000_000, -9_223_372_036_854_775_808, 1_000_000_000_000_000_000_000, b'x')
}

#[ring_fn]
fn others() -> (f32, f64, bool) {
    (0.1, 1e-7, true)
}

emits!(functions: integers, others);
