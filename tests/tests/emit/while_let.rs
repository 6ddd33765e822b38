//! `while let`

use ringkernel::prelude::*;

#[ring_fn]
fn while_let(a: Option<u32>) -> u32 {
    let mut left = a;
    let mut seen = 0;
    while let Some(n) = left {
        seen ^= n;
        left = n.checked_sub(3);
    }
    seen
}

emits!(functions: while_let);
