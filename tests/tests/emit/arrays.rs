//! arrays

use ringkernel::prelude::*;

#[ring_fn]
fn changed(a: [u32; 4], at: usize) -> [u32; 4] {
    let mut x = a;
    x[at] = 9;
    x[0] ^= x[3];
    x
}

#[ring_fn]
fn made(a: u8) -> ([u8; 3], [u32; 16]) {
    ([a, 1, 2], [7; 16])
}

#[ring_fn]
fn nested(grid: [[u8; 3]; 2], row: usize) -> u8 {
    grid[row][1]
}

emits!(functions: changed, made, nested; Functions, Sites);
