//! `match` with guards

use ringkernel::prelude::*;

#[ring_fn]
fn guards(a: Option<u32>, b: u32) -> u32 {
    match a {
        Some(x) if x > 10 => x,
        Some(x) if x == b => 2,
        Some(_) => 3,
        None => 4,
    }
}

emits!(functions: guards);
