//! `match` with guards
//!
//! Without guards: arms that are values, and arms that are statements.

use ringkernel::prelude::*;

#[ring_fn]
fn values(a: u32) -> u32 {
    let x = match a {
        0 => 10,
        1 => 20,
        _ => a,
    };
    x ^ 1
}

#[ring_fn]
fn statements(a: u32, b: &mut u32) {
    match a {
        0 => *b = 1,
        1 => {
            *b ^= a;
            *b |= 2;
        }
        _ => {}
    }
}

emits!(functions: values, statements);
