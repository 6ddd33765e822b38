//! bit methods of integers

use ringkernel::prelude::*;

#[ring_fn]
fn counted(a: u64) -> [u32; 6] {
    [a.count_ones(), a.count_zeros(), a.leading_zeros(), a.trailing_zeros(), a.leading_ones(), a.trailing_ones()]
}

emits!(functions: counted);
