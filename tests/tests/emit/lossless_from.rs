//! lossless `from`

use ringkernel::prelude::*;

#[ring_fn]
fn lossless(a: u8, b: i16, c: f32, d: bool) -> (u64, f64, f64, u32) {
    (u64::from(a), b.into(), f64::from(c), u32::from(d))
}

emits!(functions: lossless);
