//! `while`

use ringkernel::prelude::*;

#[ring_fn]
fn collatz(a: u32) -> u32 {
    let mut n = a;
    while n > 1 {
        if n % 2 == 0 {
            n /= 2;
            continue;
        }
        n = n.wrapping_mul(3) ^ 1;
    }
    n
}

emits!(functions: collatz);
