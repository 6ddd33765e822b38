//! operators in generic functions

use ringkernel::DeviceValue;
use ringkernel::prelude::*;
use std::ops::{Add, AddAssign, Mul, Neg};

#[derive(DeviceType, Clone, Copy)]
struct Vec2 {
    x: f32,
    y: f32,
}

#[ring_fn]
impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

#[ring_fn]
impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

#[ring_fn]
impl Mul<f32> for Vec2 {
    type Output = Self;
    fn mul(self, by: f32) -> Self {
        Self { x: self.x * by, y: self.y * by }
    }
}

#[ring_fn]
impl Neg for Vec2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self { x: -self.x, y: -self.y }
    }
}

#[ring_fn]
fn lerp<T>(a: T, b: T, at: f32) -> T
where
    T: DeviceValue + Copy + Add<Output = T> + Mul<f32, Output = T> + Neg<Output = T>,
{
    a + (b + -a) * at
}

#[ring_fn]
fn sum<T: DeviceValue + Copy + AddAssign, const N: usize>(values: [T; N]) -> T {
    let mut sum = values[0];
    for i in 1..N {
        sum += values[i];
    }
    sum
}

#[ring_fn]
fn calls(a: Vec2, b: Vec2, c: f32, d: u32) -> (Vec2, f32, Vec2, u32) {
    (lerp(a, b, c), lerp(c, 1.0, c), sum([a, b]), sum([d, 1, 2]))
}

emits!(functions: calls);
