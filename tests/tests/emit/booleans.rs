//! `bool`

use ringkernel::prelude::*;

#[ring_fn]
fn booleans(a: bool, b: bool) -> (bool, bool, bool, u8) {
    (a & b, a ^ !b, a != b, a as u8)
}

emits!(functions: booleans);
