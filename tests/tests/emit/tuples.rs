//! tuples

use ringkernel::prelude::*;

#[ring_fn]
fn tuples(a: u32, b: bool) -> (u32, (bool, u32)) {
    let mut pair = (b, a);
    pair.1 ^= 1;
    (a, pair)
}

emits!(functions: tuples; Types, Functions);
