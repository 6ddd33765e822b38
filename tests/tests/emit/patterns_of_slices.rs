//! patterns
//!
//! Arrays and slices, with a name for the rest.

use ringkernel::prelude::*;

#[ring_fn]
fn ends(all: &[u32]) -> u32 {
    match all {
        [] => 0,
        [only] => *only,
        [first, .., last] => *first ^ *last,
    }
}

#[ring_fn]
fn rest(all: &[u32]) -> usize {
    if let [0, rest @ ..] = all { rest.len() } else { 0 }
}

emits!(functions: ends, rest);
