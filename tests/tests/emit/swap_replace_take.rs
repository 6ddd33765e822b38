//! `swap`, `replace`, `take`

use ringkernel::prelude::*;
use std::mem;

#[ring_fn]
fn exchanged(a: &mut u32, b: &mut u32, c: &mut Option<u32>) -> (u32, Option<u32>) {
    mem::swap(a, b);
    (mem::replace(a, 5), c.take())
}

emits!(functions: exchanged);
