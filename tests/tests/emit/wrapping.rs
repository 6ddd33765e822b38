//! wrapping_, checked_, saturating_, overflowing_

use ringkernel::prelude::*;

#[ring_fn]
fn wrapping(a: i32, b: i32, n: u32) -> [i32; 6] {
    [a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b), a.wrapping_neg(), a.wrapping_shl(n), a.wrapping_pow(n)]
}

emits!(functions: wrapping);
