//! shadowing

use ringkernel::prelude::*;

#[ring_fn]
fn shadowing(x: u8) -> u64 {
    let x = u16::from(x) ^ 1;
    let x = u64::from(x);
    {
        let x = x ^ 100;
        if x > 500 {
            return x;
        }
    }
    x
}

emits!(functions: shadowing);
