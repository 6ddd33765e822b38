//! evaluation order
//!
//! Operands and arguments that have effects are kept in variables, in Rust's order.

use ringkernel::prelude::*;

#[ring_fn]
fn bump(x: &mut u32) -> u32 {
    *x ^= 1;
    *x
}

#[ring_fn]
fn operands(a: u32) -> u32 {
    let mut x = a;
    x ^ bump(&mut x) ^ x
}

#[ring_fn]
fn arguments(a: u32) -> (u32, u32, u32) {
    let mut x = a;
    (bump(&mut x), x, bump(&mut x))
}

#[ring_fn]
fn assignment(a: u32) -> [u32; 4] {
    let mut at = 0;
    let mut all = [0; 4];
    all[at] = {
        at = 1;
        a
    };
    all
}

emits!(functions: operands, arguments, assignment);
