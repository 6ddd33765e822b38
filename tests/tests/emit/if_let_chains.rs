//! `if let` and chains

use ringkernel::prelude::*;

#[ring_fn]
fn chain(a: Option<u32>, b: Option<u32>) -> u32 {
    if let Some(x) = a
        && x > 3
        && let Some(y) = b
    {
        x ^ y
    } else {
        99
    }
}

emits!(functions: chain);
