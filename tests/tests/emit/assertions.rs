//! assertions and panics

use ringkernel::prelude::*;

#[ring_fn]
fn checked(a: u32, b: u32) -> u32 {
    assert!(a != 3);
    assert!(a < 100 && b < 100, "both below 100");
    assert_eq!(a & 1, b & 1);
    assert_ne!(b, 7, "never {}", b);
    debug_assert!(a > b);
    a
}

emits!(functions: checked; Functions, Sites);
