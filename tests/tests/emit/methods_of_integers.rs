//! methods of integers

use ringkernel::prelude::*;

#[ring_fn]
fn plain(a: i32, b: i32) -> (i32, i32, i32, u32, u32, i32, bool) {
    (a.min(b), a.max(b), a.signum(), a.abs_diff(b), a.unsigned_abs(), a.midpoint(b), a.is_negative())
}

#[ring_fn]
fn that_can_fail(a: i32, b: i32) -> (i32, i32, i32, i32, u32) {
    (a.abs(), a.pow(3), a.clamp(0, b), a.rem_euclid(b), a.ilog2())
}

#[ring_fn]
fn powers_of_two(a: u32) -> (bool, u32) {
    (a.is_power_of_two(), a.next_power_of_two())
}

emits!(functions: plain, that_can_fail, powers_of_two; Functions, Sites);
