//! generic functions

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

#[ring_fn]
fn larger<T: DeviceValue + Copy + PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[ring_fn]
fn first<const N: usize>(all: [u32; N]) -> u32 {
    all[0] ^ N as u32
}

#[ring_fn]
fn calls(a: u32, b: f32, c: [u32; 3]) -> (u32, f32, u32) {
    (larger(a, 1), larger::<f32>(b, 1.0), first(c))
}

emits!(functions: calls);
