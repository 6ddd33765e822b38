//! comparisons

use ringkernel::prelude::*;

#[ring_fn]
fn comparisons(a: u32, b: i64, c: f32) -> (bool, bool, bool, bool) {
    (a < 5, b >= -1, c != 0.5, (a > 1) == (b > 1))
}

emits!(functions: comparisons);
