//! `for` over iterator chains
//!
//! An array itself, and its elements by reference.

use ringkernel::prelude::*;

#[ring_fn]
fn values(all: [u32; 4]) -> u32 {
    let mut x = 0;
    for value in all {
        x ^= value;
    }
    x
}

#[ring_fn]
fn references(all: &[u32]) -> u32 {
    let mut x = 0;
    for value in all {
        x ^= *value;
    }
    x
}

#[ring_fn]
fn changed(all: &mut [u32; 4]) {
    for value in all.iter_mut() {
        *value = !*value;
    }
}

emits!(functions: values, references, changed);
