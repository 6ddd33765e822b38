//! wrapping_, checked_, saturating_, overflowing_

use ringkernel::prelude::*;

#[ring_fn]
fn overflowing(a: u64, b: u64) -> (u64, bool) {
    let (sum, overflowed) = a.overflowing_add(b);
    (sum ^ 1, overflowed)
}

emits!(functions: overflowing);
