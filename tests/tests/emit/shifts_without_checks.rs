//! shifts
//!
//! Without debug assertions the amount is masked.

use ringkernel::prelude::*;

#[ring_fn]
fn variable(a: u32, by: u8) -> u32 {
    a << by
}

emits!(unchecked functions: variable);
