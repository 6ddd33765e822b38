//! `for` over ranges

use ringkernel::prelude::*;

#[ring_fn]
fn known(a: u32) -> u32 {
    let mut x = a;
    for i in 0..10 {
        x ^= i;
    }
    x
}

#[ring_fn]
fn from_to(a: u32, b: u32) -> u32 {
    let mut x = 0;
    for i in a..b {
        x ^= i;
    }
    x
}

#[ring_fn]
fn inclusive(a: u8) -> u8 {
    let mut x = 0;
    for i in a..=255 {
        x ^= i;
    }
    x
}

#[ring_fn]
fn times(a: u32) -> u32 {
    let mut x = 1;
    for _ in 0..a {
        x ^= x << 1;
    }
    x
}

emits!(functions: known, from_to, inclusive, times);
