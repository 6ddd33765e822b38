//! labels
//!
//! On a block that has a value.

use ringkernel::prelude::*;

#[ring_fn]
fn block(a: u32) -> u32 {
    let x = 'found: {
        if a % 3 == 0 {
            break 'found 1;
        }
        a
    };
    x ^ 2
}

emits!(functions: block);
