//! slices

use ringkernel::prelude::*;

#[ring_fn]
fn second(all: &[u32]) -> u32 {
    all[1]
}

#[ring_fn]
fn set(all: &mut [u32], at: usize) {
    all[at] = 5;
}

#[ring_fn]
fn parts(all: [u32; 6], from: usize) -> u32 {
    second(&all) ^ second(&all[from..]) ^ second(&all[1..=2])
}

emits!(functions: second, set, parts);
