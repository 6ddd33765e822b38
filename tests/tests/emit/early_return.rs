//! early `return`

use ringkernel::prelude::*;

#[ring_fn]
fn first_negative(all: [i32; 8]) -> i32 {
    for value in all {
        if value < 0 {
            return value;
        }
    }
    0
}

#[ring_fn]
fn without_value(a: u32, b: &mut u32) {
    if a == 0 {
        return;
    }
    *b = a;
}

emits!(functions: first_negative, without_value);
