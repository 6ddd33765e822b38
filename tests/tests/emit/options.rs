//! `Option`

use ringkernel::prelude::*;

#[ring_fn]
fn doubled(a: Option<u32>) -> Option<u64> {
    match a {
        Some(x) => Some(u64::from(x)),
        None => None,
    }
}

emits!(functions: doubled);
