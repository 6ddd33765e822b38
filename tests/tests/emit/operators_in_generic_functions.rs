//! operators in generic functions

use std::ops::{Add, AddAssign, Mul, Neg};

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

use crate::operators_of_types::Vec2;

#[ring_fn]
impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[ring_fn]
fn moved<T>(mut from: T, to: T, by: f32) -> T
where
    T: DeviceValue + Copy + Add<Output = T> + AddAssign + Mul<f32, Output = T> + Neg<Output = T>,
{
    from += (to + -from) * by;
    from
}

#[ring_fn]
fn calls(a: Vec2, b: Vec2, c: f32) -> (Vec2, f32) {
    (moved(a, b, c), moved(c, 1.0, 0.5))
}

emits!(functions: calls);
