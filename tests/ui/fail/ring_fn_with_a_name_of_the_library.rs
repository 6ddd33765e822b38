#![allow(unused)]

use ringkernel::prelude::*;

#[ring_fn]
fn min(a: u32, b: u32) -> u32 {
    if a < b { a } else { b }
}

fn main() {}
