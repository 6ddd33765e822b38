//! integer arithmetic
//!
//! Without debug assertions it wraps. Signed numbers are computed without sign, since C++ leaves their overflow open.

use ringkernel::prelude::*;

#[ring_fn]
fn unsigned(a: u32, b: u32) -> u32 {
    a * b + 1
}

#[ring_fn]
fn signed(a: i32, b: i32) -> i32 {
    -(a * b + 1)
}

emits!(unchecked functions: unsigned, signed);
