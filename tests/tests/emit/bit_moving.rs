//! bit methods of integers

use ringkernel::prelude::*;

#[ring_fn]
fn moved(a: u32, n: u32) -> [u32; 4] {
    [a.rotate_left(n), a.rotate_right(3), a.swap_bytes(), a.reverse_bits()]
}

emits!(functions: moved);
