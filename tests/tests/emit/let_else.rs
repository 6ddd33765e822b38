//! `let` .. `else`

use ringkernel::prelude::*;

#[ring_fn]
fn let_else(a: Option<u32>, b: u32) -> u32 {
    let Some(x) = a else {
        return b;
    };
    x ^ b
}

emits!(functions: let_else);
