//! blocks as expressions

use ringkernel::prelude::*;

#[ring_fn]
fn blocks(a: u32) -> u32 {
    let x = {
        let y = a % 10;
        y ^ 3
    };
    x
}

emits!(functions: blocks);
