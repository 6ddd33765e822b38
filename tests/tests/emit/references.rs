//! references

use ringkernel::prelude::*;

#[ring_fn]
fn add_one(x: &mut u32) {
    *x ^= 1;
}

#[ring_fn]
fn larger<'a>(a: &'a u32, b: &'a u32) -> &'a u32 {
    if *a > *b { a } else { b }
}

#[ring_fn]
fn references(a: u32, b: u32) -> u32 {
    let mut x = a;
    add_one(&mut x);
    let mut chosen = &x;
    if b > 5 {
        chosen = larger(&x, &b);
    }
    *chosen
}

emits!(functions: references);
