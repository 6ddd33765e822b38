#![allow(unused)]

use ringkernel::prelude::*;

fn min(a: u32, b: u32) -> u32 {
    a + b
}

#[ring_fn]
fn smaller(a: u32, b: u32) -> u32 {
    min(a, b)
}

fn main() {}
