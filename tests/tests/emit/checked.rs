//! wrapping_, checked_, saturating_, overflowing_

use ringkernel::prelude::*;

#[ring_fn]
fn checked(a: u32, b: u32) -> [Option<u32>; 5] {
    [a.checked_add(b), a.checked_sub(b), a.checked_div(b), a.checked_shl(b), a.checked_pow(b)]
}

emits!(functions: checked);
