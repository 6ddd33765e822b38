//! patterns
//!
//! Literals, ranges, constants, alternatives, and a name for what matched.

use ringkernel::prelude::*;

const LIMIT: u32 = 77;

#[ring_fn]
fn class(a: u32) -> u32 {
    match a {
        0 => 10,
        1 | 3 | 5 => 11,
        n @ 6..=9 => n,
        LIMIT => 12,
        100.. => 13,
        _ => 14,
    }
}

emits!(functions: class);
