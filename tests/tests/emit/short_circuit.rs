//! short circuit
//!
//! The right side can fail, so it may only be evaluated when the left side says so.

use ringkernel::prelude::*;

#[ring_fn]
fn pure(a: u32, b: u32) -> bool {
    a > 1 && b > 1 || a == b
}

#[ring_fn]
fn failing(a: u32, b: u32) -> bool {
    b != 0 && a / b > 2
}

emits!(functions: pure, failing);
