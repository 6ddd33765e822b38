//! late initialisation

use ringkernel::prelude::*;

#[ring_fn]
fn late(a: u32) -> u32 {
    let x;
    if a > 10 {
        x = a;
    } else {
        x = 10;
    }
    x
}

emits!(functions: late);
