//! compound assignment

use ringkernel::prelude::*;

#[ring_fn]
fn numbers(a: u32, b: u8, c: f32) -> (u32, u8, f32) {
    let (mut x, mut y, mut z) = (a, b, c);
    x += 1;
    x <<= 3;
    x %= a;
    y ^= b;
    y -= 5;
    z *= c;
    (x, y, z)
}

#[ring_fn]
fn booleans(a: bool, b: bool) -> bool {
    let mut x = a;
    x &= b;
    x ^= a;
    x
}

emits!(functions: numbers, booleans);
