//! shifts

use ringkernel::prelude::*;

#[ring_fn]
fn variable(a: u32, by: u8) -> u32 {
    a << by
}

#[ring_fn]
fn known(a: i64) -> i64 {
    a >> 3
}

emits!(functions: variable, known; Functions, Sites);
