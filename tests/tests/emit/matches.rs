//! `matches!`

use ringkernel::prelude::*;

#[ring_fn]
fn digit(a: u8) -> bool {
    matches!(a, b'0'..=b'9' | b'_')
}

#[ring_fn]
fn large(a: Option<u32>) -> bool {
    matches!(a, Some(x) if x > 10)
}

emits!(functions: digit, large);
