//! `loop` and `break` with a value

use ringkernel::prelude::*;

#[ring_fn]
fn next_multiple(a: u32) -> u32 {
    let mut n = a;
    let found = loop {
        n = n.wrapping_add(1);
        if n % 9 == 0 {
            break n;
        }
    };
    found ^ 1
}

emits!(functions: next_multiple);
