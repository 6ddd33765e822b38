//! `as` between numbers

use ringkernel::prelude::*;

#[ring_fn]
fn integers(a: u64, b: i8) -> (u8, i32, u32) {
    (a as u8, a as i32, b as u32)
}

#[ring_fn]
fn floats(a: u32, b: f64) -> (f32, f32, i32, u8) {
    (a as f32, b as f32, b as i32, b as u8)
}

emits!(functions: integers, floats);
