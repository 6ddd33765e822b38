//! integer arithmetic

use ringkernel::prelude::*;

#[ring_fn]
fn unsigned(a: u32, b: u32) -> u32 {
    a * b + 1
}

#[ring_fn]
fn narrow(a: u8, b: u8) -> u8 {
    a - b
}

#[ring_fn]
fn negated(a: i64) -> i64 {
    -a
}

#[ring_fn]
fn wide(a: u128, b: u128) -> u128 {
    a + b
}

emits!(functions: unsigned, narrow, negated, wide; Functions, Sites);
