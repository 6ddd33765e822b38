//! assertions and panics

use ringkernel::prelude::*;

#[ring_fn]
fn panics(a: u32) -> u32 {
    if a == 11 {
        panic!("eleven");
    }
    match a {
        9 => unreachable!(),
        _ => a,
    }
}

emits!(functions: panics; Functions, Sites);
