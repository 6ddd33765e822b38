//! bit operators

use ringkernel::prelude::*;

#[ring_fn]
fn wide(a: u32, b: u32) -> u32 {
    (a & b | a ^ 0xff) & !b
}

#[ring_fn]
fn narrow(a: u8, b: u8) -> u8 {
    a & !b
}

emits!(functions: wide, narrow);
