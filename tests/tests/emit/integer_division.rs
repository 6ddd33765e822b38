//! integer division

use ringkernel::prelude::*;

#[ring_fn]
fn unsigned(a: u32, b: u32) -> u32 {
    a / b
}

#[ring_fn]
fn signed(a: i32, b: i32) -> i32 {
    a % b
}

#[ring_fn]
fn by_a_number(a: i32) -> i32 {
    a / 10
}

emits!(functions: unsigned, signed, by_a_number; Functions, Sites);
