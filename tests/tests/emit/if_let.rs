//! `if let` and chains

use ringkernel::prelude::*;

#[ring_fn]
fn if_let(a: Option<u32>) -> u32 {
    if let Some(x) = a { x } else { 7 }
}

emits!(functions: if_let);
