#![allow(unused)]

use ringkernel::prelude::*;

struct Host;

#[ring_fn]
fn size<T>(of: &[T]) -> usize {
    of.len()
}

#[ring_fn]
fn calls() -> usize {
    size::<Host>(&[])
}

fn main() {}
