//! wrapping_, checked_, saturating_, overflowing_

use ringkernel::prelude::*;

#[ring_fn]
fn saturating(a: i8, b: i8) -> [i8; 3] {
    [a.saturating_add(b), a.saturating_sub(b), a.saturating_mul(b)]
}

emits!(functions: saturating);
