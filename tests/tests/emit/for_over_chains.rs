//! `for` over iterator chains

use ringkernel::prelude::*;

#[ring_fn]
fn numbered(all: &[u32]) -> u64 {
    let mut x = 0;
    for (i, value) in all.iter().enumerate() {
        x ^= i as u64 ^ u64::from(*value);
    }
    x
}

#[ring_fn]
fn backwards(all: &[u32; 8]) -> u32 {
    let mut x = 0;
    for value in all.iter().rev().step_by(2).copied() {
        x ^= value;
    }
    x
}

#[ring_fn]
fn pairs(all: &[u32], others: &[u32]) -> u32 {
    let mut x = 0;
    for (a, b) in all.iter().zip(others).skip(1).take(5) {
        x ^= a & b;
    }
    x
}

emits!(functions: numbered, backwards, pairs);
