//! patterns
//!
//! In a `let`.

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Point {
    x: u32,
    y: u32,
}

#[ring_fn]
fn taken_apart(pair: (u32, Point), all: [u32; 3]) -> u32 {
    let (a, Point { x, .. }) = pair;
    let [first, _, last] = all;
    let _ = a;
    a ^ x ^ first ^ last
}

emits!(functions: taken_apart);
