//! `?` on `Option`

use ringkernel::prelude::*;

#[ring_fn]
fn sum(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    let sum = a?.checked_add(b?)?;
    Some(sum ^ 1)
}

emits!(functions: sum);
